"""Received messages of one kind of entry, for tests of the worker's loop."""

import json

from processor.model import ReceivedMessage


def message(number, text="it broke", raw=None):
    entry = {
        "insertId": f"i{number}",
        "logName": "projects/p/logs/stderr",
        "timestamp": "2025-12-31T23:00:00Z",
        "severity": "ERROR",
        "textPayload": text,
    }
    return ReceivedMessage(raw or json.dumps(entry).encode(), str(number), f"ack-{number}", "test")
