# With kms_key: Google's agents encrypt and decrypt with it on our behalf, and each needs the grant before its first use.

locals {
  key_users = var.kms_key == null || !var.kms_grants ? {} : merge(
    {
      artifactregistry = "gcp-sa-artifactregistry"
      pubsub           = "gcp-sa-pubsub"
      run              = "serverless-robot-prod"
      secretmanager    = "gcp-sa-secretmanager"
    },
    var.existing_database == null ? { firestore = "gcp-sa-firestore" } : {},
    local.dataflow ? { storage = "gs-project-accounts" } : {},
  )
}

resource "google_kms_crypto_key_iam_member" "agent" {
  for_each      = local.key_users
  crypto_key_id = var.kms_key
  role          = "roles/cloudkms.cryptoKeyEncrypterDecrypter"
  member        = "serviceAccount:service-${data.google_project.this.number}@${each.value}.iam.gserviceaccount.com"
  depends_on    = [google_project_service.api]
}
