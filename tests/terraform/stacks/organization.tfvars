# A running installation with a GitHub App, a database of its own and viewers.
project_id             = "garden-organization"
github_repository      = "my-org/my-service"
sink_parent            = "organizations/42"
image                  = "europe-west1-docker.pkg.dev/garden-organization/log-gardener/gardener@sha256:0000000000000000000000000000000000000000000000000000000000000000"
github_app_id          = "1234"
github_installation_id = "56"
firestore_database     = "gardener"
alert_email            = "on-call@example.com"
web_viewers            = ["group:on-call@example.com", "user:one@example.com"]
web_on_call            = ["one@example.com", "*@sre.example.com"]
extra_exclusions       = { chatty = "resource.labels.namespace_name=\"sandbox\"" }
labels                 = { team = "platform" }
