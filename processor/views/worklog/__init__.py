"""The worklog: what happened on a day.

Enters: clusters, incidents and their history.
Leaves: a Markdown document or JSON.
Must not: invent; every sentence follows from the state.
"""
