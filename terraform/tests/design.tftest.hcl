# Promises of the design, pinned on the plan. The provider is mocked, so these run anywhere terraform runs.

mock_provider "google" {
  mock_data "google_project" {
    defaults = { number = "123456789012" }
  }
  mock_resource "google_logging_project_sink" {
    defaults = { writer_identity = "serviceAccount:writer-of-project" }
  }
  mock_resource "google_logging_folder_sink" {
    defaults = { writer_identity = "serviceAccount:writer-of-folder" }
  }
  mock_resource "google_logging_billing_account_sink" {
    defaults = { writer_identity = "serviceAccount:writer-of-billing-account" }
  }
  mock_resource "google_logging_organization_sink" {
    defaults = { writer_identity = "serviceAccount:writer-of-organization" }
  }
}

variables {
  project_id        = "garden-project"
  github_repository = "my-org/my-service"
  image             = "r/gardener@sha256:0000000000000000000000000000000000000000000000000000000000000000"
}

run "nothing_is_lost_on_the_way" {
  command = plan
  assert {
    condition     = google_pubsub_subscription.worker.expiration_policy[0].ttl == "" && google_pubsub_subscription.dead.expiration_policy[0].ttl == ""
    error_message = "an idle subscription must never expire"
  }
  assert {
    condition     = google_pubsub_subscription.worker.message_retention_duration == "604800s"
    error_message = "entries must outlast a week without a worker"
  }
  assert {
    condition     = google_pubsub_subscription.worker.retry_policy[0].minimum_backoff == "10s"
    error_message = "without a back-off a failing worker is fed without a pause"
  }
  assert {
    condition     = google_pubsub_subscription.worker.dead_letter_policy[0].max_delivery_attempts == 100
    error_message = "a crash loop must not empty the queue into the dead letters"
  }
  assert {
    condition     = google_pubsub_subscription_iam_member.dead_forwarder.role == "roles/pubsub.subscriber" && google_pubsub_topic_iam_member.dead_publisher.role == "roles/pubsub.publisher"
    error_message = "Pub/Sub's agent needs both grants, or it forwards nothing"
  }
}

run "state_is_protected" {
  command = plan
  assert {
    condition     = google_firestore_database.state[0].delete_protection_state == "DELETE_PROTECTION_ENABLED"
    error_message = "the state must not be deletable by mistake"
  }
  assert {
    condition     = google_firestore_database.state[0].point_in_time_recovery_enablement == "POINT_IN_TIME_RECOVERY_ENABLED"
    error_message = "yesterday's state must be readable"
  }
  assert {
    condition     = google_firestore_backup_schedule.daily[0].retention == "604800s"
    error_message = "a week of daily backups"
  }
  assert {
    condition     = alltrue([for name, field in google_firestore_field.field : length(field.index_config) == 1 && length(field.index_config[0].indexes) == 0])
    error_message = "declared fields are not indexed"
  }
  assert {
    condition = toset([for name, field in google_firestore_field.field : field.collection if length(field.ttl_config) == 1]) == toset([
      for name, spec in jsondecode(file("../sinks/firestore/schema.json")).collections : name if spec.ttl != null
    ])
    error_message = "every collection with an expiry has a TTL policy"
  }
}

run "one_project_by_default" {
  command = apply
  assert {
    condition     = length(google_logging_project_sink.entries) == 1 && length(google_logging_folder_sink.entries) == 0 && length(google_logging_organization_sink.entries) == 0
    error_message = "one sink, of the project"
  }
  assert {
    condition     = google_pubsub_topic_iam_member.sink_writer["main"].member == "serviceAccount:writer-of-project"
    error_message = "the sink's own identity must be able to publish"
  }
  assert {
    condition     = strcontains({ for one in google_logging_project_sink.entries["main"].exclusions : one.name => one.filter }["own-logs"], "log-gardener-worker")
    error_message = "our own logs would feed themselves"
  }
  assert {
    condition     = google_cloud_run_v2_service.web[0].iap_enabled
    error_message = "the page is behind Identity-Aware Proxy"
  }
}

run "a_folder_includes_its_projects" {
  command = apply
  variables { sink_parent = "folders/42" }
  assert {
    condition     = google_logging_folder_sink.entries["main"].include_children && google_logging_folder_sink.entries["main"].intercept_children != true
    error_message = "children's entries come along, and their own sinks keep them"
  }
  assert {
    condition     = google_pubsub_topic_iam_member.sink_writer["main"].member == "serviceAccount:writer-of-folder"
    error_message = "the sink's own identity must be able to publish"
  }
}

run "an_organization_includes_its_projects" {
  command = apply
  variables { sink_parent = "organizations/42" }
  assert {
    condition     = google_logging_organization_sink.entries["main"].include_children && google_logging_organization_sink.entries["main"].intercept_children != true
    error_message = "children's entries come along, and their own sinks keep them"
  }
  assert {
    condition     = google_pubsub_topic_iam_member.sink_writer["main"].member == "serviceAccount:writer-of-organization"
    error_message = "the sink's own identity must be able to publish"
  }
}

