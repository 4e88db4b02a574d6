# What to wake somebody for, from the table that "gardener setup" uses too. A worker always has a pull outstanding,
# so no pull means no worker, also when no entry comes; a sink without its grant drops entries and counts no error,
# so the silence is watched as well.

locals {
  table = jsondecode(file("${path.module}/../processor/app/setup/alerts.json"))
  # The log of the worker and of the page: every action that is an error, from the table that the program's tests hold it to.
  own_errors = join(" AND ", [
    "severity>=ERROR",
    "jsonPayload.log_gardener.action=(${join(" OR ", [
      for action, row in jsondecode(file("${path.module}/../processor/app/setup/actions.json")) : "\"${action}\"" if contains(["ERROR", "CRITICAL", "ALERT", "EMERGENCY"], row.severity)
    ])})",
    "(resource.labels.worker_pool_name=\"${local.names.worker}\" OR resource.labels.service_name=\"${local.names.web}\")",
  ])
  alerts = { for name, alert in local.table : name => merge(alert, {
    filter        = alert.kind == "log" ? local.own_errors : "resource.type=\"${alert.resource}\" AND resource.labels.${alert.label}=\"${alert.label == "topic_id" ? local.topic_name : replace(alert.of, "{name}", var.name)}\" AND metric.type=\"${alert.metric}\""
    documentation = replace(alert.documentation, "{name}", var.name)
    threshold     = name == "backlog" ? var.backlog_alert_s : try(alert.threshold, null)
  }) }
  channels = concat(var.notification_channels, google_monitoring_notification_channel.email[*].name)
}

# Errors of a sink are a metric of the project that it belongs to, and a topic's of its own. Folders, organisations and
# billing accounts cannot be seen from a project: for their sinks the silence of the topic is the alert.
resource "google_monitoring_monitored_project" "source" {
  for_each = var.monitor_sink_projects ? setsubtract(
    concat([for sink in local.sinks : sink.id if sink.kind == "projects"], [local.topic_project]),
    [var.project_id],
  ) : toset([])
  metrics_scope = var.project_id
  name          = each.value
  depends_on    = [google_project_service.api]
}

resource "google_monitoring_notification_channel" "email" {
  count        = var.alert_email == "" ? 0 : 1
  project      = var.project_id
  display_name = "${var.name}: ${var.alert_email}"
  type         = "email"
  labels       = { email_address = var.alert_email }
  user_labels  = local.labels
  depends_on   = [google_project_service.api]
}

resource "google_monitoring_alert_policy" "threshold" {
  for_each              = { for name, alert in local.alerts : name => alert if alert.kind == "threshold" }
  project               = var.project_id
  display_name          = "${var.name}: ${each.value.title}"
  combiner              = "OR"
  severity              = each.value.severity
  user_labels           = local.labels
  notification_channels = local.channels
  conditions {
    display_name = each.value.title
    condition_threshold {
      filter          = each.value.filter
      comparison      = "COMPARISON_GT"
      threshold_value = each.value.threshold
      duration        = each.value.duration
      aggregations {
        alignment_period   = "300s"
        per_series_aligner = each.value.aligner
      }
    }
  }
  documentation {
    content   = each.value.documentation
    mime_type = "text/markdown"
  }
  alert_strategy {
    auto_close = "86400s"
  }
  depends_on = [google_project_service.api]
}

resource "google_monitoring_alert_policy" "absence" {
  # No heartbeat before there is a heart.
  for_each              = { for name, alert in local.alerts : name => alert if alert.kind == "absence" && (local.running || name != "heartbeat") }
  project               = var.project_id
  display_name          = "${var.name}: ${each.value.title}"
  combiner              = "OR"
  severity              = each.value.severity
  user_labels           = local.labels
  notification_channels = local.channels
  conditions {
    display_name = each.value.title
    condition_absent {
      filter   = each.value.filter
      duration = each.value.duration
      aggregations {
        alignment_period   = "300s"
        per_series_aligner = "ALIGN_DELTA"
        # One series per response code; only all of them together may be called absent.
        cross_series_reducer = "REDUCE_SUM"
      }
    }
  }
  documentation {
    content   = each.value.documentation
    mime_type = "text/markdown"
  }
  alert_strategy {
    auto_close = "86400s"
  }
  depends_on = [google_project_service.api]
}

resource "google_monitoring_alert_policy" "log" {
  for_each              = { for name, alert in local.alerts : name => alert if alert.kind == "log" }
  project               = var.project_id
  display_name          = "${var.name}: ${each.value.title}"
  combiner              = "OR"
  severity              = each.value.severity
  user_labels           = local.labels
  notification_channels = local.channels
  conditions {
    display_name = each.value.title
    condition_matched_log {
      filter           = each.value.filter
      label_extractors = { action = "EXTRACT(jsonPayload.log_gardener.action)" }
    }
  }
  documentation {
    content   = each.value.documentation
    mime_type = "text/markdown"
  }
  alert_strategy {
    auto_close = "86400s"
    notification_rate_limit {
      period = "3600s"
    }
  }
  depends_on = [google_project_service.api]
}
