"""App Engine request logs: the lines logged during a request, or the request itself.

`protoPayload.line[]` holds the lines that the application logged. The message is the line of the highest severity, at
least WARNING; among lines of equal severity, a stack trace comes before the first line. Promises: never raises.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from processor.parsing import levels

if TYPE_CHECKING:
    from collections.abc import Mapping

_ORDER: Final = {name: number for number, name in enumerate(levels.BAD, 1)}


def is_request_log(payload: Mapping[str, Any]) -> bool:
    """Return whether a protoPayload is a RequestLog."""
    kind = payload.get("@type")
    return type(kind) is str and kind.endswith(".RequestLog")


def message(payload: Mapping[str, Any]) -> str:
    """Return the message of the most severe line, "" if no line is WARNING or worse."""
    lines = payload.get("line")
    worst, text = (0, False), ""
    for line in lines if type(lines) is list else ():
        said = line.get("logMessage") if type(line) is dict else None
        if type(said) is str and said.strip():
            rank = (_ORDER.get(levels.of(line.get("severity")) or "", 0), "\n" in said)
            if rank[0] and rank > worst:
                worst, text = rank, said
    return text
