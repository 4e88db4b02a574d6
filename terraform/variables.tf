variable "project_id" {
  description = "Project that runs Log Gardener. A project of its own keeps grants and costs apart."
  type        = string
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{4,28}[a-z0-9]$", var.project_id))
    error_message = "project_id is the project's id (6 to 30 of a-z, 0-9 and -), neither its name nor its number."
  }
}

variable "github_repository" {
  description = "Where issues go: OWNER/REPO."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+$", var.github_repository))
    error_message = "github_repository must be OWNER/REPO, without a host name and without .git at the end."
  }
}

variable "image" {
  description = "Image by digest (REPOSITORY/gardener@sha256:...). Empty: everything but the worker and the web page, the first of the two steps of a new installation."
  type        = string
  default     = ""
  validation {
    condition     = var.image == "" || can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "image must end in @sha256:DIGEST, so that a restart runs what was deployed."
  }
}

variable "region" {
  description = "Region of everything: messages, state, images, worker."
  type        = string
  default     = "europe-west1"
}

variable "name" {
  description = "Prefix of every resource; a second installation in the same project needs another one."
  type        = string
  default     = "log-gardener"
  validation {
    condition     = can(regex("^[a-z][a-z0-9-]{2,18}[a-z0-9]$", var.name))
    error_message = "name must be 4 to 20 of a-z, 0-9 and -: service account ids built from it end at 30 characters."
  }
}

variable "sink_parent" {
  description = "Whose logs to read: projects/ID, folders/NUMBER, organizations/NUMBER or billingAccounts/ID. Empty: the project itself. \"none\": no sink, the entries come into the topic by sinks of your own."
  type        = string
  default     = ""
  validation {
    condition = contains(["", "none"], var.sink_parent) || can(regex(
      "^(projects/[a-z][a-z0-9-]{4,28}[a-z0-9]|folders/[0-9]+|organizations/[0-9]+|billingAccounts/[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6})$", var.sink_parent
    ))
    error_message = "sink_parent must be projects/ID, folders/NUMBER, organizations/NUMBER, billingAccounts/ID or none."
  }
}

variable "more_sink_parents" {
  description = "More parents whose logs to read, each with a sink of its own, in the forms of sink_parent. An entry that several sinks export is counted once."
  type        = set(string)
  default     = []
  validation {
    condition = alltrue([for parent in var.more_sink_parents : can(regex(
      "^(projects/[a-z][a-z0-9-]{4,28}[a-z0-9]|folders/[0-9]+|organizations/[0-9]+|billingAccounts/[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6})$", parent
    ))])
    error_message = "more_sink_parents must be projects/ID, folders/NUMBER, organizations/NUMBER or billingAccounts/ID."
  }
  validation {
    condition     = !contains(var.more_sink_parents, var.sink_parent == "" ? "projects/${var.project_id}" : var.sink_parent)
    error_message = "more_sink_parents holds the parent that sink_parent names already."
  }
}

variable "min_severity" {
  description = "Least severity that is exported and counted."
  type        = string
  default     = "WARNING"
  validation {
    condition     = contains(["NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY"], var.min_severity)
    error_message = "min_severity must be NOTICE, WARNING, ERROR, CRITICAL, ALERT or EMERGENCY."
  }
}

variable "extra_plain_text_logs" {
  description = "Log ids, beside every stdout and stderr, in which entries without a severity are searched for tracebacks and error levels, for example my-app."
  type        = set(string)
  default     = []
  validation {
    condition     = alltrue([for id in var.extra_plain_text_logs : can(regex("^[A-Za-z0-9._/-]+$", id))])
    error_message = "extra_plain_text_logs are log ids such as my-app or run.googleapis.com/stdout: no project, no quotes."
  }
}

variable "stdout_lines" {
  description = "Export lines of stdout that state a level of WARNING or worse, also where an agent calls all of stdout INFO. Costs the messages of those lines."
  type        = bool
  default     = true
}

variable "exclude_http_4xx" {
  description = "Leave out request logs with status 400 to 499. Kept, they are one cluster per service and status class."
  type        = bool
  default     = false
}

variable "extra_exclusions" {
  description = "More exclusions of the sink: name to filter."
  type        = map(string)
  default     = {}
  validation {
    condition = length(var.extra_exclusions) <= 40 && alltrue([
      for name, filter in var.extra_exclusions : can(regex("^[A-Za-z0-9][A-Za-z0-9._-]*$", name)) && length(filter) <= 20000
    ])
    error_message = "extra_exclusions: at most 40, names of letters, digits, '.', '_' and '-', filters of at most 20,000 characters."
  }
}

