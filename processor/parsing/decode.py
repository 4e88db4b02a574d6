"""Decode the bytes of one message into an `Entry`, or raise `DecodeError` with a sentence.

`LogEntry` is the schema at the boundary, after Cloud Logging's LogEntry reference. The hot path fills the same fields
with msgspec, which is about five times faster. If msgspec refuses the bytes, `LogEntry` decides and words the reason.
`tests/unit/parsing/test_entry.py` checks that both reach the same verdict. camelCase ends here.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from processor.model import Entry, HttpRequest, Identity, Severity
from processor.model.errors import GardenerError
from processor.parsing import (
    app_engine,
    audit,
    envelopes,
    events,
    http,
    levels,
    ownership,
    payloads,
    resources,
    severity,
)
from processor.parsing.leaves import compact, unnamed
from processor.parsing.message import Message
from processor.parsing.structured_text import is_plain, unwrap

if TYPE_CHECKING:
    from collections.abc import Mapping

# Cloud Logging takes timestamps up to 24 hours ahead; an hour more allows for a worker's own clock.
_FUTURE: Final = timedelta(hours=25)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SEVERITIES: Final[Mapping[object, Severity]] = {level.name: level for level in Severity}
_HTTP_ERROR: Final = 500
_HTTP_WARNING: Final = 400
_STREAM_ENDS: Final = frozenset(name[-7:] for name in severity.AGENT_STREAMS)
_COLOUR: Final = re.compile(r"\x1b\[[\d;]{0,12}[A-Za-z]")


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


class _Wire(msgspec.Struct, rename="camel"):
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
    # Every entry of a service repeats the resource; each distinct spelling is parsed once.
    resource: msgspec.Raw = _NULL
    labels: Any = None
    trace: Any = None
    error_groups: Any = None
    split: Any = None


_NOTHING: Final[tuple[tuple[tuple[int, int], ...], HttpRequest | None]] = ((), None)


class _Resource(NamedTuple):
    """A monitored resource, parsed once for each distinct spelling; "" for absent values.

    Attributes:
        is_settled: nothing in the entry itself can name its service better than the resource's labels.
        may_be_own: Log Gardener itself runs on such a resource.
    """

    project: str
    service: str
    is_settled: bool
    may_be_own: bool
    kind: str
    labels: Mapping[str, str]


_decode_wire = msgspec.json.Decoder(_Wire).decode
_decode_any = msgspec.json.Decoder().decode
_MAX_SPELLINGS: Final = 4096


def decode(data: bytes, now: datetime) -> Entry:
    """Decode one entry from its JSON.

    Raises:
        DecodeError: not JSON, not an object, a field of the wrong type, or no usable timestamp.
    """
    _check_utf8(data)
    try:
        wire = _decode_wire(data)
        if wire.log_name and (wire.text_payload or wire.json_payload or wire.proto_payload or wire.http_request):
            return _normalise(wire, _resource(bytes(wire.resource)), data, now)
    except (msgspec.DecodeError, RecursionError, DecodeError):
        pass  # in another form, or refused below with a reason
    return _decode_other(envelopes.rewrite(data) or data, now)


def _decode_other(data: bytes, now: datetime) -> Entry:
    """Decode a message that is not a plain LogEntry; raises as `decode` does."""
    try:
        wire = _decode_wire(data)
        resource = _resource(bytes(wire.resource))
    except (msgspec.DecodeError, RecursionError):
        wire = _wire_from(validate(data))
        resource = _resource(bytes(wire.resource))
    return _normalise(wire, resource, data, now)


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


def _check_utf8(data: bytes) -> None:
    """Raise if bytes are not UTF-8: msgspec does not check the strings that it skips."""
    if not data.isascii():
        try:
            data.decode()
        except UnicodeDecodeError as error:
            raise DecodeError(f"not UTF-8 text: byte 0x{data[error.start]:02x} at {error.start}") from None


def _wire_from(entry: LogEntry) -> _Wire:
    values = entry.model_dump()
    values["resource"] = msgspec.Raw(json.dumps(values["resource"]).encode())
    return _Wire(**values)


def _normalise(wire: _Wire, resource: _Resource, data: bytes, now: datetime) -> Entry:
    timestamp = wire.timestamp or wire.receive_timestamp
    if timestamp is None:
        raise DecodeError(
            "the entry has neither timestamp nor receiveTimestamp; export whole entries, with --format=json alone"
        )
    text, log_name = wire.text_payload, wire.log_name
    said, request = _NOTHING
    if text is None and wire.json_payload is not None:
        text = payloads.plain(wire.json_payload)
    elif text is not None and not is_plain(text):
        text = None
    if text is None or wire.http_request is not None:
        (text, said), request = _message(wire)
    level = _SEVERITIES.get(wire.severity)
    if not level or log_name[-7:] in _STREAM_ENDS or not text or text.isspace():
        level = _severity(wire, text, request, level)
    project, service, is_settled, may_be_own, _, _ = resource
    if not is_settled or wire.proto_payload is not None:
        service = _service(wire, resource)
    # The fastest way to make a named tuple, since this runs for every entry.
    return tuple.__new__(
        Entry,
        (
            wire.insert_id,
            log_name,
            timestamp,
            _parse_time(timestamp, now),
            level,
            project or _project(log_name),
            service,
            text,
            request,
            may_be_own and ownership.is_own(wire.json_payload),
            data,
            wire,
            True,
            said,
        ),
    )


def _message(wire: _Wire) -> tuple[Message, HttpRequest | None]:
    """Return the entry's message and its request; the text is empty if the request is the subject."""
    request = None if wire.http_request is None else _http(wire.http_request, wire.json_payload or wire.proto_payload)
    text, payload = wire.text_payload, wire.json_payload
    if text is not None:
        text, payload = unwrap(_COLOUR.sub("", text) if "\x1b" in text else text)
        if payload is None:
            return Message(text), request
        wire.json_payload = payload  # a payload from here on
    elif payload is not None and (inner := _inside(payload)) is not None:
        wire.json_payload = payload = inner
    if payload is None:
        return (Message(""), request) if wire.proto_payload is None else _of_proto(wire.proto_payload, request)
    is_event = "reason" in payload and events.is_event(payload)
    found = (events.message(payload) if is_event else None) or payloads.named(payload)
    if found is None:
        request = request or http.of_payload(payload)
        found = Message("") if _is_subject(request) else unnamed(payload)
    return found, request


