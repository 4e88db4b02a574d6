# A running installation under a key of its own, in a network, read by several sinks, with a budget.
project_id            = "garden-keys"
github_repository     = "my-org/my-service"
image                 = "europe-west1-docker.pkg.dev/garden-keys/log-gardener/gardener@sha256:0000000000000000000000000000000000000000000000000000000000000000"
sink_parent           = "billingAccounts/012345-ABCDEF-678901"
more_sink_parents     = ["folders/42", "organizations/43", "projects/garden-other"]
kms_key               = "projects/garden-vault/locations/europe-west1/keyRings/ring/cryptoKeys/gardener"
vpc                   = { subnetwork = "projects/garden-net/regions/europe-west1/subnetworks/private", tags = ["gardener"] }
web_ingress           = "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"
notification_channels = ["projects/garden-keys/notificationChannels/1"]
budget                = { billing_account = "012345-ABCDEF-678901", amount = 100 }
engine                = "dataflow"
otel                  = { OTEL_EXPORTER_OTLP_ENDPOINT = "http://collector:4318" }
