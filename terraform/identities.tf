# One account per program, with nothing but what docs/iam.md argues for. No key is ever made for them.

resource "google_service_account" "worker" {
  project      = var.project_id
  account_id   = local.names.worker
  display_name = "${var.name}: worker"
  depends_on   = [google_project_service.api]
}

resource "google_service_account" "web" {
  project      = var.project_id
  account_id   = local.names.web
  display_name = "${var.name}: on-call page"
  depends_on   = [google_project_service.api]
}

# Firestore has no grants on a single database, so the project's grant carries a condition.
resource "google_project_iam_member" "state" {
  for_each = merge(
    {
      worker = google_service_account.worker.member
      web    = google_service_account.web.member
    },
    local.dataflow ? { dataflow = google_service_account.dataflow[0].member } : {},
  )
  project = var.project_id
  role    = "roles/datastore.user"
  member  = each.value
  condition {
    title      = "only the database of Log Gardener"
    expression = "resource.type == \"firestore.googleapis.com/Database\" && resource.name == \"projects/${var.project_id}/databases/${local.database_name}\""
  }
}
