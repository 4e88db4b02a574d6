# One project that watches itself, before the first image: nothing may need one.
project_id        = "garden-project"
github_repository = "my-org/my-service"
alert_email       = "on-call@example.com"
