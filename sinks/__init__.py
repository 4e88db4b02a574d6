"""Store results: cluster state (Firestore, SQLite) and issues (GitHub, a folder).

Enters: `Checkpoint`s, triage, desired issues.
Leaves: documents, rows, requests, Markdown files.
Must not: import anything of `processor` except `processor.model`.
"""
