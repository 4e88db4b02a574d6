"""Read log entries as bytes: Pub/Sub, a file, standard input.

Enters: a subscription, a file, a pipe.
Leaves: `ReceivedMessage`s, and acknowledgements back to where they came from.
Must not: decode an entry, or acknowledge before it is told to.
"""
