# What everything else refers to: names, labels, identities of Google's agents, and the APIs.

data "google_project" "this" {
  project_id = var.project_id
}

locals {
  names = {
    worker            = "${var.name}-worker"
    web               = "${var.name}-web"
    topic             = "${var.name}-entries"
    subscription      = "${var.name}-worker"
    dead_topic        = "${var.name}-dead"
    dead_subscription = "${var.name}-dead"
    secret            = "${var.name}-github"
    dataflow          = "${var.name}-dataflow"
  }
  labels = merge(var.labels, { app = var.name, managed_by = "terraform" })

  agent = {
    pubsub = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
    iap    = "serviceAccount:service-${data.google_project.this.number}@gcp-sa-iap.iam.gserviceaccount.com"
  }

  # Running anything needs an image; what an image needs (registry, secret) comes first.
  running = var.image != ""

  dataflow        = var.engine == "dataflow"
  dataflow_bucket = "${var.project_id}-${local.names.dataflow}"

  # A project has one "(default)", so only the installation of the default name takes it.
  database = coalesce(var.existing_database, var.firestore_database, var.name == "log-gardener" ? "(default)" : var.name)
  # As the command line takes it: firestore:PROJECT, or firestore:PROJECT/DATABASE.
  state = local.database == "(default)" ? "firestore:${var.project_id}" : "firestore:${var.project_id}/${local.database}"

  apis = toset(concat(local.dataflow ? ["compute.googleapis.com", "dataflow.googleapis.com", "storage.googleapis.com"] : [], var.budget == null ? [] : ["billingbudgets.googleapis.com"], var.kms_key == null ? [] : ["cloudkms.googleapis.com"], [
    "artifactregistry.googleapis.com",
    "firebaserules.googleapis.com",
    "firestore.googleapis.com",
    "iam.googleapis.com",
    "iap.googleapis.com",
    "logging.googleapis.com",
    "monitoring.googleapis.com",
    "pubsub.googleapis.com",
    "run.googleapis.com",
    "secretmanager.googleapis.com",
  ]))
}

resource "google_project_service" "api" {
  for_each = local.apis
  project  = var.project_id
  service  = each.value
  # Something else in the project may use it by now.
  disable_on_destroy = false
}
