"""Decode: the bytes of one message -> `Entry`, or `DecodeError` with a sentence.

`LogEntry` is the schema at the boundary, after Cloud Logging's LogEntry reference. The hot path fills the
same fields with msgspec, which is some five times faster; whatever msgspec refuses, `LogEntry` decides and
words the reason. `tests/unit/parsing/test_entry.py` holds the two to the same verdicts. camelCase ends here.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from processor.model import Entry, HttpRequest, Identity, Severity
from processor.model.errors import GardenerError
from processor.parsing import envelopes
from processor.parsing import severity as levels
from processor.parsing.payloads import Payload, compact, payload_origin, payload_text, proto_text

if TYPE_CHECKING:
    from collections.abc import Mapping

# Cloud Logging takes timestamps up to 24 hours ahead; an hour more allows for a worker's own clock.
_FUTURE: Final = timedelta(hours=25)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SEVERITIES: Final[Mapping[object, Severity]] = {level.name: level for level in Severity}
_HTTP_ERROR: Final = 500
_HTTP_WARNING: Final = 400


class DecodeError(GardenerError):
    """These bytes are not a log entry; the text says why and goes to quarantine."""


class LogEntry(BaseModel):
    """A Cloud Logging LogEntry, the parts that are read. Unknown fields are allowed and kept in `raw`.

    Source: the LogEntry reference of Cloud Logging's REST API, v2. int64 arrives as a JSON string;
    `sourceLocation.line` is one, `httpRequest.status` may be.
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
    http_request: dict[str, Any] | None = None
    resource: dict[str, Any] | None = None
    labels: dict[str, Any] | None = None
    trace: str | None = None
    error_groups: list[dict[str, Any]] | None = None


_NULL: Final = msgspec.Raw(b"null")


class _Wire(msgspec.Struct, rename="camel"):
    """`LogEntry` for msgspec: the same fields and types."""

    insert_id: str = ""
    log_name: str = ""
    timestamp: str | None = None
    receive_timestamp: str | None = None
    severity: str | int | None = None
    text_payload: str | None = None
    json_payload: Payload | None = None
    proto_payload: dict[str, Any] | None = None
    http_request: dict[str, Any] | None = None
    # Every entry of a service repeats it; it is parsed once for each distinct spelling.
    resource: msgspec.Raw = _NULL
    labels: dict[str, Any] | None = None
    trace: str | None = None
    error_groups: list[dict[str, Any]] | None = None


class _Resource(NamedTuple):
    """A monitored resource, read once for each distinct spelling. "" where it does not say."""

    project: str
    service: str
    labels: Mapping[str, str]


_decode_wire = msgspec.json.Decoder(_Wire).decode
_decode_object = msgspec.json.Decoder(dict[str, Any] | None).decode
_MAX_SPELLINGS: Final = 4096
_SERVICE_LABELS: Final = (
    "service_name", "worker_pool_name", "job_name", "function_name", "container_name", "module_id",
    "instance_id", "database_id", "subscription_id", "topic_id", "service", "method",
)  # fmt: skip


def decode(data: bytes, now: datetime) -> Entry:
    """One entry from its JSON.

    Raises:
        DecodeError: not JSON, not an object, a field of the wrong type, no usable timestamp.
    """
    _check_utf8(data)
    try:
        wire = _decode_wire(data)
        if wire.log_name and (wire.text_payload or wire.json_payload or wire.proto_payload or wire.http_request):
            return _normalise(wire, _resource(bytes(wire.resource)), data, now)
    except (msgspec.DecodeError, RecursionError, DecodeError):
        pass  # another form, or worded below
    return _decode_other(envelopes.rewrite(data) or data, now)


def _decode_other(data: bytes, now: datetime) -> Entry:
    """As `decode`, for what was no plain LogEntry at first sight."""
    try:
        wire = _decode_wire(data)
        resource = _resource(bytes(wire.resource))
    except (msgspec.DecodeError, RecursionError):
        wire = _wire_from(validate(data))
        resource = _resource(bytes(wire.resource))
    return _normalise(wire, resource, data, now)


