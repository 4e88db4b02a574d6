"""Where results go: cluster state (Firestore, SQLite) and issues (GitHub, a folder)."""
