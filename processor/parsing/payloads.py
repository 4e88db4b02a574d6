"""Payloads: find the message under any logger's names, with its error, its reason and its stack trace.

The message is the first MESSAGE field with a text (`spellings`). Errors and reasons join it after a colon unless it
contains them already. A stack trace follows on separate lines. Short words in a field that names a reason (code, stage,
permission, ...) follow as `name=word` and are never masked. Without a message, the error is the message, then the
reason. Without any of these, `named` returns None, and the request, the cues or the longest text is the message.
Promises: never raises, whatever types the fields have; "" only if there is no text anywhere. Cost: a single look-up for
payloads with names seen before.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from processor.model.patterns import regex
from processor.parsing import frames, levels
from processor.parsing.cues import cues, is_no_error, is_symbol
from processor.parsing.leaves import attributes, objects, unnamed
from processor.parsing.message import Message, compose
from processor.parsing.spellings import Plan, plan
from processor.parsing.text_forms import json_object, may_be_pairs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MAX_REASON: Final = 300
_MAX_JSON: Final = 8192
_MAX_DEPTH: Final = 3
_ORIGINS: Final = ("logger", "name", "module", "function", "user_id")
_ORIGIN_HOLDERS: Final = ("labels", "context")
_INNER: Final = (
    "message", "msg", "Message", "errmsg", "errorMessage", "error_message", "text", "log", "event", "stringValue",
    "error", "exception", "reason", "description", "title",
)  # fmt: skip
_NOT_PLAIN: Final = frozenset("{ \t\r\n\x1b")
_RESOURCE: Final = regex(r"projects/[^/\s]{1,80}/[^\s]{1,200}")


def read(payload: Mapping[str, Any]) -> Message:
    """Return the message of a payload, made of any text in it; "" only if there is none."""
    return named(payload) or unnamed(payload)


def plain(payload: Mapping[str, Any]) -> str | None:
    """Return the message of a payload with nothing to add to it; None for any other payload.

    Gives the same result as `named` for nearly every entry, at a third of the cost.
    """
    at = plan(tuple(payload))
    if not at.messages:
        return None
    text = payload[at.messages[0]]
    if type(text) is not str or not text or text[0] in _NOT_PLAIN or text[-1] == "\n" or may_be_pairs(text):
        return None
    for name in at.joining:
        value = payload[name]
        if value and not (type(value) is dict and value.get("type") == "str"):
            return None
    for name in at.around:
        value = payload[name]
        if value and (type(value) is list or (type(value) is dict and (name == text or _explains(value)))):
            return None
    return text


def named(payload: Mapping[str, Any], depth: int = 0) -> Message | None:
    """Return the message that a payload has by its field names, None if no name identifies a message."""
    at = plan(tuple(payload))
    text = _message(payload, at)
    stack = _stack(payload, at) if at.stacks or at.holders or _is_object(payload, at) else ""
    errors = [error for error in _errors(payload, at) if error not in stack] if at.errors else ()
    if not text and at.holders and not errors:
        text = _held(payload, at, depth)
    whys = (*errors, *_reasons(payload, (*at.reasons, *at.details)), *_rpc_status(payload, text))
    for more in whys or _whys_below(payload, at):
        if not text:
            text = more
        elif more not in text and more not in stack:
            # "request failed" hides as many bugs as there are different errors
            text = f"{text}: {more}"
    if stack:
        if text and text in stack:
            return Message(stack)
        return Message(text if stack in text else f"{text}\n{stack}".strip())
    if not text:
        return None
    if (at.tells or at.around) and (said := list(cues(payload, at, text))):
        return compose([(text, False), *((cue, True) for cue in said)])
    return Message(text)


def level(payload: Mapping[str, Any]) -> str | None:
    """Return the severity that the payload states, by Cloud Logging's name; None if it states none."""
    at = plan(tuple(payload))
    for name, scheme in at.levels:
        value = payload[name]
        if type(value) is dict:
            value = value.get("name") or value.get("levelStr") or value.get("no")
        if (found := levels.of(value, scheme)) is not None:
            return found
    for name in at.holders:
        inner = payload[name]
        if type(inner) is dict and name not in {"error", "err", "exception", "labels"}:
            for key, scheme in plan(tuple(inner)).levels:
                value = inner[key].get("name") if type(inner[key]) is dict else inner[key]
                if (found := levels.of(value, scheme)) is not None:
                    return found
    kind = payload.get("@type")
    return "ERROR" if type(kind) is str and kind.endswith("ReportedErrorEvent") else None


