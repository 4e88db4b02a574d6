# A running installation with a token, a second one in its project, everything optional left out.
project_id        = "garden-folder"
github_repository = "my-org/my-service"
name              = "garden-two"
sink_parent       = "folders/123456789012"
image             = "europe-west1-docker.pkg.dev/garden-folder/garden-two/gardener@sha256:0000000000000000000000000000000000000000000000000000000000000000"
exclude_http_4xx  = true
worker_instances  = 4
settings = {
  flush_seconds = "5"
  thresholds    = "{\"P1\": [\"3 in 1h\"]}"
}
writes_per_second = 300
