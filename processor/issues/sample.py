"""The informative parts of a sample's JSON, without what all entries share. Pure.

Promises: every string in it, keys too, has been redacted. It is still log text: hostile until neutralised.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    Change = Callable[[str], str]

_PAYLOAD: Final = ("severity", "timestamp", "textPayload", "jsonPayload", "protoPayload", "trace")
_REQUEST: Final = ("requestMethod", "requestUrl", "status")


def sample_json(text: str, redact: Change) -> dict[str, Any] | None:
    """Return the informative parts of the sample, redacted; None if its JSON was cut."""
    try:
        raw = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict):
        return None
    kept = {name: raw[name] for name in _PAYLOAD if name in raw}
    request = raw.get("httpRequest")
    if isinstance(request, dict):
        kept["httpRequest"] = {name: request[name] for name in _REQUEST if name in request}
    try:
        cleaned = redacted(kept, redact)
    except RecursionError:
        return None
    return cleaned if isinstance(cleaned, dict) else None


def redacted(value: object, redact: Change) -> object:
    """Return the JSON value with every string redacted, keys too."""
    if isinstance(value, str):
        return redact(value)
    if isinstance(value, dict):
        return {redact(name): redacted(one, redact) for name, one in value.items()}
    return [redacted(one, redact) for one in value] if isinstance(value, list) else value


def masked(value: object, mask: Change) -> object:
    """Return the JSON value with every string masked; keys are its shape and stay."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, dict):
        return {name: masked(one, mask) for name, one in value.items()}
    return [masked(one, mask) for one in value] if isinstance(value, list) else value
