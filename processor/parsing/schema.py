"""The schema at the boundary, after Cloud Logging's LogEntry reference.

It decides about what the hot path refuses (`log_entry`), and is loaded only then: most processes never need it.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from processor.parsing.log_entry import DecodeError, Wire


class LogEntry(BaseModel):
    """A Cloud Logging LogEntry, limited to the fields in use. Unknown fields are allowed and kept in `raw`.

    Source: the LogEntry reference of Cloud Logging's REST API, v2. int64 arrives as a JSON string; so does
    `sourceLocation.line`, and `httpRequest.status` may.
    """

    model_config = ConfigDict(alias_generator=to_camel, strict=True, extra="ignore", frozen=True, defer_build=True)

    insert_id: str = Field("", description="With log name and timestamp the identity of the entry.")
    log_name: str = ""
    timestamp: str | None = Field(None, description="RFC 3339, 0 to 9 fractional digits.")
    receive_timestamp: str | None = None
    severity: str | int | None = Field(None, description="Absent means DEFAULT.")
    text_payload: str | None = None
    json_payload: dict[str, Any] | None = None
    proto_payload: dict[str, Any] | None = None
    # A wrong type in a field beside the message does not cost the message.
    http_request: Any = None
    resource: Any = None
    labels: Any = None
    trace: Any = None
    error_groups: Any = None
    split: Any = None


def validate(data: bytes) -> LogEntry:
    """Validate against the schema and raise with a readable sentence.

    Raises:
        DecodeError: as `decode`, except for timestamps.
    """
    if not data.strip():
        raise DecodeError("the message is empty")
    try:
        return LogEntry.model_validate_json(data)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        if first["type"] == "json_invalid" and not data.lstrip().startswith((b"{", b"[{")):
            raise DecodeError("not a log entry but plain text; with --text each line of a file is one") from None
        where = ".".join(str(part) for part in first["loc"])
        raise DecodeError(f"{where}: {first['msg']}" if where else f"not a log entry: {first['msg']}") from None


def wire_from(entry: LogEntry) -> Wire:
    """Return the struct that the hot path would have filled."""
    values = entry.model_dump()
    for name in ("resource", "labels"):
        # The schema takes Infinity and NaN, which are not JSON.
        value = json.loads(json.dumps(values[name]), parse_constant=lambda _: None)
        values[name] = msgspec.Raw(json.dumps(value).encode())
    return Wire(**values)
