"""Rewrite entries in other forms as a LogEntry in the spelling of Cloud Logging's REST API.

Called only if a message is not a plain LogEntry: Pub/Sub push and pull bodies, CloudEvents, the snake_case of protobuf
tools, rows of BigQuery and Log Analytics, and lines of a program's own JSON log (docker, journald, any logger).
Promises: never raises; None if there is nothing to change.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from processor.model.patterns import regex
from processor.parsing import events, timestamps

if TYPE_CHECKING:
    from collections.abc import Callable

_MAX_DEPTH: Final = 5
_FIELDS: Final = (
    "insertId", "logName", "timestamp", "receiveTimestamp", "severity", "textPayload", "jsonPayload", "protoPayload",
    "httpRequest", "resource", "labels", "trace", "spanId", "traceSampled", "sourceLocation", "operation", "split",
    "errorGroups", "metadata", "apphub", "apphubDestination", "apphubSource",
)  # fmt: skip
_TIMES: Final = ("timestamp", "receiveTimestamp")
_PAYLOADS: Final = ("textPayload", "jsonPayload", "protoPayload", "httpRequest")
# Only Cloud Logging writes these: an object with one of them is a LogEntry, whatever else it holds.
_CERTAIN: Final = (*_PAYLOADS, "logName", "insertId", "receiveTimestamp", "resource")
_OBJECTS: Final = ("jsonPayload", "protoPayload", "httpRequest", "resource", "labels", "sourceLocation", "operation")
_WORDS: Final = regex(r"_([a-z0-9])")
# BigQuery allows no dots, slashes or dashes in column names.
_API_LABEL: Final = regex(r"([a-z0-9]+)_googleapis_com_(.+)")
_POD_LABEL: Final = regex(r"k8s_pod_(.+)")
# Timestamps of a program's own lines, folded, best first.
_LINE_TIMES: Final = (
    "timestamp", "time", "ts", "eventtime", "datetime", "asctime", "realtimetimestamp", "sourcerealtimetimestamp",
    "timemillis", "instant", "date", "t", "publishtime", "receivetimestamp", "lasttimestamp", "deprecatedlasttimestamp",
)  # fmt: skip
_WRAPPERS: Final = ("_source", "logEntry", "log_entry", "entry", "json")
# A PubsubMessage in JSON; an object with further fields is something else that holds data.
_MESSAGE_FIELDS: Final = frozenset((
    "data", "attributes", "messageId", "message_id", "publishTime", "publish_time", "orderingKey", "ordering_key",
    "deliveryAttempt", "delivery_attempt", "size", "@type",
))  # fmt: skip

Object = dict[str, Any]


def rewrite(data: bytes) -> bytes | None:
    """Return the LogEntry that `data` holds in another form, or an envelope's content; None for a plain LogEntry."""
    try:
        found = msgspec.json.decode(data)
        unwrapped: bytes | Object | None = found if isinstance(found, dict) else None
        for _ in range(_MAX_DEPTH):
            inner = _inner(unwrapped) if isinstance(unwrapped, dict) else None
            if inner is None:
                break
            unwrapped = _parsed(inner)
        if not isinstance(unwrapped, dict):
            return unwrapped
        # As bytes, since 500.0 == 500 in Python.
        entry = msgspec.json.encode(_entry(unwrapped))
        return None if entry == msgspec.json.encode(found) else entry
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeError, RecursionError):
        return None


def _parsed(inner: bytes | Object) -> bytes | Object:
    """Return an object if the bytes are JSON; other text stays text, so that the reason for refusal fits."""
    if isinstance(inner, dict):
        return inner
    try:
        found = msgspec.json.decode(inner)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return inner
    return found if isinstance(found, dict) else inner


def _inner(outer: Object) -> bytes | Object | None:
    """Return the content of an envelope; None if this is not an envelope."""
    if "specversion" in outer and "source" in outer:
        return _content(outer.get("data_base64", outer.get("data")))
    for message in (outer.get("message"), outer):
        if isinstance(message, dict) and "data" in message and len(message) > 1 and message.keys() <= _MESSAGE_FIELDS:
            return _content(message["data"])
    for name in _WRAPPERS:
        if isinstance(outer.get(name), dict) and not _is_entry(outer):
            return _content(outer[name])
    return None


def _content(data: Any) -> bytes | Object | None:
    if isinstance(data, dict):
        return data
    if not isinstance(data, str):
        return None
    if data.lstrip()[:1] == "{":
        return data.encode()
    try:
        return base64.b64decode(data.translate({45: 43, 95: 47}), validate=True)
    except (binascii.Error, ValueError):
        return data.encode()


def _is_entry(found: Object) -> bool:
    return any(name in found or _snake(name) in found for name in _CERTAIN)


def _snake(name: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: "_" + letter[0].lower(), name)


_SNAKE: Final = {_snake(name): name for name in _FIELDS}
_KNOWN: Final = frozenset(_FIELDS) | frozenset(_SNAKE)


