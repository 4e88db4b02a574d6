"""Read log entries as bytes: Pub/Sub, a file, standard input.

Enters: a subscription, a file, a pipe.
Leaves: `ReceivedMessage`s, and acknowledgements to their origin.
Must not: decode an entry, or acknowledge on its own.
"""
