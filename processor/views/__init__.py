"""Show the state to people: pages, terminal tables, worklog.

Enters: committed clusters from a `Store`.
Leaves: HTML, JSON, terminal text, Markdown.
Must not: change state other than through `triage`.
"""
