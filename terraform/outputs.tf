output "sink_filter" {
  description = "What the sink exports, before exclusions."
  value       = local.sink_filter
}

output "sink_exclusions" {
  description = "What the sink leaves out, by name; an exclusion beats the filter."
  value       = local.exclusions
}

output "sink_writer" {
  description = "Identity that publishes; organisation policies may have to allow it."
  value       = lookup(local.sink_writers, "main", null)
}

output "sink_writers" {
  description = "The same of every sink: main, and those of more_sink_parents by their parent."
  value       = local.sink_writers
}

output "topic" {
  description = "Where the sinks publish; a sink of your own may, too, once its writer is granted roles/pubsub.publisher."
  value       = local.topic
}

output "subscription" {
  description = "Where the worker pulls."
  value       = google_pubsub_subscription.worker.id
}

output "dead_subscription" {
  description = "Where entries wait that no worker could process."
  value       = google_pubsub_subscription.dead.id
}

output "state" {
  description = "For --state."
  value       = local.state
}

output "web_url" {
  description = "The on-call page; empty until there is an image."
  value       = one(google_cloud_run_v2_service.web[*].uri)
}

output "image_repository" {
  description = "Where the image goes."
  value       = local.image_repository
}

output "next_steps" {
  description = "What to type now."
  value       = join("", [local.running ? local.steps_running : local.steps_first, local.steps_dataflow])
}

locals {
  image_repository = "${var.region}-docker.pkg.dev/${var.project_id}/${var.name}/gardener"

  steps_first = <<-EOT
    1. The GitHub ${var.github_app_id == "" ? "token" : "App's private key"}, from a file:
       gcloud secrets versions add ${local.names.secret} --project=${var.project_id} --data-file=FILE
    2. The image, from the top of the repository:
       gcloud builds submit --project=${var.project_id} --tag=${local.image_repository}:VERSION .
    3. Its digest, into terraform.tfvars as image = "${local.image_repository}@sha256:...":
       gcloud artifacts docker images describe ${local.image_repository}:VERSION --format='value(image_summary.digest)'
    4. The agent of Identity-Aware Proxy, which a new project does not have yet:
       gcloud beta services identity create --service=iap.googleapis.com --project=${var.project_id}
    5. terraform apply
  EOT

  steps_running = <<-EOT
    1. Look: gcloud logging read 'resource.labels.worker_pool_name="${local.names.worker}"' --project=${var.project_id} --limit=20
    2. Try it: gcloud logging write gardener-test 'gardener test: connection refused' --severity=ERROR --project=${var.project_id}
    3. See it counted: gardener clusters --state ${local.state}
    4. Open ${coalesce(one(google_cloud_run_v2_service.web[*].uri), "the on-call page")}
  EOT

  steps_dataflow_image = <<-EOT

    The pipeline's image, its digest into terraform.tfvars as dataflow_image, and terraform apply again:
       gcloud builds submit --project=${var.project_id} --config=cloudbuild-beam.yaml --substitutions=_IMAGE=${local.image_repository}-beam:VERSION .
       gcloud artifacts docker images describe ${local.image_repository}-beam:VERSION --format='value(image_summary.digest)'
  EOT

  steps_dataflow_run = <<-EOT

    The pipeline (with --update: in place of the one that runs, without a gap):
       gcloud dataflow flex-template run ${local.names.dataflow} --project=${var.project_id} --region=${var.region} --template-file-gcs-location=gs://${local.dataflow_bucket}/template.json --staging-location=gs://${local.dataflow_bucket}/staging --temp-location=gs://${local.dataflow_bucket}/temp --service-account-email=${local.names.dataflow}@${var.project_id}.iam.gserviceaccount.com --worker-machine-type=${var.dataflow_machine_type} --max-workers=${var.dataflow_max_workers} --enable-streaming-engine --additional-experiments=streaming_mode_at_least_once,use_runner_v2 --parameters=^;^source=pubsub:${google_pubsub_subscription.worker.id};state=${local.state};min_severity=${var.min_severity};ledger_lanes=${var.ledger_lanes}
    To stop it, what it has pulled counted first:
       gcloud dataflow jobs drain JOB --project=${var.project_id} --region=${var.region}
  EOT

  steps_dataflow = !local.dataflow ? "" : var.dataflow_image == "" ? local.steps_dataflow_image : local.steps_dataflow_run
}
