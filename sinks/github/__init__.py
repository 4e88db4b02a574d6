"""The `IssueTracker` on GitHub.

Enters: issues as they should be.
Leaves: requests to the REST API, each answer read once.
Must not: repeat a POST whose outcome is unknown.
"""
