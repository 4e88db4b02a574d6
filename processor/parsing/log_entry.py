"""A message as Cloud Logging's LogEntry: the schema, and the struct that the hot path fills.

`LogEntry` is the schema at the boundary, after Cloud Logging's LogEntry reference. The hot path fills the same fields
with msgspec, which is about five times faster. If msgspec refuses the bytes, `LogEntry` decides and words the reason.
`tests/unit/parsing/test_entry.py` checks that both reach the same verdict.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from processor.model.errors import GardenerError

if TYPE_CHECKING:
    from processor.model import Entry


class DecodeError(GardenerError):
    """The bytes are not a log entry; the text gives the reason and is stored with the quarantined message."""


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


_NULL: Final = msgspec.Raw(b"null")


class Wire(msgspec.Struct, rename="camel"):
    """`LogEntry` for msgspec: the same fields and types."""

    insert_id: str = ""
    log_name: str = ""
    timestamp: str | None = None
    receive_timestamp: str | None = None
    severity: str | int | None = None
    text_payload: str | None = None
    json_payload: dict[str, Any] | None = None
    proto_payload: dict[str, Any] | None = None
    http_request: Any = None
    # Every entry of an instance repeats both; each distinct spelling is parsed once.
    resource: msgspec.Raw = _NULL
    labels: msgspec.Raw = _NULL
    trace: Any = None
    error_groups: Any = None
    split: Any = None


read: Final = msgspec.json.Decoder(Wire).decode
"""Return the fields of a LogEntry; raises `msgspec.DecodeError` or `RecursionError`."""


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


def check_utf8(data: bytes) -> None:
    """Raise if bytes are not UTF-8: msgspec does not check the strings that it skips."""
    if not data.isascii():
        try:
            data.decode()
        except UnicodeDecodeError as error:
            raise DecodeError(f"not UTF-8 text: byte 0x{data[error.start]:02x} at {error.start}") from None


def wire_from(entry: LogEntry) -> Wire:
    """Return the struct that the hot path would have filled."""
    values = entry.model_dump()
    for name in ("resource", "labels"):
        # The schema takes Infinity and NaN, which are not JSON.
        value = json.loads(json.dumps(values[name]), parse_constant=lambda _: None)
        values[name] = msgspec.Raw(json.dumps(value).encode())
    return Wire(**values)


def wire_of(entry: Entry) -> Wire:
    """Return what the decoder read of this entry."""
    if not isinstance(entry.wire, Wire):
        raise TypeError("an Entry is made by processor.parsing.decode.decode")
    return entry.wire
