# A running installation on a database, a topic and a sink that others own.
project_id        = "garden-existing"
github_repository = "my-org/my-service"
name              = "garden-guest"
image             = "europe-west1-docker.pkg.dev/garden-existing/garden-guest/gardener@sha256:0000000000000000000000000000000000000000000000000000000000000000"
sink_parent       = "none"
existing_topic    = "projects/garden-logs/topics/all-logs"
existing_database = "shared"
config_secret     = "garden-rules"
vpc               = { connector = "projects/garden-existing/locations/europe-west1/connectors/out", egress = "ALL_TRAFFIC" }