def _entry(found: Object) -> Object:
    """Return an object in any spelling as a LogEntry."""
    found = {name: value for name, value in found.items() if value is not None}
    if not _is_entry(found):
        return _line(found)
    entry: Object = {}
    for name, value in found.items():
        entry[_column(name)] = value
    for name in _OBJECTS:
        if name in entry:
            entry[name] = _object(entry[name])
    for name, spelled in _SPELLED.items():
        if isinstance(entry.get(name), dict):
            entry[name] = spelled(entry[name])
    if isinstance(entry.get("severity"), float):
        entry["severity"] = int(entry["severity"])
    if not isinstance(entry.get("errorGroups", []), list):
        del entry["errorGroups"]
    _set_times(entry)
    return entry


def _column(name: str) -> str:
    """Return a field's name in the REST API: BigQuery has a column for each type of payload."""
    if name in _SNAKE:
        return _SNAKE[name]
    for prefix, whole in (("protopayload_", "protoPayload"), ("jsonpayload_", "jsonPayload")):
        if name.lower().startswith(prefix):
            return whole
    return name


def _camel(name: str) -> str:
    return _WORDS.sub(lambda word: word[1].upper(), name) if name[:1].islower() else name


def _object(value: Any) -> Any:
    """Return a record as an object: an object, JSON as text (Log Analytics), or a list of keys and values."""
    if isinstance(value, str) and value.lstrip()[:1] == "{":
        return _parsed(value.encode()) if isinstance(_parsed(value.encode()), dict) else value
    if isinstance(value, list) and value and all(isinstance(one, dict) and "key" in one for one in value):
        return {str(one["key"]): one.get("value") for one in value}
    return value


def _labels(value: Any) -> Any:
    """Return labels under their original names: BigQuery removes dots and slashes."""
    if not isinstance(value, dict):
        return value
    found = {}
    for name, one in value.items():
        if one is None:
            continue
        if match := _API_LABEL.fullmatch(name):
            name = f"{match[1]}.googleapis.com/{match[2]}"  # noqa: PLW2901
        elif match := _POD_LABEL.fullmatch(name):
            name = f"k8s-pod/{match[1]}"  # noqa: PLW2901
        found[name] = one
    return found


def _tidied(value: Object) -> Object:
    return {name: _tidy(one) for name, one in value.items() if one is not None}


def _tidy(value: Any) -> Any:
    """Drop the nulls of absent columns and make whole numbers integers: BigQuery's are all FLOAT."""
    if isinstance(value, dict):
        return _tidied(value)
    if isinstance(value, list):
        return [_tidy(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 1 << 53 else value


def _audit(payload: Object) -> Object:
    """Return an audit log with the REST API's names; the caller's own parts (request, response, metadata) stay."""
    found: Object = {}
    for name, value in payload.items():
        camel = _camel(name)
        camel = camel.removesuffix("Json") if camel in {"requestJson", "responseJson", "metadataJson"} else camel
        free = camel in {"request", "response", "metadata", "serviceData"}
        if free:
            found[camel] = _object(value)
        elif isinstance(value, dict):
            found[camel] = _fields(value)
        elif isinstance(value, list):
            found[camel] = [_fields(each) if isinstance(each, dict) else each for each in value]
        else:
            found[camel] = value
    return found


def _fields(value: Object) -> Object:
    return {_camel(name): one for name, one in value.items()}


def _resource(value: Object) -> Object:
    return {name: _labels(_object(one)) if name == "labels" else one for name, one in _fields(value).items()}


# How the parts of an entry are respelled; a jsonPayload keeps its writer's names.
_SPELLED: Final[dict[str, Callable[[Object], Object]]] = {
    "jsonPayload": _tidied,
    "protoPayload": lambda value: _audit(_tidied(value)),
    "httpRequest": _fields,
    "sourceLocation": _fields,
    "operation": _fields,
    "resource": _resource,
    "labels": _labels,
}


def _set_times(entry: Object) -> None:
    for name in _TIMES:
        value = entry.get(name)
        # RFC 3339 stays as written: it is part of the entry's identity, and of the reason if it is wrong.
        if value is not None and not (isinstance(value, str) and value[10:11] in {"T", "t"}):
            entry[name] = timestamps.rfc3339(value) or (value if isinstance(value, str) else str(value))


def _line(found: Object) -> Object:
    """Return a line of a program's own JSON log as an entry; the whole line is the payload."""
    if found.keys() <= _KNOWN:
        return found
    folded = {re.sub(r"[^a-z]", "", name.lower()): value for name, value in found.items()}
    at = next((at for name in _LINE_TIMES if (at := timestamps.rfc3339(folded.get(name)))), None)
    if at is None:
        return found
    entry: Object = {"timestamp": at}
    if "reason" in found and events.is_event(found):
        # As Cloud Logging writes them; of what kubectl prints, the type alone says how bad it is.
        level = "WARNING" if found.get("type") == "Warning" else "INFO"
        return {**entry, "logName": "events", "severity": level, "resource": {"type": "k8s_pod"}, "jsonPayload": found}
    if isinstance(stream := found.get("stream"), str) and isinstance(found.get("log"), str) and "time" in found:
        # Docker's json-file driver wraps each line of text in an object.
        inner = _parsed(found["log"].strip().encode())
        whole = {"jsonPayload": inner} if isinstance(inner, dict) else {"textPayload": found["log"].rstrip("\r\n")}
        return {**entry, "logName": stream, **whole}
    return {**entry, "jsonPayload": found}