run "every_sink_may_publish_by_its_own_identity" {
  command = apply
  variables { more_sink_parents = ["folders/42", "organizations/43", "billingAccounts/012345-ABCDEF-678901"] }
  assert {
    condition = { for key, grant in google_pubsub_topic_iam_member.sink_writer : key => grant.member } == {
      "main"                                 = "serviceAccount:writer-of-project"
      "folders/42"                           = "serviceAccount:writer-of-folder"
      "organizations/43"                     = "serviceAccount:writer-of-organization"
      "billingAccounts/012345-ABCDEF-678901" = "serviceAccount:writer-of-billing-account"
    }
    error_message = "one grant for each sink"
  }
  assert {
    condition     = length(google_monitoring_monitored_project.source) == 0
    error_message = "the own project is seen anyway, folders and organisations cannot be"
  }
}

run "alerts_see_the_project_of_the_sink" {
  command = plan
  variables { sink_parent = "projects/garden-other" }
  assert {
    condition     = keys(google_monitoring_monitored_project.source) == ["garden-other"]
    error_message = "the errors of a sink are a metric of its project"
  }
}

run "a_second_installation_shares_no_name" {
  command = plan
  variables { name = "garden-two" }
  assert {
    condition     = google_firestore_database.state[0].name == "garden-two" && output.state == "firestore:garden-project/garden-two"
    error_message = "the database of the project is the first installation's"
  }
}

run "what_exists_is_used_and_left_to_its_owner" {
  command = plan
  variables {
    sink_parent       = "none"
    existing_topic    = "projects/garden-logs/topics/all-logs"
    existing_database = "shared"
    config_secret     = "rules"
    create_indexes    = false
  }
  assert {
    condition     = length(google_firestore_database.state) + length(google_firestore_backup_schedule.daily) + length(google_firebaserules_release.deny) + length(google_pubsub_topic.entries) + length(google_pubsub_topic_iam_member.sink_writer) + length(google_firestore_index.query) == 0
    error_message = "neither made nor changed"
  }
  assert {
    condition     = google_pubsub_subscription.worker.topic == "projects/garden-logs/topics/all-logs" && output.state == "firestore:garden-project/shared"
    error_message = "the worker reads and writes what was named"
  }
  assert {
    condition     = strcontains(google_monitoring_alert_policy.absence["silence"].conditions[0].condition_absent[0].filter, "topic_id=\"all-logs\"") && keys(google_monitoring_monitored_project.source) == ["garden-logs"]
    error_message = "the silence that counts is the existing topic's, in its project"
  }
  assert {
    condition     = { for one in google_cloud_run_v2_worker_pool.worker[0].template[0].containers[0].env : one.name => one.value }["GARDENER_CONFIG"] == "/etc/gardener/gardener.toml" && google_cloud_run_v2_worker_pool.worker[0].template[0].volumes[0].secret[0].secret == "rules"
    error_message = "the file is mounted where the worker looks"
  }
}

run "a_key_encrypts_everything_that_is_stored" {
  command = plan
  variables {
    kms_key = "projects/p/locations/europe-west1/keyRings/r/cryptoKeys/k"
    engine  = "dataflow"
  }
  assert {
    condition = alltrue([for key in [
      google_pubsub_topic.entries[0].kms_key_name,
      google_pubsub_topic.dead.kms_key_name,
      google_firestore_database.state[0].cmek_config[0].kms_key_name,
      google_secret_manager_secret.github.replication[0].user_managed[0].replicas[0].customer_managed_encryption[0].kms_key_name,
      google_artifact_registry_repository.images.kms_key_name,
      google_cloud_run_v2_worker_pool.worker[0].template[0].encryption_key,
      google_cloud_run_v2_service.web[0].template[0].encryption_key,
      google_storage_bucket.dataflow[0].encryption[0].default_kms_key_name,
    ] : key == var.kms_key])
    error_message = "no store without the key"
  }
  assert {
    condition     = length(google_kms_crypto_key_iam_member.agent) == 6
    error_message = "every agent that stores may use the key"
  }
}

run "without_an_image_nothing_runs" {
  command = plan
  variables { image = "" }
  assert {
    condition     = length(google_cloud_run_v2_worker_pool.worker) == 0 && length(google_cloud_run_v2_service.web) == 0
    error_message = "the first step makes what the image and the key go into"
  }
  assert {
    condition     = !contains(keys(google_monitoring_alert_policy.absence), "heartbeat")
    error_message = "no heartbeat alert before there is a heart"
  }
}

