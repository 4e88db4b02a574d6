"""The `Store` in one SQLite file.

Enters: checkpoints and decisions.
Leaves: stored clusters.
Must not: know another sink.
"""