def message_field(payload: Mapping[str, Any]) -> tuple[str, str]:
    """Return (name, text) of the message field; two empty texts if no field has a message."""
    for name in plan(tuple(payload)).messages:
        text = payload[name]
        if type(text) is str and text and not text.isspace():
            return name, text
    return "", ""


def carried_level(payload: Mapping[str, Any]) -> str | None:
    """Return the severity set by the carrier of the line (journald's PRIORITY); None if there is none."""
    for name, scheme in plan(tuple(payload)).stream_levels:
        if (found := levels.of(payload[name], scheme)) is not None:
            return found
    return None


def origin(payload: Mapping[str, Any]) -> dict[str, str]:
    """Return logger, module, ... by name: the payload's own fields first, then its `labels` and `context`."""
    own, holders = _origin_names(tuple(payload))
    found: dict[str, str] = {}
    for name in own:
        value = payload[name]
        if type(value) is str and value:
            found[name] = value
    for held in holders:
        holder = payload[held]
        if type(holder) is dict:
            for name in _ORIGINS:
                value = holder.get(name)
                if type(value) is str and value and name not in found:
                    found[name] = value
    return found


@lru_cache(4096)
def _origin_names(names: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which of these names of fields state an origin, and which may hold fields that do."""
    return tuple(name for name in _ORIGINS if name in names), tuple(name for name in _ORIGIN_HOLDERS if name in names)


def resource(payload: Mapping[str, Any]) -> str:
    """Return the resource of a message of Google's types: the first path like `projects/p/topics/t` in it."""
    if "@type" in payload:
        for name in sorted(payload):
            value = payload[name]
            first = value[0] if type(value) is list and value else value
            if type(first) is str and _RESOURCE.fullmatch(first):
                return first
    return ""


def _message(payload: Mapping[str, Any], at: Plan) -> str:
    for name in at.messages:
        value = payload[name]
        text = value if type(value) is str else _text_of(value) if value is not None else ""
        if text and not text.isspace():
            return text.rstrip()
    return ""


def _text_of(value: Any, depth: int = 0) -> str:
    """Return the text of a field: a string, or the message in an object or a list: {"error": {"message": ...}}."""
    if type(value) is str:
        return _text_of_json(value, depth) if value[:1] == "{" else value
    if type(value) is list and depth < _MAX_DEPTH:
        return "; ".join(dict.fromkeys(text for one in value[:3] if (text := _text_of(one, depth + 1))))
    return _text_in(value, depth) if type(value) is dict and depth <= _MAX_DEPTH else ""


def _text_of_json(text: str, depth: int) -> str:
    """Return the message in an error that was written as JSON; the text itself if it is none or has no message."""
    fields = json_object(text[:_MAX_JSON])
    return text if fields is None else _text_of(fields, depth + 1) or text


def _text_in(fields: dict[str, Any], depth: int) -> str:
    for name in _INNER:
        inner = fields.get(name)
        if type(inner) is str and inner:
            inner = _text_of(inner, depth)
            kind = fields.get("type") or fields.get("class") or fields.get("name")
            named = type(kind) is str and kind and name != "text" and kind not in inner
            return f"{kind}: {inner}" if named else inner
        if type(inner) is dict and (text := _text_of(inner, depth + 1)):
            return text
    return frames.head_of(fields) or frames.listed(fields)


def _errors(payload: Mapping[str, Any], at: Plan) -> Iterator[str]:
    for name in at.errors:
        value = payload[name]
        if value and not is_no_error(value):
            text = _text_of(value)
            if "\n" not in text:
                yield text.strip()


def _reasons(payload: Mapping[str, Any], names: tuple[str, ...]) -> Iterator[str]:
    for name in names:
        value = payload[name]
        text = value if type(value) is str else _text_of(value) if value else ""
        if text and len(text) <= _MAX_REASON and not is_symbol(text):
            yield text.strip()


def _rpc_status(payload: Mapping[str, Any], text: str) -> Iterator[str]:
    """Yield the message of a failed `google.rpc.Status`, or of a Kubernetes one, beside the payload's own message."""
    value = payload.get("status") if text else None
    if type(value) is dict and value.get("code") and type(found := value.get("message")) is str:
        yield found.strip()


def _explains(fields: dict[str, Any], depth: int = 1) -> bool:
    """Return whether a nested object, or one in it, may explain the message beside it."""
    below = plan(tuple(fields))
    if below.errors or below.stacks or below.reasons or below.codes:
        return True
    return depth < _MAX_DEPTH and any(
        type(inner := fields[name]) is dict and _explains(inner, depth + 1) for name in below.holders
    )


def _whys_below(payload: Mapping[str, Any], at: Plan, depth: int = 1) -> Iterator[str]:
    """Yield errors and reasons that stand deeper than the message: `{"msg": ..., "context": {"error": ...}}`.

    A nested message explains only beside an error or a code: elsewhere it belongs to the data that is logged.
    """
    for name in at.holders:
        inner = attributes(payload[name])
        if type(inner) is not dict or not inner or is_no_error(inner) or name in at.errors:
            continue
        below = plan(tuple(inner))
        found = [
            *_errors(inner, below),
            *_reasons(inner, (*below.reasons, *(below.messages if below.errors or below.codes else ()))),
        ]
        if not found and depth < _MAX_DEPTH:
            found += _whys_below(inner, below, depth + 1)
        yield from found


def _held(payload: Mapping[str, Any], at: Plan, depth: int) -> str:
    """Return a message that is nested a level deeper."""
    for name in at.holders:
        inner = attributes(payload[name])
        if type(inner) is dict and inner and depth < _MAX_DEPTH and (found := named(inner, depth + 1)):
            return found.text
    return ""


def _stack(payload: Mapping[str, Any], at: Plan) -> str:
    """Return a stack trace of several lines, from a field, the message itself or a level deeper."""
    if _is_object(payload, at) and "\n" in (text := frames.text_of(payload[at.messages[0]])):
        return text
    for name in at.stacks:
        value = payload[name]
        text = value if type(value) is str else _frames(payload, at, name) if value and not is_no_error(value) else ""
        if "\n" in text:
            return text
    for name in at.holders:
        for inner in objects(payload[name]):
            for key in () if is_no_error(inner) else plan(tuple(inner)).stacks:
                text = inner[key] if type(inner[key]) is str else frames.text_of(inner[key])
                if "\n" in text:
                    return text
    return ""


def _is_object(payload: Mapping[str, Any], at: Plan) -> bool:
    return bool(at.messages) and type(payload[at.messages[0]]) is dict


def _frames(payload: Mapping[str, Any], at: Plan, name: str) -> str:
    value = payload[name]
    text = frames.text_of(value)
    if type(value) is list and text and (whole := frames.beside(payload, name)):
        return whole
    if type(value) is list and text and ("\tat " in text[:5] or frames.is_ruby(text)):
        # frames alone: the neighbouring error is the head
        head = next(_errors(payload, at), "") or _message(payload, at)
        return frames.joined(head, text.split("\n"))
    return text
