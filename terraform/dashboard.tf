# What the alerts watch, and every metric of the worker, from the tables of the program. Of an existing topic the chart
# shows the topic that there is.

locals {
  dashboard = replace(replace(
    file("${path.module}/../processor/app/setup/dashboard.json"),
    "{name}-entries", local.topic_name),
  "{name}", var.name)
}

resource "google_monitoring_dashboard" "worker" {
  count          = var.dashboard ? 1 : 0
  project        = var.project_id
  dashboard_json = local.dashboard
  depends_on     = [google_project_service.api]
}
