# The secret without a version: "gcloud secrets versions add" puts it in, so it never enters Terraform's state.

resource "google_secret_manager_secret" "github" {
  secret_id           = local.names.secret
  labels              = local.labels
  deletion_protection = var.deletion_protection
  replication {
    user_managed {
      replicas {
        location = var.region
      }
    }
  }
  depends_on = [google_project_service.api]
}

resource "google_secret_manager_secret_iam_member" "worker" {
  secret_id = google_secret_manager_secret.github.id
  role      = "roles/secretmanager.secretAccessor"
  member    = google_service_account.worker.member
}
