# From one sink, topic and database to several or none. Nothing is made anew: a sink that is, drops entries meanwhile.

moved {
  from = google_logging_project_sink.entries[0]
  to   = google_logging_project_sink.entries["main"]
}

moved {
  from = google_logging_folder_sink.entries[0]
  to   = google_logging_folder_sink.entries["main"]
}

moved {
  from = google_logging_organization_sink.entries[0]
  to   = google_logging_organization_sink.entries["main"]
}

moved {
  from = google_pubsub_topic_iam_member.sink_writer
  to   = google_pubsub_topic_iam_member.sink_writer["main"]
}

moved {
  from = google_pubsub_topic.entries
  to   = google_pubsub_topic.entries[0]
}

moved {
  from = google_firestore_database.state
  to   = google_firestore_database.state[0]
}

moved {
  from = google_firestore_backup_schedule.daily
  to   = google_firestore_backup_schedule.daily[0]
}

moved {
  from = google_firebaserules_ruleset.deny
  to   = google_firebaserules_ruleset.deny[0]
}

moved {
  from = google_firebaserules_release.deny
  to   = google_firebaserules_release.deny[0]
}
