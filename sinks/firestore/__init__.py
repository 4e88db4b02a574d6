"""The `Store` on Firestore.

Enters: checkpoints and decisions.
Leaves: stored clusters.
Must not: know another sink.
"""
