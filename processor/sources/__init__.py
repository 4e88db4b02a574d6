"""Where messages come from: Pub/Sub, a file, standard input."""
