"""The terminal: tables, the live screen, progress.

Enters: clusters and snapshots.
Leaves: terminal text.
Must not: read a store itself, except in the loop of `gardener top`.
"""
