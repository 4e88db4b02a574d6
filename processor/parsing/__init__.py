"""Turn the bytes of one log entry into an `Entry`: its service, severity and message.

Enters: bytes.
Leaves: `Entry` objects, or `DecodeError` with a reason.
Must not: do IO, group, count, or know where entries come from.
"""