variable "github_app_id" {
  description = "Id of the GitHub App whose private key is in the secret. Empty: the secret holds a token."
  type        = string
  default     = ""
  validation {
    condition     = can(regex("^[0-9]*$", var.github_app_id))
    error_message = "github_app_id must be the App's number, or empty for a token."
  }
}

variable "github_installation_id" {
  description = "Installation of the GitHub App in the repository's owner; needed with github_app_id."
  type        = string
  default     = ""
  validation {
    condition     = can(regex("^[0-9]*$", var.github_installation_id))
    error_message = "github_installation_id must be the installation's number."
  }
  validation {
    condition     = (var.github_app_id == "") == (var.github_installation_id == "")
    error_message = "github_app_id and github_installation_id go together."
  }
}

variable "github_secret_version" {
  description = "Version of the secret that the worker reads. Pinned, because 'latest' would change under a running worker."
  type        = string
  default     = "1"
  validation {
    condition     = can(regex("^[1-9][0-9]*$", var.github_secret_version))
    error_message = "github_secret_version must be a version number such as 1."
  }
}

variable "worker_instances" {
  description = "Number of workers. Counts stay exact with any number; two survive the loss of one."
  type        = number
  default     = 1
  validation {
    condition     = var.worker_instances >= 1 && var.worker_instances <= 20 && floor(var.worker_instances) == var.worker_instances
    error_message = "worker_instances must be a whole number from 1 to 20."
  }
}

variable "worker_cpu" {
  description = "vCPU of one worker."
  type        = string
  default     = "1"
  validation {
    condition     = contains(["1", "2", "4", "6", "8"], var.worker_cpu)
    error_message = "worker_cpu must be 1, 2, 4, 6 or 8."
  }
}

variable "worker_memory" {
  description = "Memory of one worker; 512Mi is Cloud Run's least."
  type        = string
  default     = "512Mi"
  validation {
    condition     = can(regex("^([1-9][0-9]{2,}Mi|[1-9][0-9]?Gi)$", var.worker_memory))
    error_message = "worker_memory must be like 512Mi or 2Gi."
  }
}

variable "engine" {
  description = "What counts the entries: \"worker\", the worker pool alone, or \"dataflow\", a Beam pipeline on Dataflow beside it, for more than docs/scale.md says a pool takes. Counts stay exact over a change and with both."
  type        = string
  default     = "worker"
  validation {
    condition     = contains(["worker", "dataflow"], var.engine)
    error_message = "engine must be worker or dataflow."
  }
}

variable "dataflow_image" {
  description = "Image of Dockerfile.beam by digest; with engine = \"dataflow\". Empty: everything but the template, the first of the two steps."
  type        = string
  default     = ""
  validation {
    condition     = var.dataflow_image == "" || can(regex("@sha256:[0-9a-f]{64}$", var.dataflow_image))
    error_message = "dataflow_image must end in @sha256:DIGEST, so that every worker of a job runs the same."
  }
}

variable "dataflow_machine_type" {
  description = "Machine type of the pipeline's workers."
  type        = string
  default     = "n2-standard-4"
}

variable "dataflow_max_workers" {
  description = "Most workers that Dataflow may start."
  type        = number
  default     = 4
  validation {
    condition     = var.dataflow_max_workers >= 1 && var.dataflow_max_workers <= 1000 && floor(var.dataflow_max_workers) == var.dataflow_max_workers
    error_message = "dataflow_max_workers must be a whole number from 1 to 1000."
  }
}

variable "ledger_lanes" {
  description = "Chains of the ledger per five minutes. Decided when the first entry is counted; a later change is ignored."
  type        = number
  default     = 1
  validation {
    condition     = var.ledger_lanes >= 1 && var.ledger_lanes <= 256 && floor(var.ledger_lanes) == var.ledger_lanes
    error_message = "ledger_lanes must be a whole number from 1 to 256."
  }
}

variable "web_viewers" {
  description = "Who may open the on-call page: user:..., group:..., domain:... or serviceAccount:..."
  type        = set(string)
  default     = []
  validation {
    condition     = alltrue([for who in var.web_viewers : can(regex("^(user|group|domain|serviceAccount):[^ ]+$", who))])
    error_message = "web_viewers must begin with user:, group:, domain: or serviceAccount:; allUsers is refused."
  }
}

