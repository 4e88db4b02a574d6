# The on-call page. Identity-Aware Proxy signs people in; nobody else may invoke the service.

resource "google_cloud_run_v2_service" "web" {
  count               = local.running ? 1 : 0
  project             = var.project_id
  name                = local.names.web
  location            = var.region
  labels              = local.labels
  ingress             = var.web_ingress
  iap_enabled         = true
  deletion_protection = var.deletion_protection
  template {
    service_account = google_service_account.web.email
    encryption_key  = var.kms_key
    dynamic "vpc_access" {
      for_each = var.vpc[*]
      content {
        connector = vpc_access.value.connector
        egress    = vpc_access.value.egress
        dynamic "network_interfaces" {
          for_each = vpc_access.value.connector == null ? [1] : []
          content {
            network    = vpc_access.value.network
            subnetwork = vpc_access.value.subnetwork
            tags       = vpc_access.value.tags
          }
        }
      }
    }
    scaling {
      min_instance_count = 0
      # Each instance reads the state for itself, and a session belongs to the one that it began with.
      max_instance_count = 1
    }
    # Every viewer holds a stream of events.
    max_instance_request_concurrency = 500
    containers {
      image = var.image
      args  = ["serve"]
      ports {
        container_port = 8080
      }
      env {
        name  = "GARDENER_STATE"
        value = local.state
      }
      env {
        name  = "GARDENER_WEB_HOST"
        value = "0.0.0.0"
      }
      env {
        name  = "GARDENER_WEB_PORT"
        value = "8080"
      }
      # The page checks the proxy's signature itself: a request that did not come through it is nobody's.
      env {
        name  = "GARDENER_WEB_IAP_AUDIENCE"
        value = "/projects/${data.google_project.this.number}/locations/${var.region}/services/${local.names.web}"
      }
      env {
        name  = "GARDENER_WEB_ON_CALL"
        value = join(",", sort(var.web_on_call))
      }
      resources {
        limits = {
          cpu    = "1"
          memory = "512Mi"
        }
      }
    }
  }
  depends_on = [google_kms_crypto_key_iam_member.agent, google_project_iam_member.state, google_project_service.api]
}

# Without this grant IAP signs people in and Cloud Run answers 403. The console adds it, Terraform does not.
resource "google_cloud_run_v2_service_iam_member" "iap_invoker" {
  count    = local.running ? 1 : 0
  project  = var.project_id
  name     = google_cloud_run_v2_service.web[0].name
  location = google_cloud_run_v2_service.web[0].location
  role     = "roles/run.invoker"
  member   = local.agent.iap
}

resource "google_iap_web_cloud_run_service_iam_member" "viewer" {
  for_each               = local.running ? var.web_viewers : []
  project                = var.project_id
  location               = google_cloud_run_v2_service.web[0].location
  cloud_run_service_name = google_cloud_run_v2_service.web[0].name
  role                   = "roles/iap.httpsResourceAccessor"
  member                 = each.value
}
