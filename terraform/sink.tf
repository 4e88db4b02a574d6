# What is exported. processor/parsing/severity.py and processor/ingest/pipeline.py decide the same inside the worker;
# tests/terraform/test_sink_filter.py evaluates both on the same entries.
#
# The query language binds NOT first, then OR, then AND, hence every parenthesis. Patterns use [.] and [[]
# instead of backslashes, which would have to survive three kinds of quoting.

locals {
  # By a key that stays when another parent joins. The first has a fixed one.
  sinks = { for key, parent in merge(
    var.sink_parent == "none" ? {} : { main = var.sink_parent == "" ? "projects/${var.project_id}" : var.sink_parent },
    { for parent in var.more_sink_parents : parent => parent },
  ) : key => { kind = split("/", parent)[0], id = split("/", parent)[1] } }

  # Entries without a severity of their own: plain text on stderr, loggers that call it "level", request logs of
  # other servers. Uncaught exceptions are exactly that.
  words = jsondecode(file("${path.module}/../processor/app/setup/sink_filter.json"))
  plain_text_logs = join(" OR ", [
    for id in sort(setunion(
      [for log in local.words.plain_text_logs : log if var.stdout_lines || !endswith(log, "stdout")],
      var.extra_plain_text_logs,
    )) : "log_id(\"${id}\")"
  ])
  stated_level = join(" OR ", concat(
    [for field in local.words.payload_levels.fields : "${field}=~\"${local.words.payload_levels.pattern}\""],
    [for field, comparison in local.words.payload_levels.numbers : "${field}${comparison}"],
  ))
  without_severity = join(" OR ", concat(
    [for field in local.words.payload_texts : "${field}=~\"${join("|", local.words.payload_patterns)}\""],
    [for field in local.words.system_texts : "${field}=~\"${join("|", local.words.system_patterns)}\""],
    ["httpRequest.status>=400", "protoPayload.status.code>0"],
  ))

  # Where an agent calls every line of stdout INFO, whatever it says. What this costs: lines that hold a level word
  # in the place of a level or a failed request, no others; var.stdout_lines turns it off.
  in_streams = "(severity=INFO AND (${join(" OR ", [for id in local.words.stream_logs : "log_id(\"${id}\")"])}))"
  unclear    = var.stdout_lines ? "(severity=DEFAULT OR ${local.in_streams})" : "severity=DEFAULT"
  in_text = join(" OR ", [
    "(severity=DEFAULT AND textPayload=~\"${join("|", local.words.trace_patterns)}\")",
    "(${local.unclear} AND textPayload=~\"${join("|", local.words.line_patterns)}\")",
  ])
  sink_filter = join(" OR ", [
    "severity>=${var.min_severity}",
    "((${local.plain_text_logs}) AND (${local.in_text}))",
    "(severity=DEFAULT AND (${local.without_severity}))",
    "(${local.unclear} AND (${local.stated_level}))",
  ])

  # Everything that Log Gardener writes or that is written about it. Exporting it would be a loop. Bound to the
  # project: a folder may hold a namesake. Known by resource, never by a field: anybody can write one.
  own_resources = join(" OR ", [
    "(resource.type=\"cloud_run_worker_pool\" AND resource.labels.worker_pool_name=\"${local.names.worker}\")",
    "(resource.type=\"cloud_run_revision\" AND resource.labels.service_name=\"${local.names.web}\")",
    "(resource.type=\"dataflow_step\" AND resource.labels.job_name=~\"^${local.names.dataflow}\")",
    "(resource.type=\"pubsub_topic\" AND resource.labels.topic_id=(\"${local.names.topic}\" OR \"${local.names.dead_topic}\"))",
    "(resource.type=\"pubsub_subscription\" AND resource.labels.subscription_id=(\"${local.names.subscription}\" OR \"${local.names.dead_subscription}\"))",
  ])
  own_accounts = join(" OR ", [
    for name in [local.names.worker, local.names.web, local.names.dataflow] : "\"${name}@${var.project_id}.iam.gserviceaccount.com\""
  ])
  own_logs = join(" OR ", [
    "(resource.labels.project_id=\"${var.project_id}\" AND (${local.own_resources}))",
    "(resource.type=\"logging_sink\" AND resource.labels.name=\"${var.name}\")",
    "protoPayload.authenticationInfo.principalEmail=(${local.own_accounts})",
  ])

  failed_jobs = join(" AND ", [
    "severity>=ERROR",
    "(protoPayload.methodName=\"jobservice.jobcompleted\" OR protoPayload.metadata.jobChange:* OR protoPayload.serviceData.jobCompletedEvent:*)",
  ])

  exclusions = merge(
    {
      own-logs = local.own_logs
      # Large, personal, and no fault of a service; but a job that failed is somebody's problem.
      data-access = "log_id(\"cloudaudit.googleapis.com/data_access\") AND NOT (${local.failed_jobs})"
    },
    var.exclude_http_4xx ? { http-4xx = "httpRequest.status>=400 AND httpRequest.status<500" } : {},
    var.extra_exclusions,
  )

  destination = "pubsub.googleapis.com/${local.topic}"

  # Never built by hand: its form differs between parents, and a wrong one drops entries without a word.
  sink_writers = { for key, sink in merge(
    google_logging_project_sink.entries,
    google_logging_folder_sink.entries,
    google_logging_organization_sink.entries,
    google_logging_billing_account_sink.entries,
  ) : key => sink.writer_identity }
}

resource "google_logging_project_sink" "entries" {
  for_each               = { for key, parent in local.sinks : key => parent if parent.kind == "projects" }
  name                   = var.name
  project                = each.value.id
  description            = "Warnings and worse for Log Gardener"
  destination            = local.destination
  filter                 = local.sink_filter
  unique_writer_identity = true
  dynamic "exclusions" {
    for_each = local.exclusions
    content {
      name   = exclusions.key
      filter = exclusions.value
    }
  }
  depends_on = [google_project_service.api]
}

resource "google_logging_folder_sink" "entries" {
  for_each    = { for key, parent in local.sinks : key => parent if parent.kind == "folders" }
  name        = var.name
  folder      = each.value.id
  description = "Warnings and worse for Log Gardener"
  destination = local.destination
  filter      = local.sink_filter
  # Without it nothing arrives from the projects below.
  include_children = true
  dynamic "exclusions" {
    for_each = local.exclusions
    content {
      name   = exclusions.key
      filter = exclusions.value
    }
  }
  depends_on = [google_project_service.api]
}

resource "google_logging_organization_sink" "entries" {
  for_each         = { for key, parent in local.sinks : key => parent if parent.kind == "organizations" }
  name             = var.name
  org_id           = each.value.id
  description      = "Warnings and worse for Log Gardener"
  destination      = local.destination
  filter           = local.sink_filter
  include_children = true
  dynamic "exclusions" {
    for_each = local.exclusions
    content {
      name   = exclusions.key
      filter = exclusions.value
    }
  }
  depends_on = [google_project_service.api]
}

resource "google_logging_billing_account_sink" "entries" {
  for_each        = { for key, parent in local.sinks : key => parent if parent.kind == "billingAccounts" }
  name            = var.name
  billing_account = each.value.id
  description     = "Warnings and worse for Log Gardener"
  destination     = local.destination
  filter          = local.sink_filter
  dynamic "exclusions" {
    for_each = local.exclusions
    content {
      name   = exclusions.key
      filter = exclusions.value
    }
  }
  depends_on = [google_project_service.api]
}
