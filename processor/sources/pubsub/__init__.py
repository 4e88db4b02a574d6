"""Messages from a Pub/Sub subscription.

Enters: a subscription.
Leaves: `ReceivedMessage`s, acknowledgements, dead letters.
Must not: decode the log entry inside a message.
"""
