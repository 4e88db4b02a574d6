"""Keep one issue per problem up to date.

Enters: clusters with their triage, and the issues that exist.
Leaves: requests to an `IssueTracker`, each recorded before it is sent.
Must not: decide priorities, or let log text out unredacted.
"""