variable "web_on_call" {
  description = "Addresses of those who may also decide on the page, * for any part: one@example.com, *@sre.example.com."
  type        = set(string)
  default     = []
  validation {
    condition     = alltrue([for who in var.web_on_call : can(regex("^[A-Za-z0-9._+*-]+@[A-Za-z0-9.*-]+$", who))])
    error_message = "web_on_call are addresses such as one@example.com or *@sre.example.com, without user: before them."
  }
}

variable "alert_email" {
  description = "Address for alerts; empty for none."
  type        = string
  default     = ""
  validation {
    condition     = var.alert_email == "" || can(regex("^[^@ ]+@[^@ ]+$", var.alert_email))
    error_message = "alert_email must be one address."
  }
}

variable "notification_channels" {
  description = "Existing channels for alerts (projects/P/notificationChannels/N), beside alert_email."
  type        = list(string)
  default     = []
}

variable "backlog_alert_s" {
  description = "Alert when the oldest unacknowledged message is older than this many seconds."
  type        = number
  default     = 600
  validation {
    condition     = var.backlog_alert_s >= 60
    error_message = "backlog_alert_s must be at least 60: the metric is sampled once a minute."
  }
}

variable "firestore_database" {
  description = "Firestore database to make. Null: (default), the one with the daily free quota, for the installation named log-gardener; otherwise a database called like the installation."
  type        = string
  default     = null
  validation {
    condition     = var.firestore_database == null || var.firestore_database == "(default)" || can(regex("^[a-z][a-z0-9-]{2,61}[a-z0-9]$", coalesce(var.firestore_database, "x")))
    error_message = "firestore_database must be (default) or 4 to 63 of a-z, 0-9 and -."
  }
}

variable "backup_retention_days" {
  description = "Days a daily backup of the state is kept."
  type        = number
  default     = 7
  validation {
    condition     = var.backup_retention_days >= 1 && var.backup_retention_days <= 98
    error_message = "backup_retention_days must be from 1 to 98, Firestore's limit of 14 weeks."
  }
}

variable "deletion_protection" {
  description = "Refuse to destroy the state, the secret, the worker and the web page."
  type        = bool
  default     = true
}

variable "labels" {
  description = "Labels on everything that takes them, beside app and managed_by."
  type        = map(string)
  default     = {}
}

variable "settings" {
  description = "Any other setting of docs/settings.md by its name, as its environment variable takes it: { flush_seconds = \"5\", thresholds = jsonencode({ P1 = [\"3 in 1h\"] }) }. Not secrets."
  type        = map(string)
  default     = {}
  validation {
    condition = alltrue([
      for name in keys(var.settings) :
      contains(jsondecode(file("${path.module}/../processor/app/setup/settable.json")), name)
    ])
    error_message = "settings has a name that is no setting, a secret, or one that a variable of its own sets; docs/settings.md lists them."
  }
}

variable "otel" {
  description = "OpenTelemetry's variables of the worker, by their names: { OTEL_EXPORTER_OTLP_ENDPOINT = \"http://collector:4318\" }. Not secrets; see docs/metrics.md."
  type        = map(string)
  default     = {}
  validation {
    condition     = alltrue([for name in keys(var.otel) : startswith(name, "OTEL_")])
    error_message = "otel takes variables whose names begin with OTEL_."
  }
}

variable "writes_per_second" {
  description = "Documents that all workers together write in a second at most. Firestore takes 500 of an index on a time."
  type        = number
  default     = 400
  validation {
    condition     = var.writes_per_second >= 1 && var.writes_per_second <= 10000
    error_message = "writes_per_second must be from 1 to 10000."
  }
}

# What exists already, or is decided elsewhere. Null: made by the module, or left to Google's default.

variable "existing_database" {
  description = "Firestore database of the project that exists and is not the module's: it gets indexes and expiry of our collections, neither backups nor rules. Instead of firestore_database."
  type        = string
  default     = null
  validation {
    condition     = var.existing_database == null || var.firestore_database == null
    error_message = "existing_database and firestore_database exclude each other."
  }
}

variable "firestore_location" {
  description = "Location of the database where it is not the region: eur3 and nam5 are multi-regions, at twice the price."
  type        = string
  default     = null
}

variable "create_indexes" {
  description = "Make the composite indexes. False for a database that was restored from a backup, which brings them."
  type        = bool
  default     = true
}

