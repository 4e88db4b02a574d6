# From the sink to the worker, with a place for what nobody could process.

locals {
  topic_project = var.existing_topic == null ? var.project_id : split("/", var.existing_topic)[1]
  topic_name    = var.existing_topic == null ? local.names.topic : split("/", var.existing_topic)[3]
  topic         = var.existing_topic == null ? one(google_pubsub_topic.entries[*].id) : var.existing_topic
}

resource "google_pubsub_topic" "entries" {
  count        = var.existing_topic == null ? 1 : 0
  project      = var.project_id
  name         = local.names.topic
  labels       = local.labels
  kms_key_name = var.kms_key
  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }
  depends_on = [google_kms_crypto_key_iam_member.agent, google_project_service.api]
}

resource "google_pubsub_topic" "dead" {
  project      = var.project_id
  name         = local.names.dead_topic
  labels       = local.labels
  kms_key_name = var.kms_key
  message_storage_policy {
    allowed_persistence_regions = [var.region]
  }
  depends_on = [google_kms_crypto_key_iam_member.agent, google_project_service.api]
}

resource "google_pubsub_subscription" "worker" {
  project = var.project_id
  name    = local.names.subscription
  topic   = local.topic
  labels  = local.labels
  # One checkpoint takes seconds; this is also how long entries wait after a worker was killed.
  ack_deadline_seconds       = 300
  message_retention_duration = "604800s"
  # The worker's ledger tells duplicates apart. Pub/Sub's own way knows message ids only and costs throughput.
  enable_exactly_once_delivery = false
  expiration_policy {
    # Never. The default deletes a subscription that was idle for 31 days, and with it every later entry.
    ttl = ""
  }
  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }
  dead_letter_policy {
    dead_letter_topic = google_pubsub_topic.dead.id
    # The most there is: what cannot be decoded goes to quarantine, so only a broken worker gets here,
    # and with a back-off of ten minutes that leaves more than half a day to mend it.
    max_delivery_attempts = 100
  }
}

# Without this subscription Pub/Sub drops what it forwards to the dead-letter topic.
resource "google_pubsub_subscription" "dead" {
  project                    = var.project_id
  name                       = local.names.dead_subscription
  topic                      = google_pubsub_topic.dead.id
  labels                     = local.labels
  ack_deadline_seconds       = 300
  message_retention_duration = "2678400s"
  expiration_policy {
    ttl = ""
  }
  retry_policy {
    minimum_backoff = "10s"
    maximum_backoff = "600s"
  }
}

resource "google_pubsub_topic_iam_member" "sink_writer" {
  for_each = local.sinks
  project  = local.topic_project
  topic    = local.topic
  role     = "roles/pubsub.publisher"
  member   = local.sink_writers[each.key]
}

resource "google_pubsub_topic_iam_member" "dead_publisher" {
  project = var.project_id
  topic   = google_pubsub_topic.dead.id
  role    = "roles/pubsub.publisher"
  member  = local.agent.pubsub
}

# The worker puts there what it cannot decode; waiting for 100 deliveries would take days.
resource "google_pubsub_topic_iam_member" "dead_letters" {
  project = var.project_id
  topic   = google_pubsub_topic.dead.id
  role    = "roles/pubsub.publisher"
  member  = google_service_account.worker.member
}

# A grant lives on its subscription: when that is replaced the grant is gone, and only the trigger notices.
resource "google_pubsub_subscription_iam_member" "dead_forwarder" {
  project      = var.project_id
  subscription = google_pubsub_subscription.worker.id
  role         = "roles/pubsub.subscriber"
  member       = local.agent.pubsub
  lifecycle {
    replace_triggered_by = [google_pubsub_subscription.worker.id]
  }
}

resource "google_pubsub_subscription_iam_member" "worker" {
  for_each     = toset(["roles/pubsub.subscriber", "roles/pubsub.viewer"])
  project      = var.project_id
  subscription = google_pubsub_subscription.worker.id
  role         = each.value
  member       = google_service_account.worker.member
  lifecycle {
    replace_triggered_by = [google_pubsub_subscription.worker.id]
  }
}
