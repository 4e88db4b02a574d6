"""What a payload says: the message of a jsonPayload in any of its usual spellings, an audit log in one line.

Promises: never raises, whatever types the fields have; "" only where there is nothing to say.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

# A payload without any message field becomes "key=value ..." of its leaves, at most this many.
_MAX_LEAVES: Final = 40
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
_ORIGINS: Final = ("logger", "name", "module", "function", "user_id")
_STACK_NAMES: Final = frozenset(_STACKS)


class Payload(msgspec.Struct):
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


def payload_text(payload: Payload, data: bytes) -> str:
    """The message of a jsonPayload in any of its usual spellings, with its stack trace where it has one."""
    text = payload.message if type(payload.message) is str else ""
    if not text:
        text = _first_message(payload, _MESSAGES)
    error, stack = payload.error or payload.err, _stack_of(payload)
    if not text:
        text = _first_message(payload, _FALLBACKS)
    elif error and (said := _error_of(error)) and said not in text and said not in stack:
        # "request failed" hides as many bugs as there are errors behind it
        text = f"{text}: {said}"
    if stack:
        if text and text in stack:
            return stack
        if stack not in text:
            text = f"{text}\n{stack}".strip()
    return text or _leaves(data)


def payload_origin(payload: Payload) -> dict[str, str]:
    """Logger, module, ... by name: the payload's own fields first, then its `labels` and `context`."""
    found: dict[str, str] = {}
    for holder in (payload, payload.labels, payload.context):
        if holder is None:
            continue
        for name in _ORIGINS:
            value = holder.get(name) if isinstance(holder, dict) else getattr(holder, name, None)
            if type(value) is str and value and name not in found:
                found[name] = value
    return found


def _error_of(error: Any) -> str:
    # Formatters that were given no exception describe a text of their own instead, as an error of type str.
    return "" if type(error) is dict and error.get("type") == "str" else _message_of(error)


def _first_message(payload: Payload, names: tuple[str, ...]) -> str:
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


def _stack_of(payload: Payload) -> str:
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


def proto_text(payload: dict[str, Any] | None) -> str:
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
        pairs.append(f"{path}={compact(value)}")
    return " ".join(pairs)


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for name in sorted(value):
            yield from _walk(value[name], f"{path}.{name}" if path else name)
    else:
        yield path, value


def compact(value: Any) -> str:
    """A leaf as text: strings as they are, everything else as JSON."""
    return value if type(value) is str else msgspec.json.encode(value).decode()
