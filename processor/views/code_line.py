"""The place in the code that wrote an entry, if the entry names it. Pure."""

from __future__ import annotations

import json
from typing import Any


def entry_of(raw: str) -> dict[str, Any]:
    """Return a sample's JSON as an object; empty if it was cut or is not JSON."""
    try:
        entry = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return entry if isinstance(entry, dict) else {}


def code_of(entry: dict[str, Any]) -> str:
    """Return file or module, line and function, from `sourceLocation` or loggers' labels for it; "" for none."""
    payload = entry.get("jsonPayload")
    inner = payload.get("labels") if isinstance(payload, dict) else None
    for place in (entry.get("sourceLocation"), entry.get("labels"), inner):
        if isinstance(place, dict) and place.get("line"):
            where = str(place.get("file") or place.get("module") or "")
            function = str(place.get("function") or "")
            return f"{where}:{place['line']}{f' in {function}' if function else ''}"
    return ""
