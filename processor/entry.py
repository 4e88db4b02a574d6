"""Decode: the bytes of one message -> `Entry`, or `DecodeError` with a sentence.

`LogEntry` is the schema at the boundary, after Cloud Logging's LogEntry reference. The hot path fills the
same fields with msgspec, which is some five times faster; whatever msgspec refuses, `LogEntry` decides and
words the reason. `tests/unit/test_entry.py` holds the two to the same verdicts. camelCase ends here.
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

from processor import severity as levels
from processor.errors import GardenerError
from processor.model import Entry, HttpRequest, Identity, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Cloud Logging takes timestamps up to 24 hours ahead; an hour more allows for a worker's own clock.
_FUTURE: Final = timedelta(hours=25)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SEVERITIES: Final[Mapping[object, Severity]] = {level.name: level for level in Severity}
_HTTP_ERROR: Final = 500
_HTTP_WARNING: Final = 400
# A payload without any message field becomes "key=value ..." of its leaves, at most this many.
_MAX_LEAVES: Final = 40


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


class _Payload(msgspec.Struct):
    """The fields of a jsonPayload that carry a message; everything else is skipped while parsing."""

    message: Any = None
    msg: Any = None
    Message: Any = None
    text: Any = None
    log: Any = None
    event: Any = None
    textPayload: Any = None  # noqa: N815  # as applications spell it
    error: Any = None
    err: Any = None
    exception: Any = None
    stack_trace: Any = None
    stackTrace: Any = None  # noqa: N815
    stacktrace: Any = None
    stack: Any = None
    traceback: Any = None
    exc_info: Any = None
    detail: Any = None
    details: Any = None
    reason: Any = None
    description: Any = None
    data: Any = None
    fields: Any = None
    severity: Any = None
    level: Any = None
    levelname: Any = None
    labels: Any = None
    context: Any = None
    logger: Any = None
    name: Any = None
    module: Any = None
    function: Any = None
    user_id: Any = None
    log_gardener: Any = None


class _Wire(msgspec.Struct, rename="camel"):
    """`LogEntry` for msgspec: the same fields and types."""

    insert_id: str = ""
    log_name: str = ""
    timestamp: str | None = None
    receive_timestamp: str | None = None
    severity: str | int | None = None
    text_payload: str | None = None
    json_payload: _Payload | None = None
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


_LEVEL_CHARS: Final = 600  # more than `severity.infer` looks at
_SHAPE: Final = bytes.maketrans(b"123456789", b"000000000")
_LEVELS: Final[dict[bytes, Severity | None]] = {}
_decode_wire = msgspec.json.Decoder(_Wire).decode
_decode_object = msgspec.json.Decoder(dict[str, Any] | None).decode
_MAX_SPELLINGS: Final = 4096
_MESSAGES: Final = ("message", "msg", "Message", "text", "log", "event", "textPayload")
_FALLBACKS: Final = (
    "error",
    "err",
    "exception",
    "detail",
    "details",
    "reason",
    "description",
    "data",
    "fields",
)
_STACKS: Final = ("stack_trace", "stackTrace", "stacktrace", "stack", "traceback", "exception", "exc_info")
_STACK_NAMES: Final = frozenset(_STACKS)
_SERVICE_LABELS: Final = (
    "service_name", "worker_pool_name", "job_name", "function_name", "container_name", "module_id",
    "instance_id", "database_id", "subscription_id", "topic_id", "service", "method",
)  # fmt: skip
_ORIGINS: Final = ("logger", "name", "module", "function", "user_id")


def decode(data: bytes, now: datetime) -> Entry:
    """One entry from its JSON.

    Raises:
        DecodeError: not JSON, not an object, a field of the wrong type, no usable timestamp.
    """
    _check_utf8(data)
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
        wire.json_payload = msgspec.convert(payload, _Payload)
    return wire


def _normalise(wire: _Wire, resource: _Resource, data: bytes, now: datetime) -> Entry:
    timestamp = wire.timestamp or wire.receive_timestamp
    if timestamp is None:
        raise DecodeError("the entry has neither timestamp nor receiveTimestamp")
    payload = wire.json_payload
    http = None if wire.http_request is None else _http(wire.http_request)
    text = wire.text_payload
    if text is None:
        text = _payload_text(payload, data) if payload is not None else _proto_text(wire.proto_payload)
    log_name = wire.log_name
    return Entry(
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
    found: dict[str, str] = {}
    if payload is None:
        return found
    for holder in (payload, payload.labels, payload.context):
        if holder is None:
            continue
        for name in _ORIGINS:
            value = holder.get(name) if isinstance(holder, dict) else getattr(holder, name, None)
            if type(value) is str and value and name not in found:
                found[name] = value
    return found


def _wire_of(entry: Entry) -> _Wire:
    if not isinstance(entry.wire, _Wire):
        raise TypeError("an Entry is made by processor.entry.decode")
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
    return {name: value if type(value) is str else _compact(value) for name, value in labels.items()}


def _http(request: dict[str, Any]) -> HttpRequest | None:
    if not request:
        return None
    status = request.get("status", 0)
    try:
        code = int(status)
    except (TypeError, ValueError, OverflowError):
        code = 0
    return HttpRequest(str(request.get("requestMethod", "")), str(request.get("requestUrl", "")), code)


def _severity(wire: _Wire, payload: _Payload | None, text: str, http: HttpRequest | None) -> Severity:
    known = None if wire.severity is None else _named(wire.severity)
    if known:
        return known
    if payload is not None:
        for spelling in (payload.severity, payload.level, payload.levelname):
            if spelling is not None and (found := _named(spelling)) is not None:
                return found
    if text and (inferred := _inferred(text)) is not None:
        return inferred
    if http is None:
        return Severity.DEFAULT
    if http.status >= _HTTP_ERROR:
        return Severity.ERROR
    return Severity.WARNING if http.status >= _HTTP_WARNING else Severity.INFO


def _inferred(text: str) -> Severity | None:
    """The level at the start of a line. Lines of one shape agree, unless a number itself is the level."""
    if text[0] in "<{" or "evel" in text:
        return _named(levels.infer(text))
    shape = text[:_LEVEL_CHARS].encode("utf-8", "surrogatepass").translate(_SHAPE)
    if shape not in _LEVELS:
        if len(_LEVELS) >= _MAX_SPELLINGS:
            _LEVELS.clear()
        _LEVELS[shape] = _named(levels.infer(text))
    return _LEVELS[shape]


def _named(name: Any) -> Severity | None:
    if not isinstance(name, str | int):
        return None
    known = levels.normalise(name)
    return None if known is None else Severity[known]


def _project(log_name: str) -> str:
    parts = log_name.split("/", 3)
    return parts[1] if len(parts) > 1 else ""


def _payload_text(payload: _Payload, data: bytes) -> str:
    """The message of a jsonPayload in any of its usual spellings, with its stack trace where it has one."""
    text = payload.message if type(payload.message) is str else ""
    if not text:
        text = _first_message(payload, _MESSAGES)
    error = payload.error
    if not text:
        text = _first_message(payload, _FALLBACKS)
    elif type(error) is str and error and error not in text:
        # "request failed" hides as many bugs as there are errors behind it
        text = f"{text}: {error}"
    if stack := _stack_of(payload):
        if text and text in stack:
            return stack
        if stack not in text:
            text = f"{text}\n{stack}".strip()
    return text or _leaves(data)


def _first_message(payload: _Payload, names: tuple[str, ...]) -> str:
    for name in names:
        value = getattr(payload, name)
        if value is not None and (text := _message_of(value)):
            return text
    return ""


def _message_of(value: Any) -> str:
    """The text of a message field: a string, or the message inside an object such as {"error": {"message": ...}}."""
    if type(value) is str:
        return value
    if isinstance(value, dict):
        for name in (*_MESSAGES, "error", "reason", "description", "title"):
            inner = value.get(name)
            if type(inner) is str and inner:
                kind = value.get("type") or value.get("class") or value.get("name")
                return f"{kind}: {inner}" if type(kind) is str and kind and name != "text" else inner
            if isinstance(inner, dict) and inner is not value and (text := _message_of(inner)):
                return text
    return ""


def _stack_of(payload: _Payload) -> str:
    error = payload.error
    if (
        payload.stack_trace or payload.stackTrace or payload.stacktrace or payload.stack
        or payload.traceback or payload.exception or payload.exc_info
    ):  # fmt: skip
        for name in _STACKS:
            value = getattr(payload, name)
            if type(value) is str and "\n" in value:
                return value
    elif payload.err is None and (type(error) is not dict or _STACK_NAMES.isdisjoint(error)):
        return ""  # nearly always: this runs for every jsonPayload
    for holder in (error, payload.err, payload.exception):
        if type(holder) is dict:
            for name in _STACKS:
                value = holder.get(name)
                if type(value) is str and "\n" in value:
                    return value
    return ""


def _proto_text(payload: dict[str, Any] | None) -> str:
    """An audit log in one line: method, status message, resource."""
    if not payload:
        return ""
    status = payload.get("status")
    message = status.get("message", "") if isinstance(status, dict) else ""
    parts = [
        payload.get("serviceName", ""),
        payload.get("methodName", ""),
        message,
        payload.get("resourceName", ""),
    ]
    text = " ".join(part for part in parts if isinstance(part, str) and part)
    return text or _join_leaves(payload)


def _leaves(data: bytes) -> str:
    """A payload without a message field, as "key=value ..." of its leaves."""
    whole = msgspec.json.decode(data)
    return _join_leaves(whole["jsonPayload"]) if isinstance(whole, dict) else ""


def _join_leaves(payload: Any) -> str:
    pairs = []
    for number, (path, value) in enumerate(_walk(payload, "")):
        if number == _MAX_LEAVES:
            break
        pairs.append(f"{path}={_compact(value)}")
    return " ".join(pairs)


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name in sorted(value):
            yield from _walk(value[name], f"{path}.{name}" if path else name)
    else:
        yield path, value


def _compact(value: Any) -> str:
    return value if type(value) is str else msgspec.json.encode(value).decode()
