"""Set up Google Cloud: the commands, the log sink filter, the alerts.

Enters: names and options.
Leaves: gcloud commands and the files Terraform reads.
Must not: run anything.
"""
