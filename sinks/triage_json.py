"""`Triage` as JSON and back; the same form in every store.

The controller's notes are stored under the name memory; unknown fields of theirs are dropped.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from msgspec import ValidationError, convert, to_builtins
from msgspec.structs import asdict, replace

from processor.model import IssueRef, Priority, Status, Triage
from processor.model.errors import StateError
from processor.model.notes import EMPTY, Notes

_TIMES = ("changed_at", "mute_until", "resolved_at")


def dump(triage: Triage) -> str:
    """Return a JSON object; the store keeps `rev` beside it."""
    values: dict[str, Any] = asdict(triage)
    del values["rev"], values["notes"]
    values["issue"] = triage.issue and asdict(triage.issue)
    if not triage.assignee:
        del values["assignee"]  # a worker of the version before refuses what it does not know
    values["memory"] = to_builtins(triage.notes)
    for name in _TIMES:
        values[name] = values[name] and values[name].isoformat()
    return json.dumps(values, sort_keys=True)


def load(text: str, rev: int) -> Triage:
    """Return the decision written by `dump`. Raises `StateError` if its notes are damaged."""
    values = json.loads(text)
    for name in _TIMES:
        values[name] = values[name] and datetime.fromisoformat(values[name])
    issue = values.pop("issue")
    priority = values.pop("priority")
    notes = _notes(values.pop("memory", None))
    triage = Triage(
        **{**values, "status": Status(values["status"])},
        issue=IssueRef(**issue) if issue else None,
        priority=Priority(priority) if priority else None,
        notes=notes,
    )
    return replace(triage, rev=rev)


def _notes(memory: Any) -> Notes:
    """Decode the controller's notes. Raises `StateError` if they are damaged."""
    if not memory:
        return EMPTY
    try:
        return convert(memory, Notes)
    except ValidationError as error:
        raise StateError(f"the controller's notes cannot be read: {error}") from None
