# Firestore: the database, and the indexes and expiry that sinks/firestore/schema.json declares.

locals {
  schema = jsondecode(file("${path.module}/../sinks/firestore/schema.json"))

  # Indexes on one field exist by themselves; Firestore refuses to be asked for them.
  indexes = merge([
    for collection, spec in local.schema.collections : {
      for index in spec.indexes : "${collection}:${join(",", [for field in index : "${field[0]} ${field[1]}"])}" => {
        collection = collection
        fields     = index
      } if length(index) > 1
    }
  ]...)
  # An index on an ever-growing time, or on bytes that no query asks for, caps writes at 500 a second and costs money.
  fields = merge([
    for collection, spec in local.schema.collections : {
      for field in toset(concat(spec.unindexed, spec.ttl == null ? [] : [spec.ttl])) : "${collection}:${field}" => {
        collection = collection
        field      = field
        ttl        = field == spec.ttl
      }
    }
  ]...)
  order = { ASC = "ASCENDING", DESC = "DESCENDING" }

  # The same name, known once the database is there.
  database_name = var.existing_database == null ? one(google_firestore_database.state[*].name) : var.existing_database
}

resource "google_firestore_database" "state" {
  count                             = var.existing_database == null ? 1 : 0
  project                           = var.project_id
  name                              = local.database
  location_id                       = coalesce(var.firestore_location, var.region)
  type                              = "FIRESTORE_NATIVE"
  concurrency_mode                  = "PESSIMISTIC"
  app_engine_integration_mode       = "DISABLED"
  point_in_time_recovery_enablement = "POINT_IN_TIME_RECOVERY_ENABLED"
  delete_protection_state           = var.deletion_protection ? "DELETE_PROTECTION_ENABLED" : "DELETE_PROTECTION_DISABLED"
  # The default, ABANDON, forgets the database and leaves it to be paid for.
  deletion_policy = "DELETE"
  dynamic "cmek_config" {
    for_each = var.kms_key[*]
    content {
      kms_key_name = cmek_config.value
    }
  }
  depends_on = [google_kms_crypto_key_iam_member.agent, google_project_service.api]
}

resource "google_firestore_index" "query" {
  for_each   = var.create_indexes ? local.indexes : {}
  project    = var.project_id
  database   = local.database_name
  collection = each.value.collection
  dynamic "fields" {
    for_each = each.value.fields
    content {
      field_path = fields.value[0]
      order      = local.order[fields.value[1]]
    }
  }
}

resource "google_firestore_field" "field" {
  for_each   = local.fields
  project    = var.project_id
  database   = local.database_name
  collection = each.value.collection
  field      = each.value.field
  index_config {}
  dynamic "ttl_config" {
    for_each = each.value.ttl ? [1] : []
    content {}
  }
}

# What the whole database has is made for a database of one's own only: an existing one has an owner who decides.
resource "google_firestore_backup_schedule" "daily" {
  count     = var.existing_database == null ? 1 : 0
  project   = var.project_id
  database  = local.database_name
  retention = "${var.backup_retention_days * 86400}s"
  daily_recurrence {}
}

# The worker and the page come in by IAM; every browser and phone is refused.
resource "google_firebaserules_ruleset" "deny" {
  count   = var.existing_database == null ? 1 : 0
  project = var.project_id
  source {
    files {
      name    = "firestore.rules"
      content = file("${path.module}/firestore.rules")
    }
  }
  depends_on = [google_project_service.api, google_firestore_database.state]
}

resource "google_firebaserules_release" "deny" {
  count        = var.existing_database == null ? 1 : 0
  project      = var.project_id
  name         = local.database == "(default)" ? "cloud.firestore" : "cloud.firestore/${local.database}"
  ruleset_name = google_firebaserules_ruleset.deny[0].name
  lifecycle {
    replace_triggered_by = [google_firebaserules_ruleset.deny]
  }
}
