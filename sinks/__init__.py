"""Keep results: cluster state (Firestore, SQLite) and issues (GitHub, a folder).

Enters: `Checkpoint`s, triage, issues as they should be.
Leaves: documents, rows, requests, Markdown files.
Must not: import anything of `processor` but `processor.model`.
"""
