# With engine = "dataflow": what the Beam pipeline needs beside the worker, which stays and keeps the issues. The job
# itself is started by the command in next_steps: a streaming job is updated in place and drained, and Terraform could
# only cancel it and start another.

resource "google_service_account" "dataflow" {
  count        = local.dataflow ? 1 : 0
  project      = var.project_id
  account_id   = local.names.dataflow
  display_name = "${var.name}: pipeline"
  depends_on   = [google_project_service.api]
}

# The template, and what Dataflow stages. Nothing in it is worth keeping.
resource "google_storage_bucket" "dataflow" {
  count                       = local.dataflow ? 1 : 0
  project                     = var.project_id
  name                        = local.dataflow_bucket
  location                    = var.region
  labels                      = local.labels
  uniform_bucket_level_access = true
  public_access_prevention    = "enforced"
  force_destroy               = true
  dynamic "encryption" {
    for_each = var.kms_key[*]
    content {
      default_kms_key_name = encryption.value
    }
  }
  soft_delete_policy {
    retention_duration_seconds = 0
  }
  lifecycle_rule {
    condition {
      age            = 14
      matches_prefix = ["temp/"]
    }
    action {
      type = "Delete"
    }
  }
  depends_on = [google_kms_crypto_key_iam_member.agent, google_project_service.api]
}

resource "google_storage_bucket_object" "template" {
  count        = local.dataflow && var.dataflow_image != "" ? 1 : 0
  bucket       = google_storage_bucket.dataflow[0].name
  name         = "template.json"
  content_type = "application/json"
  content = jsonencode({
    image    = var.dataflow_image
    sdkInfo  = { language = "PYTHON" }
    metadata = jsondecode(file("${path.module}/dataflow_template.json"))
    # Launcher and workers run one image, so one version of everything.
    defaultEnvironment = { sdkContainerImage = var.dataflow_image }
  })
}

resource "google_project_iam_member" "dataflow" {
  count   = local.dataflow ? 1 : 0
  project = var.project_id
  role    = "roles/dataflow.worker"
  member  = google_service_account.dataflow[0].member
}

resource "google_pubsub_subscription_iam_member" "dataflow" {
  for_each     = local.dataflow ? toset(["roles/pubsub.subscriber", "roles/pubsub.viewer"]) : toset([])
  project      = var.project_id
  subscription = google_pubsub_subscription.worker.id
  role         = each.value
  member       = google_service_account.dataflow[0].member
  lifecycle {
    replace_triggered_by = [google_pubsub_subscription.worker.id]
  }
}

resource "google_storage_bucket_iam_member" "dataflow" {
  count  = local.dataflow ? 1 : 0
  bucket = google_storage_bucket.dataflow[0].name
  role   = "roles/storage.objectAdmin"
  member = google_service_account.dataflow[0].member
}

resource "google_artifact_registry_repository_iam_member" "dataflow" {
  count      = local.dataflow ? 1 : 0
  project    = var.project_id
  location   = google_artifact_registry_repository.images.location
  repository = google_artifact_registry_repository.images.repository_id
  role       = "roles/artifactregistry.reader"
  member     = google_service_account.dataflow[0].member
}
