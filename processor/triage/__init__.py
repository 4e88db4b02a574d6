"""Decide what happened and how urgent it is.

Enters: committed clusters, the policy, the time.
Leaves: priorities, turning points, incidents and new states.
Must not: talk to an issue tracker or format text for people.
"""
