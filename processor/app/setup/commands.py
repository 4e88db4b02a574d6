"""The deployment as gcloud commands, for people who do not use Terraform: `gardener setup --print`.

Promises: the same APIs, sink, queue, state, secret, grants and alerts as terraform/ with its defaults
(tests/terraform/test_setup_commands.py compares the two); in an order that works from an empty project; every value
quoted for a shell. Runs nothing. Omitted because gcloud has no command or flag for them: cleaning of old images, the
worker's probes, deletion protection except for the database, and Firestore's rules; a database without rules also
refuses browsers and phones.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from processor.app.setup import alerts, dashboard, sink_filter
from processor.app.setup.gcloud import gcloud

if TYPE_CHECKING:
    from collections.abc import Iterator

    from processor.app.setup.gcloud import Installation

_APIS: Final = "artifactregistry firestore iam iap logging monitoring pubsub run secretmanager"
_ORDERS: Final = {"ASC": "ascending", "DESC": "descending"}


def commands(about: Installation) -> list[str]:
    """Return shell commands, in the order in which to run them."""
    parts = (_apis, _queue, _queue_grants, _sink, _state, _state_grants, _secret, _images, _worker, _page, _alerts)
    return [command for part in (*parts, dashboard.commands) for command in part(about)]


def _apis(about: Installation) -> Iterator[str]:
    yield gcloud("services", "enable", *(f"{api}.googleapis.com" for api in _APIS.split()), project=about.project)
    for program, what in (("worker", "worker"), ("web", "on-call page")):
        account, title = f"{about.name}-{program}", f"{about.name}: {what}"
        yield gcloud("iam", "service-accounts", "create", account, project=about.project, display_name=title)


def _queue(about: Installation) -> Iterator[str]:
    name, project = about.name, about.project
    for topic in ("entries", "dead"):
        yield gcloud(
            *("pubsub", "topics", "create", f"{name}-{topic}"),
            project=project,
            message_storage_policy_allowed_regions=about.region,
            labels=about.labels,
        )
    shared = {
        "ack_deadline": 300,
        "expiration_period": "never",
        "min_retry_delay": "10s",
        "max_retry_delay": "600s",
        "labels": about.labels,
    }
    yield gcloud(
        *("pubsub", "subscriptions", "create", f"{name}-worker"),
        project=project,
        topic=f"{name}-entries",
        message_retention_duration="7d",
        dead_letter_topic=f"{name}-dead",
        max_delivery_attempts=100,
        **shared,
    )
    yield gcloud(
        *("pubsub", "subscriptions", "create", f"{name}-dead"),
        project=project,
        topic=f"{name}-dead",
        message_retention_duration="31d",
        **shared,
    )


def _queue_grants(about: Installation) -> Iterator[str]:
    worker = f"serviceAccount:{about.account('worker')}"
    for kind, resource, member, role in (
        ("topics", "dead", about.agent("pubsub"), "roles/pubsub.publisher"),
        ("topics", "dead", worker, "roles/pubsub.publisher"),
        ("subscriptions", "worker", about.agent("pubsub"), "roles/pubsub.subscriber"),
        ("subscriptions", "worker", worker, "roles/pubsub.subscriber"),
        ("subscriptions", "worker", worker, "roles/pubsub.viewer"),
    ):
        words = ("pubsub", kind, "add-iam-policy-binding", f"{about.name}-{resource}")
        yield gcloud(*words, project=about.project, member=member, role=role)


def _sink(about: Installation) -> Iterator[str]:
    flag, number = about.parent_flag
    where: dict[str, Any] = {"project": None, flag: number}
    if flag in ("folder", "organization"):
        where["include_children"] = True
    left_out = sink_filter.exclusions(project=about.project, name=about.name)
    yield gcloud(
        *("logging", "sinks", "create", about.name),
        f"pubsub.googleapis.com/projects/{about.project}/topics/{about.name}-entries",
        **where,
        description="Warnings and worse for Log Gardener",
        log_filter=sink_filter.render(),
        # ^;^ makes the semicolon the separator: filters hold commas
        exclusion=[f"^;^name={name};filter={text}" for name, text in sorted(left_out.items())],
    )
    yield gcloud(
        *("pubsub", "topics", "add-iam-policy-binding", f"{about.name}-entries"),
        project=about.project,
        member=about.sink_writer(),
        role="roles/pubsub.publisher",
    )


def _state(about: Installation) -> Iterator[str]:
    project, database = about.project, about.database
    yield gcloud(
        *("firestore", "databases", "create"),
        project=project,
        database=database,
        location=about.region,
        type="firestore-native",
        delete_protection=True,
        enable_pitr=True,
    )
    schema = json.loads(resources.files("sinks.firestore").joinpath("schema.json").read_text("utf-8"))
    for collection, spec in schema["collections"].items():
        shared = {"project": project, "database": database, "collection_group": collection}
        for index in spec["indexes"]:
            if len(index) > 1:  # an index on a single field exists by default
                fields = [f"field-path={name},order={_ORDERS[order]}" for name, order in index]
                yield gcloud("firestore", "indexes", "composite", "create", **shared, field_config=fields)
        ttl = [spec["ttl"]] if spec["ttl"] else []
        for name in (*spec["unindexed"], *ttl):
            yield gcloud("firestore", "indexes", "fields", "update", name, **shared, disable_indexes=True)
        for name in ttl:
            yield gcloud("firestore", "fields", "ttls", "update", name, **shared, enable_ttl=True)
    daily: dict[str, Any] = {"database": database, "recurrence": "daily", "retention": "7d"}
    yield gcloud("firestore", "backups", "schedules", "create", project=project, **daily)


def _state_grants(about: Installation) -> Iterator[str]:
    condition = (
        'resource.type == "firestore.googleapis.com/Database" && '
        f'resource.name == "projects/{about.project}/databases/{about.database}"'
    )
    for program in ("worker", "web"):
        yield gcloud(
            *("projects", "add-iam-policy-binding", about.project),
            project=None,
            member=f"serviceAccount:{about.account(program)}",
            role="roles/datastore.user",
            condition=f"^;^title=only the database of Log Gardener;expression={condition}",
        )


def _secret(about: Installation) -> Iterator[str]:
    name = f"{about.name}-github"
    yield gcloud(
        *("secrets", "create", name),
        project=about.project,
        replication_policy="user-managed",
        locations=about.region,
        labels=about.labels,
    )
    yield gcloud(
        *("secrets", "add-iam-policy-binding", name),
        project=about.project,
        member=f"serviceAccount:{about.account('worker')}",
        role="roles/secretmanager.secretAccessor",
    )
    yield gcloud("secrets", "versions", "add", name, project=about.project, data_file="TOKEN_FILE")


def _images(about: Installation) -> Iterator[str]:
    yield gcloud(
        *("artifacts", "repositories", "create", about.name),
        project=about.project,
        location=about.region,
        repository_format="docker",
        immutable_tags=True,
        labels=about.labels,
    )


def _container(about: Installation) -> dict[str, Any]:
    return {
        "project": about.project,
        "region": about.region,
        "image": about.image,
        "cpu": 1,
        "memory": "512Mi",
        "labels": about.labels,
    }


def _worker(about: Installation) -> Iterator[str]:
    name, project = about.name, about.project
    settings = {
        "GARDENER_SOURCE": f"pubsub:projects/{project}/subscriptions/{name}-worker",
        "GARDENER_STATE": about.state,
        "GARDENER_ISSUES": f"github:{about.repository}",
        "GARDENER_MIN_SEVERITY": "WARNING",
        "GARDENER_WRITES_PER_SECOND": "400",
        "GARDENER_HEALTH_HOST": "0.0.0.0",  # noqa: S104  # the probe comes from outside; a pool has no URL
        "GARDENER_HEALTH_PORT": "8080",
    }
    yield gcloud(
        *("beta", "run", "worker-pools", "deploy", f"{name}-worker"),
        **_container(about),
        service_account=about.account("worker"),
        scaling=1,
        args="run",
        set_env_vars=",".join(f"{key}={value}" for key, value in settings.items()),
        set_secrets=f"GARDENER_GITHUB_TOKEN={name}-github:1",
    )


def _page(about: Installation) -> Iterator[str]:
    name, project = about.name, about.project
    yield gcloud(
        *("beta", "run", "deploy", f"{name}-web"),
        **_container(about),
        service_account=about.account("web"),
        min_instances=0,
        max_instances=2,
        port=8080,
        iap=True,
        no_allow_unauthenticated=True,
        args="serve",
        set_env_vars=about.page_settings(),
    )
    yield gcloud("beta", "services", "identity", "create", project=project, service="iap.googleapis.com")
    yield gcloud(
        *("run", "services", "add-iam-policy-binding", f"{name}-web"),
        project=project,
        region=about.region,
        member=about.agent("iap"),
        role="roles/run.invoker",
    )
    for viewer in about.viewers:
        yield gcloud(
            *("iap", "web", "add-iam-policy-binding"),
            project=project,
            region=about.region,
            resource_type="cloud-run",
            service=f"{name}-web",
            member=viewer,
            role="roles/iap.httpsResourceAccessor",
        )


def _alerts(about: Installation) -> Iterator[str]:
    project = about.project
    shared: dict[str, Any] = {"project": project}
    kind, _, source = about.parent.partition("/")
    if kind == "projects" and source != project:
        # errors of a sink are a metric of the project that it belongs to; those of other parents no project can see
        yield gcloud("beta", "monitoring", "metrics-scopes", "create", about.parent, project=project)
    if about.alert_email:
        title = f"{about.name}: {about.alert_email}"
        yield gcloud(
            *("beta", "monitoring", "channels", "create"),
            project=project,
            display_name=title,
            type="email",
            channel_labels=f"email_address={about.alert_email}",
            user_labels=about.labels,
        )
        shared["notification_channels"] = about.channel()
    for policy in alerts.policies(about.name).values():
        yield gcloud("alpha", "monitoring", "policies", "create", **shared, policy=json.dumps(policy))