def validate(data: bytes) -> LogEntry:
    """The schema's own verdict, with a sentence for people.

    Raises:
        DecodeError: as `decode`, but for timestamps.
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


def _check_utf8(data: bytes) -> None:
    """Refuse bytes that are no text: msgspec does not look at the strings that it skips."""
    if not data.isascii():
        try:
            data.decode()
        except UnicodeDecodeError as error:
            raise DecodeError(f"not UTF-8 text: byte 0x{data[error.start]:02x} at {error.start}") from None


def _wire_from(entry: LogEntry) -> _Wire:
    values = entry.model_dump()
    payload = values.pop("json_payload")
    values["resource"] = msgspec.Raw(json.dumps(values["resource"]).encode())
    wire = _Wire(**values)
    if payload is not None:
        wire.json_payload = msgspec.convert(payload, Payload)
    return wire


def _normalise(wire: _Wire, resource: _Resource, data: bytes, now: datetime) -> Entry:
    timestamp = wire.timestamp or wire.receive_timestamp
    if timestamp is None:
        raise DecodeError(
            "the entry has neither timestamp nor receiveTimestamp; export whole entries, with --format=json alone"
        )
    payload = wire.json_payload
    http = None if wire.http_request is None else _http(wire.http_request)
    text = wire.text_payload
    if text is None:
        text = payload_text(payload, data) if payload is not None else proto_text(wire.proto_payload)
    log_name = wire.log_name
    # Of a named tuple's ways to be made, the quickest: this is done for every entry.
    return tuple.__new__(
        Entry,
        (
            wire.insert_id,
            log_name,
            timestamp,
            _parse_time(timestamp, now),
            _SEVERITIES.get(wire.severity) or _severity(wire, payload, text, http),
            resource.project or _project(log_name),
            resource.service or log_name.rsplit("/", 1)[-1].replace("%2F", "/"),
            text,
            http,
            payload is not None and payload.log_gardener is not None,
            data,
            wire,
            True,
        ),
    )


@lru_cache(_MAX_SPELLINGS)
def _resource(raw: bytes) -> _Resource:
    found = _decode_object(raw) or {}
    kind, labels = found.get("type"), _texts(found.get("labels"))
    named = (labels[label] for label in _SERVICE_LABELS if labels.get(label))
    service = next(named, kind if type(kind) is str else "")
    return _Resource(labels.get("project_id", ""), service, labels)


def resource(entry: Entry) -> Mapping[str, str]:
    """Labels of the monitored resource: revision_name, location, ..."""
    return _resource(bytes(_wire_of(entry).resource)).labels


def labels(entry: Entry) -> Mapping[str, str]:
    """The entry's own labels."""
    return _texts(_wire_of(entry).labels)


def trace(entry: Entry) -> str:
    """The trace it belongs to, "" for none."""
    return _wire_of(entry).trace or ""


def error_group(entry: Entry) -> str:
    """The Error Reporting group that Cloud Logging put it in, "" for none."""
    groups = _wire_of(entry).error_groups
    return str(groups[0].get("id", "")) if groups else ""


def origin(entry: Entry) -> Mapping[str, str]:
    """What the payload says of its place in the code: its own fields first, then its `labels` and `context`."""
    payload = _wire_of(entry).json_payload
    return {} if payload is None else payload_origin(payload)


def _wire_of(entry: Entry) -> _Wire:
    if not isinstance(entry.wire, _Wire):
        raise TypeError("an Entry is made by processor.parsing.decode.decode")
    return entry.wire


def identity(entry: Entry, message_id: str) -> Identity:
    """What makes two deliveries one entry; an entry without insert_id falls back on its bytes and message id."""
    second = int(entry.at.timestamp())
    timestamp = entry.timestamp
    if "." in timestamp:
        # 10.500Z and 10.5Z are the same instant, exported twice by different tools.
        timestamp = timestamp.rstrip("Zz").rstrip("0").rstrip(".")
    if entry.insert_id:
        name = f"{entry.log_name}\0{timestamp}\0{entry.insert_id}".encode("utf-8", "surrogatepass")
    else:
        name = message_id.encode() + b"\0" + entry.raw
    return Identity(second, hashlib.blake2b(name, digest_size=16).digest())


def _parse_time(timestamp: str, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(timestamp)
    except ValueError:
        raise DecodeError(f"the timestamp {timestamp[:40]!r} is not RFC 3339") from None
    if at.tzinfo is None:
        raise DecodeError(f"the timestamp {timestamp[:40]!r} has no time zone")
    if at > now + _FUTURE:
        raise DecodeError(f"the timestamp {timestamp[:40]} lies in the future; Cloud Logging takes 24 hours at most")
    if at < _EPOCH:
        raise DecodeError(f"the timestamp {timestamp[:40]} lies before 1970")
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def _texts(labels: Any) -> Mapping[str, str]:
    """Labels as text; Cloud Logging's are, a hand-written file's may not be."""
    if type(labels) is not dict:
        return {}
    return {name: value if type(value) is str else compact(value) for name, value in labels.items()}


def _http(request: dict[str, Any]) -> HttpRequest | None:
    if not request:
        return None
    status = request.get("status", 0)
    try:
        code = int(status)
    except (TypeError, ValueError, OverflowError):
        code = 0
    return HttpRequest(str(request.get("requestMethod", "")), str(request.get("requestUrl", "")), code)


def _severity(wire: _Wire, payload: Payload | None, text: str, http: HttpRequest | None) -> Severity:
    known = None if wire.severity is None else _named(wire.severity)
    if known:
        return known
    if payload is not None:
        for spelling in (payload.severity, payload.level, payload.levelname):
            if spelling is not None and (found := _named(spelling)) is not None:
                return found
    if text and (inferred := _named(levels.infer_by_shape(text))) is not None:
        return inferred
    if http is None:
        return Severity.DEFAULT
    if http.status >= _HTTP_ERROR:
        return Severity.ERROR
    return Severity.WARNING if http.status >= _HTTP_WARNING else Severity.INFO


def _named(name: Any) -> Severity | None:
    if not isinstance(name, str | int):
        return None
    known = levels.normalise(name)
    return None if known is None else Severity[known]


def _project(log_name: str) -> str:
    parts = log_name.split("/", 3)
    return parts[1] if len(parts) > 1 else ""
