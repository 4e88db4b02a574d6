"""`DeliveryHealth` as JSON and back; the same form in every store."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from msgspec.structs import asdict

from processor.model import DeliveryHealth

_TIMES = ("at", "succeeded_at", "failed_at", "token_expires_at")


def dump(health: DeliveryHealth) -> str:
    """Return a JSON object."""
    values: dict[str, Any] = asdict(health)
    for name in _TIMES:
        values[name] = values[name] and values[name].isoformat()
    return json.dumps(values, sort_keys=True)


def load(text: str) -> DeliveryHealth:
    """Return the report written by `dump`."""
    values = json.loads(text)
    for name in _TIMES:
        values[name] = values[name] and datetime.fromisoformat(values[name])
    return DeliveryHealth(**values)