run "a_token_or_an_app" {
  command = plan
  variables {
    github_app_id          = "1234"
    github_installation_id = "56"
  }
  assert {
    condition     = contains([for one in google_cloud_run_v2_worker_pool.worker[0].template[0].containers[0].env : one.name], "GARDENER_GITHUB_PRIVATE_KEY")
    error_message = "an App's key goes in by its own name"
  }
  assert {
    condition     = !contains([for one in google_cloud_run_v2_worker_pool.worker[0].template[0].containers[0].env : one.name], "GARDENER_GITHUB_TOKEN")
    error_message = "a key is not a token"
  }
}

run "a_pipeline_comes_beside_the_worker_and_with_a_place_of_its_own" {
  command = plan
  variables {
    engine         = "dataflow"
    dataflow_image = "r/gardener-beam@sha256:0000000000000000000000000000000000000000000000000000000000000000"
    ledger_lanes   = 8
  }
  assert {
    condition     = length(google_cloud_run_v2_worker_pool.worker) == 1 && length(google_service_account.dataflow) == 1
    error_message = "the worker keeps the issues, the pipeline has an account of its own"
  }
  assert {
    condition     = jsondecode(google_storage_bucket_object.template[0].content).image == var.dataflow_image
    error_message = "the template must start the image that was given by digest"
  }
  assert {
    condition     = google_storage_bucket.dataflow[0].public_access_prevention == "enforced" && google_storage_bucket.dataflow[0].uniform_bucket_level_access
    error_message = "nobody outside may read what is staged"
  }
  assert {
    condition     = strcontains(local.own_logs, "log-gardener-dataflow@garden-project") && strcontains(local.own_logs, "dataflow_step")
    error_message = "what the pipeline logs must not come back as entries"
  }
  assert {
    condition     = strcontains(local.steps_dataflow, "ledger_lanes=8")
    error_message = "the pipeline must know the lanes"
  }
}

run "without_a_pipeline_nothing_of_dataflow_is_made" {
  command = plan
  assert {
    condition     = length(google_storage_bucket.dataflow) + length(google_service_account.dataflow) + length(google_project_iam_member.dataflow) == 0
    error_message = "engine = worker must need nothing of Dataflow"
  }
}

run "an_app_without_its_installation_is_refused" {
  command = plan
  variables { github_app_id = "1234" }
  expect_failures = [var.github_installation_id]
}

run "wrong_values_are_refused" {
  command = plan
  variables {
    project_id            = "123456789012"
    github_repository     = "https://github.example/my-org/my-service"
    image                 = "r/gardener:latest"
    name                  = "Log_Gardener"
    sink_parent           = "organization/42"
    min_severity          = "warn"
    extra_plain_text_logs = ["projects/p/logs/x\" OR \"y"]
    extra_exclusions      = { "bad name" = "x" }
    github_app_id         = "my-app"
    github_secret_version = "latest"
    worker_instances      = 0
    worker_cpu            = "3"
    worker_memory         = "512"
    engine                = "beam"
    dataflow_image        = "r/gardener-beam:latest"
    dataflow_max_workers  = 0
    ledger_lanes          = 257
    web_viewers           = ["allUsers"]
    web_on_call           = ["user:one@example.com"]
    alert_email           = "nobody"
    backlog_alert_s       = 5
    firestore_database    = "X"
    backup_retention_days = 120
    settings              = { github_token = "x" }
    existing_topic        = "all-logs"
    kms_key               = "k"
    vpc                   = { connector = "c", network = "n" }
    web_ingress           = "all"
    config_secret         = "projects/p/secrets/s"
    config_secret_version = "latest"
    budget                = { billing_account = "mine", amount = 1 }
    writes_per_second     = 0
    otel                  = { GARDENER_STATE = "sqlite:x" }
  }
  expect_failures = [
    var.otel, var.project_id, var.github_repository, var.image, var.name, var.sink_parent, var.min_severity,
    var.extra_plain_text_logs, var.extra_exclusions, var.github_app_id, var.github_secret_version,
    var.worker_instances, var.worker_cpu, var.worker_memory, var.web_viewers, var.web_on_call, var.alert_email,
    var.engine, var.dataflow_image, var.dataflow_max_workers, var.ledger_lanes, var.backlog_alert_s,
    var.firestore_database, var.backup_retention_days, var.settings, var.writes_per_second,
    var.existing_topic, var.kms_key, var.vpc, var.web_ingress,
    var.config_secret, var.config_secret_version, var.budget,
  ]
}

# Checked against another variable, so only where that one is right.
run "two_ways_to_say_one_thing_are_refused" {
  command = plan
  variables {
    sink_parent        = "folders/42"
    more_sink_parents  = ["folders/42"]
    firestore_database = "garden"
    existing_database  = "shared"
  }
  expect_failures = [var.more_sink_parents, var.existing_database]
}

run "a_parent_without_its_kind_is_refused" {
  command = plan
  variables { more_sink_parents = ["42"] }
  expect_failures = [var.more_sink_parents]
}
