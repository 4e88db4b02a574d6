"""The on-call page.

Enters: HTTP requests and a snapshot of the state.
Leaves: HTML and JSON responses.
Must not: render log text other than through the template engine.
"""
