# A running installation whose entries are counted by a pipeline, in lanes.
project_id           = "garden-dataflow"
github_repository    = "my-org/my-service"
image                = "europe-west1-docker.pkg.dev/garden-dataflow/log-gardener/gardener@sha256:0000000000000000000000000000000000000000000000000000000000000000"
engine               = "dataflow"
dataflow_image       = "europe-west1-docker.pkg.dev/garden-dataflow/log-gardener/gardener-beam@sha256:0000000000000000000000000000000000000000000000000000000000000000"
dataflow_max_workers = 20
ledger_lanes         = 8
labels               = { team = "platform" }
