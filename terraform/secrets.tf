# The secret without a version: "gcloud secrets versions add" puts it in, so it never enters Terraform's state.

resource "google_secret_manager_secret" "github" {
  project             = var.project_id
  secret_id           = local.names.secret
  labels              = local.labels
  deletion_protection = var.deletion_protection
  replication {
    user_managed {
      replicas {
        location = var.region
        dynamic "customer_managed_encryption" {
          for_each = var.kms_key[*]
          content {
            kms_key_name = customer_managed_encryption.value
          }
        }
      }
    }
  }
  depends_on = [google_kms_crypto_key_iam_member.agent, google_project_service.api]
}

resource "google_secret_manager_secret_iam_member" "worker" {
  project   = var.project_id
  secret_id = google_secret_manager_secret.github.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.worker.member
}

# gardener.toml, where it comes as a secret.
resource "google_secret_manager_secret_iam_member" "config" {
  count     = var.config_secret == null ? 0 : 1
  project   = var.project_id
  secret_id = var.config_secret
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.worker.member
}