def _inside(payload: dict[str, Any]) -> dict[str, Any] | None:
    """Return the payload with the fields of a JSON, logfmt or klog message; None for a plain message."""
    name, text = payloads.message_field(payload)
    if not text or is_plain(text):
        return None
    text, inner = unwrap(_COLOUR.sub("", text) if "\x1b" in text else text)
    rest = {key: value for key, value in payload.items() if key != name}
    return {**rest, name: text} if inner is None else {**rest, **inner}


def _of_proto(payload: dict[str, Any], request: HttpRequest | None) -> tuple[Message, HttpRequest | None]:
    if audit.is_audit(payload):
        return audit.message(payload), None
    if app_engine.is_request_log(payload):
        text = app_engine.message(payload)
        return Message(text), request or http.of_payload(payload)
    if (found := payloads.named(payload)) is None and _is_subject(request):
        return Message(""), request
    return found or unnamed(payload), request


def _is_subject(request: HttpRequest | None) -> bool:
    """Return whether an entry with this request and without a message is about the request."""
    return request is not None and bool(request.outcome or (request.status and (request.url or request.method)))


def _service(wire: _Wire, resource: _Resource) -> str:
    """Return the service if the resource's labels alone do not decide it.

    An audit log belongs to the called resource if that has a name of its own, else to the API.
    """
    proto = wire.proto_payload
    if proto is not None and audit.is_audit(proto):
        found = resource.service or audit.service(proto)
    else:
        found = resources.service(resource.kind, resource.labels, _texts(wire.labels), wire.json_payload)
    return found or resource.service or _log_id(wire.log_name) or resource.kind


@lru_cache(_MAX_SPELLINGS)
def _resource(raw: bytes) -> _Resource:
    found = _decode_any(raw)
    if type(found) is not dict:
        found = {}
    kind, labels = found.get("type"), _texts(found.get("labels"))
    kind = kind if type(kind) is str else ""
    project = labels.get("project_id") or labels.get("resource_container", "").removeprefix("projects/")
    service = resources.by_labels(kind, labels)
    is_settled = bool(service) and not resources.needs_entry(kind)
    return _Resource(project, service, is_settled, ownership.may_be_own(kind, labels), kind, labels)


