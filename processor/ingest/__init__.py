"""Pull entries, count them exactly once, acknowledge.

Enters: messages of a `Source`.
Leaves: `Checkpoint`s committed to a `Store`.
Must not: decide what a count means for people (that is `triage`).
"""
