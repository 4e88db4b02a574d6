resource "google_cloud_run_v2_worker_pool" "worker" {
  count               = local.running ? 1 : 0
  project             = var.project_id
  name                = local.names.worker
  location            = var.region
  labels              = local.labels
  deletion_protection = var.deletion_protection
  scaling {
    scaling_mode          = "MANUAL"
    manual_instance_count = var.worker_instances
  }
  template {
    service_account = google_service_account.worker.email
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
    dynamic "volumes" {
      for_each = var.config_secret[*]
      content {
        name = "config"
        secret {
          secret = volumes.value
          items {
            version = var.config_secret_version
            path    = "gardener.toml"
          }
        }
      }
    }
    containers {
      image = var.image
      args  = ["run"]
      env {
        name  = "GARDENER_SOURCE"
        value = "pubsub:${google_pubsub_subscription.worker.id}"
      }
      env {
        name  = "GARDENER_STATE"
        value = local.state
      }
      env {
        name  = "GARDENER_ISSUES"
        value = "github:${var.github_repository}"
      }
      env {
        name  = "GARDENER_MIN_SEVERITY"
        value = var.min_severity
      }
      dynamic "env" {
        for_each = var.ledger_lanes == 1 ? {} : { GARDENER_LEDGER_LANES = tostring(var.ledger_lanes) }
        content {
          name  = env.key
          value = env.value
        }
      }
      # Several workers share what one database takes.
      env {
        name  = "GARDENER_WRITES_PER_SECOND"
        value = tostring(max(1, floor(var.writes_per_second / max(1, var.worker_instances))))
      }
      dynamic "env" {
        for_each = var.settings
        content {
          name  = "GARDENER_${upper(env.key)}"
          value = env.value
        }
      }
      dynamic "env" {
        for_each = var.otel
        content {
          name  = env.key
          value = env.value
        }
      }
      dynamic "env" {
        for_each = var.config_secret[*]
        content {
          name  = "GARDENER_CONFIG"
          value = "/etc/gardener/gardener.toml"
        }
      }
      dynamic "volume_mounts" {
        for_each = var.config_secret[*]
        content {
          name       = "config"
          mount_path = "/etc/gardener"
        }
      }
      env {
        name  = "GARDENER_HEALTH_HOST"
        value = "0.0.0.0"
      }
      env {
        name  = "GARDENER_HEALTH_PORT"
        value = "8080"
      }
      dynamic "env" {
        for_each = var.github_app_id == "" ? {} : {
          GARDENER_GITHUB_APP_ID          = var.github_app_id
          GARDENER_GITHUB_INSTALLATION_ID = var.github_installation_id
        }
        content {
          name  = env.key
          value = env.value
        }
      }
      env {
        name = var.github_app_id == "" ? "GARDENER_GITHUB_TOKEN" : "GARDENER_GITHUB_PRIVATE_KEY"
        value_source {
          secret_key_ref {
            secret  = google_secret_manager_secret.github.secret_id
            version = var.github_secret_version
          }
        }
      }
      resources {
        limits = {
          cpu    = var.worker_cpu
          memory = var.worker_memory
        }
      }
      # Fails only when the loop stands still; a store that is away does not come back by a restart.
      startup_probe {
        period_seconds    = 10
        failure_threshold = 12
        http_get {
          path = "/healthz"
          port = 8080
        }
      }
      liveness_probe {
        period_seconds    = 30
        timeout_seconds   = 5
        failure_threshold = 3
        http_get {
          path = "/healthz"
          port = 8080
        }
      }
    }
  }
  # A deployment checks that the secret can be read, and the first instance pulls at once.
  depends_on = [
    google_kms_crypto_key_iam_member.agent,
    google_project_iam_member.state,
    google_project_service.api,
    google_pubsub_subscription_iam_member.worker,
    google_pubsub_topic_iam_member.dead_letters,
    google_secret_manager_secret_iam_member.config,
    google_secret_manager_secret_iam_member.worker,
  ]
}
