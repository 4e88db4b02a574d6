# A root module of your own: one installation for each team, both in one project. The provider is configured here, and
# every resource of the module names its project, so the provider may belong to another one.
#
# Outside this repository: source = "git::https://HOST/OWNER/REPO.git//terraform?ref=VERSION". The double slash matters:
# the module reads the tables of the program that it deploys.

terraform {
  required_version = ">= 1.9"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 7.43, < 9.0"
    }
  }
}

variable "project_id" {
  description = "Project that runs both."
  type        = string
}

variable "teams" {
  description = "What differs between them; image by digest, empty in the first of the two steps."
  type = map(object({
    repository = string
    parents    = list(string)
    image      = optional(string, "")
    settings   = optional(map(string), {})
  }))
}

provider "google" {
  # Calls are charged to the project that is changed, also with an account of a person.
  billing_project       = var.project_id
  user_project_override = true
}

module "gardener" {
  source            = "../.."
  for_each          = var.teams
  project_id        = var.project_id
  name              = "garden-${each.key}"
  github_repository = each.value.repository
  sink_parent       = each.value.parents[0]
  more_sink_parents = slice(each.value.parents, 1, length(each.value.parents))
  image             = each.value.image
  settings          = each.value.settings
  labels            = { team = each.key }
}

output "next_steps" {
  description = "What to type now, by team."
  value       = { for team, installation in module.gardener : team => installation.next_steps }
}
