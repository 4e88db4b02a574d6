"""Decode the bytes of one message into an `Entry`, or raise `DecodeError` with a sentence. camelCase ends here."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec

from processor.model import Entry, HttpRequest, Severity
from processor.parsing import (
    access_lines,
    app_engine,
    audit,
    envelopes,
    events,
    http,
    levels,
    ownership,
    payloads,
    plain_lines,
    resources,
    severity,
)
from processor.parsing.entry_fields import labels_of, log_id, monitored_resource
from processor.parsing.leaves import unnamed
from processor.parsing.log_entry import DecodeError, check_utf8, read
from processor.parsing.message import Message
from processor.parsing.structured_text import is_plain, record, unwrap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.parsing.entry_fields import MonitoredResource
    from processor.parsing.log_entry import Wire

    _Message = tuple[str, tuple[tuple[int, int], ...]]  # a `Message` that costs nothing to make

# Cloud Logging takes timestamps up to 24 hours ahead; an hour more allows for a worker's own clock.
_FUTURE: Final = timedelta(hours=25)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SEVERITIES: Final[Mapping[object, Severity]] = {level.name: level for level in Severity}
_HTTP_ERROR: Final = 500
_HTTP_WARNING: Final = 400
_STREAM_ENDS: Final = frozenset(name[-7:] for name in severity.AGENT_STREAMS)
_BUILDS: Final = frozenset({"build", "cloud_build"})
_STEP: Final = re.compile(r"(?:(?:Starting|Finished) )?(Step #\d{1,3}(?: - \"[\w ./@-]{1,60}\")?:?)")
_CATEGORY: Final = re.compile(r"\A(?:trce|dbug|info|warn|fail|crit): \S+\[\d+\]\n")  # .NET's console
_COLOUR: Final = re.compile(r"\x1b\[[\d;]{0,12}[A-Za-z]")


_NOTHING: Final[tuple[tuple[tuple[int, int], ...], HttpRequest | None]] = ((), None)


def decode(data: bytes, now: datetime) -> Entry:
    """Decode one entry from its JSON.

    Raises:
        DecodeError: not JSON, not an object, a field of the wrong type, or no usable timestamp.
    """
    if not data.isascii():
        check_utf8(data)
    try:
        wire = read(data)
        if wire.log_name and (wire.text_payload or wire.json_payload or wire.proto_payload or wire.http_request):
            return _normalise(wire, monitored_resource(bytes(wire.resource)), data, now)
    except (msgspec.DecodeError, RecursionError, DecodeError):
        pass  # in another form, or refused below with a reason
    return _decode_other(envelopes.rewrite(data) or data, now)


def _decode_other(data: bytes, now: datetime) -> Entry:
    """Decode a message that is not a plain LogEntry; raises as `decode` does."""
    try:
        wire = read(data)
        resource = monitored_resource(bytes(wire.resource))
    except (msgspec.DecodeError, RecursionError):
        from processor.parsing import schema

        wire = schema.wire_from(schema.validate(data))
        resource = monitored_resource(bytes(wire.resource))
    return _normalise(wire, resource, data, now)


def _normalise(wire: Wire, resource: MonitoredResource, data: bytes, now: datetime) -> Entry:
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
        (text, said), request, level = _of_line(wire, (text, said), request, level)
    project, service, is_settled, may_be_own, kind, _ = resource
    if not is_settled or wire.proto_payload is not None:
        service, said = _service(wire, resource), said or _build_step(kind, text)
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


def _message(wire: Wire) -> tuple[Message, HttpRequest | None]:
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
        if audit.is_call(payload):
            return audit.message(payload), request
        request = request or http.of_payload(payload)
        found = Message("") if _is_subject(request) else unnamed(payload)
    return found, request


def _inside(payload: dict[str, Any]) -> dict[str, Any] | None:
    """Return the payload with the fields of a JSON, logfmt or klog message; None for a plain message."""
    name, text = payloads.message_field(payload)
    if not text or is_plain(text):
        return record(payload) if text in payload else None
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


def _build_step(kind: str, text: str) -> tuple[tuple[int, int], ...]:
    """Return where a line of Cloud Build states its step, `Step #2 - "unit":`, which is configuration."""
    found = _STEP.match(text) if kind in _BUILDS else None
    return (found.span(1),) if found else ()


def _service(wire: Wire, resource: MonitoredResource) -> str:
    """Return the service if the resource's labels alone do not decide it.

    An audit log belongs to the called resource if that has a name of its own, else to the API.
    """
    proto = wire.proto_payload
    if proto is not None and audit.is_audit(proto):
        found = resource.service or audit.service(proto)
    else:
        found = resources.service(resource.kind, resource.labels, labels_of(wire), wire.json_payload)
    return found or resource.service or log_id(wire.log_name) or resource.kind


def _parse_time(timestamp: str, now: datetime) -> datetime:
    try:
        at = datetime.fromisoformat(timestamp)
    except ValueError:
        raise DecodeError(f"the timestamp {timestamp[:40]!r} is not RFC 3339") from None
    if at.tzinfo is None:
        raise DecodeError(f"the timestamp {timestamp[:40]!r} has no time zone")
    if at > now and at > now + _FUTURE:
        raise DecodeError(f"the timestamp {timestamp[:40]} lies in the future; Cloud Logging takes 24 hours at most")
    if at < _EPOCH:
        raise DecodeError(f"the timestamp {timestamp[:40]} lies before 1970")
    return at if at.tzinfo is UTC else at.astimezone(UTC)


def _http(fields: Any, payload: dict[str, Any] | None) -> HttpRequest | None:
    return http.request(fields, payload) if type(fields) is dict and fields else None


def _of_line(
    wire: Wire, message: _Message, request: HttpRequest | None, given: Severity | None
) -> tuple[_Message, HttpRequest | None, Severity]:
    """Return message, request and severity if Cloud Logging has no severity, or only the agent's for a whole stream.

    The writer's own statement comes first: a field of the payload, then the level at the start of the line. The status
    of an access line outweighs a level below it, and a failed request is the subject of its entry.
    """
    text = message[0]
    if (not text or text.isspace()) and request is None and wire.text_payload is not None:
        return message, None, Severity.DEFAULT  # a blank line is never reported, whatever stream it came from
    if given and not severity.is_streams_own(wire.log_name, given.name):
        return message, request, given
    if not given and wire.severity is not None and (named := levels.of(wire.severity, "cloud")):
        return message, request, Severity[named]
    payload = wire.json_payload
    found = None if payload is None else payloads.level(payload)
    if found is None and text:
        found, places = plain_lines.read(text)
        if places is not None and request is None:
            return _of_access_line(message, places, found, is_alone=payload is None)
    if found is None and payload is not None:
        found = payloads.carried_level(payload)
    if found is None:
        return message, request, max(given or Severity.DEFAULT, _by_outcome(wire, request))
    level = Severity[found]
    if level < Severity.WARNING and payload is not None and http.may_have_status(tuple(payload)):
        # The level of a request logger is a matter of form: info for every request.
        logged = request or http.of_payload(payload)
        level = Severity.ERROR if logged is not None and logged.status >= _HTTP_ERROR else level
    return message, request, level


def _of_access_line(
    message: _Message, places: access_lines.Places, level: str | None, *, is_alone: bool
) -> tuple[_Message, HttpRequest | None, Severity]:
    """Return message, request and severity of an access line; the text is empty if the request is the subject."""
    text, stated = message[0], Severity[level or "INFO"]
    if access_lines.status(text, places) < _HTTP_ERROR:
        return message, None, stated
    # Beside other fields or further lines, the request is not all that the entry says.
    is_alone = is_alone and "\n" not in _CATEGORY.sub("", text, 1).strip()
    request = access_lines.request(text, places) if is_alone else None
    told = Message("") if request else Message(text, message[1] or (places.status,))
    return told, request, max(stated, Severity.ERROR)


def _by_outcome(wire: Wire, request: HttpRequest | None) -> Severity:
    """Return the severity of a call or a request that has none, by its outcome."""
    if wire.proto_payload is not None and audit.is_audit(wire.proto_payload) and audit.failed(wire.proto_payload):
        return Severity.ERROR
    if request is None and wire.json_payload is not None:
        request = http.of_payload(wire.json_payload)  # beside a message: lograge, request loggers
    status = 0 if request is None else request.status
    if status >= _HTTP_ERROR:
        return Severity.ERROR
    if status >= _HTTP_WARNING:
        return Severity.WARNING
    return Severity.DEFAULT if request is None else Severity.INFO


def _project(log_name: str) -> str:
    parts = log_name.split("/", 3)
    return parts[1] if len(parts) > 1 else ""