variable "existing_topic" {
  description = "Topic into which sinks publish already: projects/P/topics/T. With sink_parent = \"none\" no sink is made beside them."
  type        = string
  default     = null
  validation {
    condition     = var.existing_topic == null || can(regex("^projects/[a-z][a-z0-9-]{4,28}[a-z0-9]/topics/[A-Za-z][A-Za-z0-9._~+%-]{2,254}$", var.existing_topic))
    error_message = "existing_topic must be projects/PROJECT/topics/TOPIC."
  }
}

variable "kms_key" {
  description = "Key for everything that is stored, of the same region: projects/P/locations/REGION/keyRings/RING/cryptoKeys/KEY. A database, a repository and a secret cannot change it later."
  type        = string
  default     = null
  validation {
    condition     = var.kms_key == null || can(regex("^projects/[^/]+/locations/[^/]+/keyRings/[^/]+/cryptoKeys/[^/]+$", var.kms_key))
    error_message = "kms_key must be projects/P/locations/L/keyRings/RING/cryptoKeys/KEY, without a version."
  }
}

variable "kms_grants" {
  description = "Grant the use of kms_key to Google's agents. False: whoever owns the key has done it."
  type        = bool
  default     = true
}

variable "vpc" {
  description = "Network through which worker and page send: network or subnetwork (direct), or a connector. egress is PRIVATE_RANGES_ONLY or ALL_TRAFFIC; the worker must reach GitHub."
  type = object({
    network    = optional(string)
    subnetwork = optional(string)
    connector  = optional(string)
    tags       = optional(list(string))
    egress     = optional(string, "PRIVATE_RANGES_ONLY")
  })
  default = null
  validation {
    condition = var.vpc == null || try(
      contains(["PRIVATE_RANGES_ONLY", "ALL_TRAFFIC"], var.vpc.egress) && (var.vpc.connector != null) != (var.vpc.network != null || var.vpc.subnetwork != null),
      false,
    )
    error_message = "vpc has either a connector, or a network or subnetwork; egress is PRIVATE_RANGES_ONLY or ALL_TRAFFIC."
  }
}

variable "web_ingress" {
  description = "From where the on-call page can be reached; behind Identity-Aware Proxy in any case."
  type        = string
  default     = "INGRESS_TRAFFIC_ALL"
  validation {
    condition     = contains(["INGRESS_TRAFFIC_ALL", "INGRESS_TRAFFIC_INTERNAL_ONLY", "INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER"], var.web_ingress)
    error_message = "web_ingress must be INGRESS_TRAFFIC_ALL, INGRESS_TRAFFIC_INTERNAL_ONLY or INGRESS_TRAFFIC_INTERNAL_LOAD_BALANCER."
  }
}

variable "config_secret" {
  description = "Secret of the project that holds a gardener.toml, mounted into the worker. Variables and settings win over what it says."
  type        = string
  default     = null
  validation {
    condition     = var.config_secret == null || can(regex("^[A-Za-z0-9_-]{1,255}$", var.config_secret))
    error_message = "config_secret is the id of a secret, without its project."
  }
}

variable "config_secret_version" {
  description = "Version of config_secret. Pinned, as every start of a worker reads it."
  type        = string
  default     = "1"
  validation {
    condition     = can(regex("^[1-9][0-9]*$", var.config_secret_version))
    error_message = "config_secret_version must be a version number such as 1."
  }
}

variable "budget" {
  description = "Budget of the project for a month, in the currency of the billing account: { billing_account = \"AAAAAA-BBBBBB-CCCCCC\", amount = 100 }. It tells, and stops nothing."
  type = object({
    billing_account = string
    amount          = number
  })
  default = null
  validation {
    condition     = var.budget == null || try(var.budget.amount >= 1 && floor(var.budget.amount) == var.budget.amount && can(regex("^[0-9A-F]{6}-[0-9A-F]{6}-[0-9A-F]{6}$", var.budget.billing_account)), false)
    error_message = "budget has a billing_account such as 012345-ABCDEF-678901 and a whole amount of at least 1."
  }
}

variable "monitor_sink_projects" {
  description = "Add the projects of sinks and topic to what this project's alerts see. False: they are there already, or their owner does not want it."
  type        = bool
  default     = true
}

variable "dashboard" {
  description = "Make a dashboard of what the alerts watch and of the worker's metrics; the latter need Managed Prometheus."
  type        = bool
  default     = true
}
