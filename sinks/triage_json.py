"""`Triage` as JSON and back; the same form in every store."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from processor.model import IssueRef, Priority, Status, Triage

_TIMES = ("changed_at", "mute_until", "resolved_at")


def dump(triage: Triage) -> str:
    """One JSON object; `rev` is kept beside it by the store."""
    values: dict[str, Any] = asdict(triage)
    del values["rev"]
    for name in _TIMES:
        values[name] = values[name] and values[name].isoformat()
    return json.dumps(values, sort_keys=True)


def load(text: str, rev: int) -> Triage:
    """The decision that `dump` wrote."""
    values = json.loads(text)
    for name in _TIMES:
        values[name] = values[name] and datetime.fromisoformat(values[name])
    issue = values.pop("issue")
    priority = values.pop("priority")
    triage = Triage(
        **{**values, "status": Status(values["status"])},
        issue=IssueRef(**issue) if issue else None,
        priority=Priority(priority) if priority else None,
    )
    return replace(triage, rev=rev)