def resource(entry: Entry) -> Mapping[str, str]:
    """Labels of the monitored resource: revision_name, location, ..."""
    return _resource(bytes(_wire_of(entry).resource)).labels


def labels(entry: Entry) -> Mapping[str, str]:
    """Return the entry's own labels."""
    return _texts(_wire_of(entry).labels)


def trace(entry: Entry) -> str:
    """Return the trace id, "" for none."""
    found = _wire_of(entry).trace
    return found if type(found) is str else ""


def error_group(entry: Entry) -> str:
    """Return the Error Reporting group that Cloud Logging assigned, "" for none."""
    groups = _wire_of(entry).error_groups
    first = groups[0] if type(groups) is list and groups else None
    return str(first.get("id", "")) if type(first) is dict else ""


def origin(entry: Entry) -> Mapping[str, str]:
    """Return the place in the code and the subject that the payload states, by facet name."""
    wire = _wire_of(entry)
    found: dict[str, str] = {}
    if (payload := wire.json_payload) is not None:
        found.update(payloads.origin(payload))
        found["policy"] = http.policy(payload)
        found["resource"] = payloads.resource(payload)
    if wire.proto_payload is not None:
        found["resource"] = audit.resource(wire.proto_payload)
    if entry.http is not None:
        found["outcome"] = entry.http.outcome
    if (container := resource(entry).get("container_name", "")) != entry.service:
        found["container"] = container
    return {name: value for name, value in found.items() if value}


def split(entry: Entry) -> tuple[str, int] | None:
    """Return (id of the whole, position) of a part that Cloud Logging split off; None for a whole entry."""
    found = _wire_of(entry).split
    if type(found) is not dict or type(found.get("uid")) is not str:
        return None
    index = found.get("index", 0)
    return found["uid"], index if type(index) is int else 0


def is_failed_job(entry: Entry) -> bool:
    """Return whether this is a data access audit log of a failed job."""
    payload = _wire_of(entry).proto_payload
    return payload is not None and audit.is_failed_job(payload)


def _wire_of(entry: Entry) -> _Wire:
    if not isinstance(entry.wire, _Wire):
        raise TypeError("an Entry is made by processor.parsing.decode.decode")
    return entry.wire


def identity(entry: Entry, message_id: str) -> Identity:
    """Return the key that makes two deliveries the same entry; without insert_id, the bytes and the message id."""
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
    """Return labels as text: Cloud Logging's are text, those of a hand-written file may not be."""
    if type(labels) is not dict:
        return {}
    return {name: value if type(value) is str else compact(value) for name, value in labels.items()}


def _http(fields: Any, payload: dict[str, Any] | None) -> HttpRequest | None:
    return http.request(fields, payload) if type(fields) is dict and fields else None


def _severity(wire: _Wire, text: str, request: HttpRequest | None, given: Severity | None) -> Severity:
    """Return the severity if Cloud Logging has none, or only the agent's default for a whole stream.

    The writer's own statement comes first: a field of the payload, then the level at the start of the line.
    """
    if wire.text_payload is not None and not text.strip() and request is None:
        return Severity.DEFAULT  # a blank line is never reported, whatever stream it came from
    if given and not severity.is_streams_own(wire.log_name, given.name):
        return given
    if not given and wire.severity is not None and (named := levels.of(wire.severity, "cloud")):
        return Severity[named]
    payload = wire.json_payload
    found = None if payload is None else payloads.level(payload)
    if found is None and text:
        found = severity.infer_by_shape(text)
    if found is None and payload is not None:
        found = payloads.carried_level(payload)
    if found is not None:
        return Severity[found]
    return given or _by_outcome(wire, request)


def _by_outcome(wire: _Wire, request: HttpRequest | None) -> Severity:
    """Return the severity of a call or a request that has none, by its outcome."""
    if wire.proto_payload is not None and audit.is_audit(wire.proto_payload) and audit.failed(wire.proto_payload):
        return Severity.ERROR
    status = 0 if request is None else request.status
    if status >= _HTTP_ERROR:
        return Severity.ERROR
    if status >= _HTTP_WARNING:
        return Severity.WARNING
    return Severity.DEFAULT if request is None else Severity.INFO


def _log_id(log_name: str) -> str:
    return log_name.rsplit("/", 1)[-1].replace("%2F", "/")


def _project(log_name: str) -> str:
    parts = log_name.split("/", 3)
    return parts[1] if len(parts) > 1 else ""
