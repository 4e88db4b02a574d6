"""Service labels: which label of a monitored resource names its service, as a table by resource type.

A row gives resource types and, in order, the sources of the name. A plain word is a label of the resource; `labels/X`
is a label of the entry; `workload` is the Kubernetes workload that owns the pod or object; `context` is the service
that the payload names (`serviceContext.service` and similar fields). The first source with a name wins (see
`resources.is_name`: numbers and UUIDs do not count). Types without a row follow the general rule of `resources`; a row
is needed only if that rule does not find the right label.

Source of types and labels: Cloud Logging's list of monitored resource types.
"""

from __future__ import annotations

from typing import Final, NamedTuple


class ResourceType(NamedTuple):
    """Sources of the service's name for some resource types.

    Attributes:
        types: names of monitored resource types.
        sources: places of the service's name, best first.
    """

    types: tuple[str, ...]
    sources: tuple[str, ...]


_ROWS: Final = """
cloud_run_revision, knative_revision                | service_name configuration_name
cloud_run_job                                       | job_name
cloud_run_worker_pool                               | worker_pool_name
cloud_function                                      | function_name
gae_app, gae_instance                               | module_id
k8s_container, k8s_pod, gke_container, workload_pod | workload
k8s_service                                         | service_name workload
k8s_cluster, gke_cluster                            | workload cluster_name
k8s_node, gke_nodepool, k8s_control_plane_component | cluster_name
k8s_scale                                           | controller_name cluster_name
anthos_cluster, gkeonprem_cluster                   | cluster_name
istio_canonical_service                             | canonical_service_name
gce_instance                                        | group context vm
aws_ec2_instance, baremetalsolution_instance        | group context vm
tpu_worker                                          | node_id
generic_node, generic_task                          | job context node_id vm namespace
http_load_balancer, http_external_regional_lb_rule  | backend
internal_http_lb_rule, https_lb_rule                | backend
tcp_ssl_proxy_rule, internal_tcp_lb_rule            | backend
internal_udp_lb_rule, l4_proxy_rule                 | backend
network_lb_rule, external_tcp_lb_rule               | backend
firebase_domain                                     | site_name domain_name
firebase_namespace                                  | table_name
api                                                 | service
consumed_api, produced_api                          | service
audited_resource                                    | service
cloudsql_database, cloudsql_instance_database       | database_id resource_id
spanner_instance                                    | instance_id
bigtable_instance, bigtable_cluster, bigtable_table | instance instance_id cluster table
redis_instance, redis_cluster                       | instance_id cluster_id
alloydb.googleapis.com/Instance                     | instance_id cluster_id
alloydb.googleapis.com/Cluster                      | cluster_id
cloud_scheduler_job                                 | job_id
cloud_tasks_queue                                   | queue_id
pubsub_topic                                        | topic_id
pubsub_subscription, pubsub_snapshot                | subscription_id snapshot_id
pubsublite_topic_partition                          | topic_id
pubsublite_subscription_partition                   | subscription_id
dataflow_step, dataflow_job                         | job_name
cloud_dataproc_cluster, cloud_dataproc_job          | cluster_name job_id
cloud_dataproc_batch, cloud_dataproc_session        | batch_id session_id
cloud_composer_environment                          | environment_name
datafusion_instance, datafusion_pipeline            | pipeline_name pipeline_id instance_name instance_id
aiplatform.googleapis.com/Endpoint                  | labels/display_name labels/endpoint_display_name endpoint_id
aiplatform.googleapis.com/PipelineJob               | labels/pipeline_name pipeline_job_id
ml_job                                              | labels/display_name job_id task_name
cloudml_model_version                               | model_id
notebooks.googleapis.com/Instance                   | instance_name instance_id
batch.googleapis.com/Job                            | job_id
bigquery_dataset, bigquery_table                    | dataset_id table_id
bigquery_biengine_model, bigquery_dts_config        | config_id
bigquery_dts_run                                    | config_id
gcs_bucket                                          | bucket_name
build, cloud_build                                  | labels/trigger_name build_trigger_name build_trigger_id =build
cloud_build_trigger                                 | trigger_name trigger_id
deployment_manager_type, deployment                 | name
workflows.googleapis.com/Workflow                   | workflow_id
workstations.googleapis.com/Workstation             | workstation_cluster_id workstation_config_id workstation_id
uptime_url                                          | labels/check_display_name host
vpn_gateway                                         | labels/tunnel_name gateway_name gateway_id
gce_router                                          | labels/router_name router_name router_id
nat_gateway                                         | gateway_name router_id
gce_subnetwork                                      | subnetwork_name
dns_managed_zone                                    | zone_name target_name
dns_query                                           | target_name source_type
service_account                                     | email_id
logging_sink, logging_exclusion                     | name
logging_log                                         | name
logging_bucket                                      | bucket_id
client_auth_config_brand, client_auth_config_client | client_id
identitytoolkit_project, identitytoolkit_tenant     | tenant_name
apigee.googleapis.com/Environment                   | env
apigee.googleapis.com/Proxy, apigee.googleapis.com/ProxyV2 | proxy_name
datastream.googleapis.com/Stream                    | stream_id
fleetengine.googleapis.com/Fleet                    | provider_id
global                                              | context
project, organization, folder, billing_account      | context
"""
_NAMES: Final = {
    "group": ("labels/compute.googleapis.com/instance_group_manager/name",),
    "vm": ("labels/compute.googleapis.com/resource_name", "labels/instance_name", "labels/hostname"),
    "backend": ("backend_service_name", "backend_target_name", "url_map_name", "forwarding_rule_name"),
}
"""Sources that several rows share."""


def _row(line: str) -> ResourceType:
    types, _, sources = line.partition("|")
    found = [place for source in sources.split() for place in _NAMES.get(source, (source,))]
    return ResourceType(tuple(name.strip() for name in types.split(",")), tuple(found))


RESOURCE_TYPES: Final = tuple(_row(line) for line in _ROWS.strip().splitlines())
"""The table, in order."""

SOURCES: Final = {name: row.sources for row in RESOURCE_TYPES for name in row.types}
"""Sources of the service's name, by resource type."""

NOT_NAMES: Final = frozenset(
    word
    for words in (
        "project_id project project_number resource_container organization_id folder_id billing_account_id location",
        "zone region version version_id revision revision_name revision_id namespace namespace_name namespace_id",
        "node_id node_name node host_id uid uuid unique_id cluster_uuid backend_scope backend_scope_type backend_type",
        "backend_target_type matched_url_path_rule network_name network target_type method step_id trigger_type",
        "container_name execution_id execution_name task_id task_attempt build_id",
    )
    for word in words.split()
)
"""Labels of location, instance or kind, which never name a service: the general rule tries them last."""
