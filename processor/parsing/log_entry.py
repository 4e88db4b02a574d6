"""A message as Cloud Logging's LogEntry, in the struct that the hot path fills; for the schema, see `schema`.

msgspec fills the same fields about five times faster. If it refuses the bytes, the schema decides and words the reason.
`tests/unit/parsing/test_entry.py` checks that both reach the same verdict.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from processor.model.errors import GardenerError

if TYPE_CHECKING:
    from processor.model import Entry


class DecodeError(GardenerError):
    """The bytes are not a log entry; the text gives the reason and is stored with the quarantined message."""


_NULL: Final = msgspec.Raw(b"null")


class Wire(msgspec.Struct, rename="camel"):
    """`schema.LogEntry` for msgspec: the same fields and types."""

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


def check_utf8(data: bytes) -> None:
    """Raise if bytes are not UTF-8: msgspec does not check the strings that it skips."""
    if not data.isascii():
        try:
            data.decode()
        except UnicodeDecodeError as error:
            raise DecodeError(f"not UTF-8 text: byte 0x{data[error.start]:02x} at {error.start}") from None


def wire_of(entry: Entry) -> Wire:
    """Return what the decoder read of this entry."""
    if not isinstance(entry.wire, Wire):
        raise TypeError("an Entry is made by processor.parsing.decode.decode")
    return entry.wire
