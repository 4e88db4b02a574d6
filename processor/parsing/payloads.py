"""What a payload says: its message under any logger's names, with its error, its reason and its stack trace.

The rule, written down once. The message is the first MESSAGE field that has a text (`spellings`); errors and reasons
join it after a colon unless it says them already; a stack trace follows on lines of its own; short words under a name
that says why (code, stage, permission, ...) follow as `name=word` and are never masked. Without a message the error
is one, then the reason. Where there is none of these, a payload is `named` by nothing: the request is the subject, or
the words, or the longest text of it. Promises: never raises, whatever types the fields have; "" only where there is
no text anywhere. Cost: one look-up for payloads whose names were seen before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from processor.parsing import frames, levels
from processor.parsing.message import Message, compose, sayable
from processor.parsing.spellings import SILENT, Plan, fold, plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MAX_LEAVES: Final = 40
_MAX_CUES: Final = 6
_MAX_REASON: Final = 300
_MAX_DEPTH: Final = 3
_MAX_CODE: Final = 100_000
_MAX_PATH: Final = 12  # levels of nesting that a dump of leaves goes down
_ORIGINS: Final = ("logger", "name", "module", "function", "user_id")
_ORIGIN_HOLDERS: Final = ("labels", "context")
_INNER: Final = (
    "message",
    "msg",
    "Message",
    "text",
    "log",
    "event",
    "stringValue",
    "error",
    "reason",
    "description",
    "title",
)
_ANY_VALUE: Final = frozenset({"stringValue", "intValue", "doubleValue", "boolValue", "string_value", "int_value"})
# A word that stands for something: an identifier, a dotted permission, a route; no id, no count.
_SYMBOL: Final = re.compile(r"(?!.*\d{3})(?!.*[-_.:/#]\d)[A-Za-z_$/][\w.$:/@*{}-]{0,79}")
_WORDS: Final = re.compile(r"[A-Za-z][A-Za-z' -]{0,47}")
_CODE: Final = re.compile(r"(?=(?:\D*\d){0,5}\D*$)[A-Za-z0-9][\w.:-]{0,39}|0x[0-9A-Fa-f]{1,8}")
_GOOD: Final = frozenset(
    {"ok", "success", "successful", "succeeded", "none", "null", "true", "false", "active", "running", "done", "info"}
)
_NOT_PLAIN: Final = frozenset("{ \t\r\n\x1b")
_UNTOLD: Final = range(100, 400)  # of HTTP: these went well
_BLANK: Final = re.compile(r"\S\s+\S")
_LETTERS: Final = re.compile(r"[^\W\d_]{2,}")
_MAX_LOOK: Final = 500
_MAX_CUE: Final = 80


def read(payload: Mapping[str, Any]) -> Message:
    """The message of a payload, made of whatever has a text; "" only where nothing has."""
    return named(payload) or unnamed(payload)


def plain(payload: Mapping[str, Any]) -> str | None:
    """The message of a payload that has one and nothing beside it that would join it; None for any other.

    What `named` says of nearly every entry, at a third of its cost.
    """
    at = plan(tuple(payload))
    if not at.messages:
        return None
    text = payload[at.messages[0]]
    if type(text) is not str or not text or text[0] in _NOT_PLAIN:
        return None
    for name in at.joining:
        value = payload[name]
        if value and not (type(value) is dict and value.get("type") == "str"):
            return None
    for name in at.around:
        value = payload[name]
        if value and (type(value) is list or (type(value) is dict and plan(tuple(value)).stacks)):
            return None
    return text


def named(payload: Mapping[str, Any], depth: int = 0) -> Message | None:
    """The message that a payload has by the names of its fields, None where no name tells one."""
    at = plan(tuple(payload))
    text = _message(payload, at)
    if text[:1] == "{" and depth < _MAX_DEPTH and (inner := _object(text)):
        rest = {name: value for name, value in payload.items() if value != text}
        return named({**rest, **inner}, depth + 1) or unnamed(inner)
    stack = _stack(payload, at) if at.stacks else ""
    errors = [error for error in _errors(payload, at) if error not in stack] if at.errors else ()
    if not text and at.holders and not errors:
        text = _held(payload, at, depth)
    for more in (*errors, *_reasons(payload, at)):
        if not text:
            text = more
        elif more not in text and more not in stack:
            # "request failed" hides as many bugs as there are errors behind it
            text = f"{text}: {more}"
    if stack:
        if text and text in stack:
            return Message(stack)
        return Message(text if stack in text else f"{text}\n{stack}".strip())
    if not text:
        return None
    if at.tells and (cues := list(_cues(payload, at, text))):
        return compose([(text, False), *((cue, True) for cue in cues)])
    return Message(text)


def unnamed(payload: Mapping[str, Any]) -> Message:
    """The best that can be made of a payload in which no field is called like a message.

    Its words that say why, after the noun of Google's `@type`; else its longest text; else all of its leaves.
    """
    flat = dict(_flat(payload))
    cues = list(_cues(flat, plan(tuple(flat)), ""))
    noun = _noun(payload)
    texts = [(len(text), text) for text in _texts(flat)]
    if cues:
        best = max((text for text in texts if len(text[1].split()) > 2), default=(0, ""))[1]  # noqa: PLR2004
        return compose([(best or (f"{noun}:" if noun else ""), not best), *((cue, True) for cue in cues)])
    if texts:
        return Message(max(texts)[1])
    leaves = _leaves(payload)
    return compose([(f"{noun}:", True), (leaves, False)]) if noun and leaves else Message(leaves or noun)


def level(payload: Mapping[str, Any]) -> str | None:
    """The severity that the payload states, by Cloud Logging's name; None where it states none."""
    at = plan(tuple(payload))
    for name, scheme in at.levels:
        value = payload[name]
        if type(value) is dict:
            value = value.get("name") or value.get("no")
        if (found := levels.of(value, _scheme(payload, name, scheme))) is not None:
            return found
    for name in at.holders:
        inner = payload[name]
        if type(inner) is dict and name not in {"error", "err", "exception", "labels"}:
            for key, scheme in plan(tuple(inner)).levels:
                value = inner[key].get("name") if type(inner[key]) is dict else inner[key]
                if (found := levels.of(value, scheme)) is not None:
                    return found
    inner = _object(text) if (text := _message(payload, at))[:1] == "{" else None
    if inner and inner.keys() != payload.keys():
        return level(inner)
    kind = payload.get("@type")
    return "ERROR" if type(kind) is str and kind.endswith("ReportedErrorEvent") else None


def carried_level(payload: Mapping[str, Any]) -> str | None:
    """The severity that whoever carried the line gave it (journald's PRIORITY); None where there is none."""
    for name, scheme in plan(tuple(payload)).stream_levels:
        if (found := levels.of(payload[name], scheme)) is not None:
            return found
    return None


def origin(payload: Mapping[str, Any]) -> dict[str, str]:
    """Logger, module, ... by name: the payload's own fields first, then its `labels` and `context`."""
    found: dict[str, str] = {}
    for holder in (payload, *(payload.get(name) for name in _ORIGIN_HOLDERS)):
        if type(holder) is not dict:
            continue
        for name in _ORIGINS:
            value = holder.get(name)
            if type(value) is str and value and name not in found:
                found[name] = value
    return found


def compact(value: Any) -> str:
    """A leaf as text: strings as they are, everything else as JSON."""
    if type(value) is str:
        return value
    try:
        return msgspec.json.encode(value).decode()
    except (RecursionError, UnicodeEncodeError):
        return "..."


def _scheme(payload: Mapping[str, Any], name: str, scheme: str) -> str:
    """Whose numbers these are: Monolog's and GELF's look like others'."""
    if scheme != "any" or (type(payload[name]) is str and not payload[name].isdigit()):
        return scheme
    if "channel" in payload or "level_name" in payload:
        return "monolog"
    return "syslog" if "short_message" in payload or "_MESSAGE" in payload else scheme


def _message(payload: Mapping[str, Any], at: Plan) -> str:
    for name in at.messages:
        value = payload[name]
        text = value if type(value) is str else _text_of(value) if value is not None else ""
        if text and not text.isspace():
            return text
    return ""


def _text_of(value: Any, depth: int = 0) -> str:
    """The text of a field: a string, or the message inside an object or a list such as {"error": {"message": ...}}."""
    if type(value) is str:
        return value
    if type(value) is list and depth < _MAX_DEPTH:
        return "; ".join(dict.fromkeys(text for one in value[:3] if (text := _text_of(one, depth + 1))))
    return _text_in(value, depth) if type(value) is dict and depth <= _MAX_DEPTH else ""


def _text_in(fields: dict[str, Any], depth: int) -> str:
    for name in _INNER:
        inner = fields.get(name)
        if type(inner) is str and inner:
            kind = fields.get("type") or fields.get("class") or fields.get("name")
            named = type(kind) is str and kind and name != "text" and kind not in inner
            return f"{kind}: {inner}" if named else inner
        if type(inner) is dict and (text := _text_of(inner, depth + 1)):
            return text
    return frames.head_of(fields)


def _is_no_error(value: Any) -> bool:
    """Whether a formatter that was given no exception described a text of its own, as an error of type str."""
    return type(value) is dict and value.get("type") == "str"


def _errors(payload: Mapping[str, Any], at: Plan) -> Iterator[str]:
    for name in at.errors:
        value = payload[name]
        if value and not _is_no_error(value):
            text = _text_of(value)
            if "\n" not in text:
                yield text.strip()


def _reasons(payload: Mapping[str, Any], at: Plan) -> Iterator[str]:
    for name in at.reasons:
        value = payload[name]
        text = value if type(value) is str else _text_of(value) if value else ""
        if text and len(text) <= _MAX_REASON and not _SYMBOL.fullmatch(text):
            yield text.strip()


def _held(payload: Mapping[str, Any], at: Plan, depth: int) -> str:
    """A message that stands one level deeper."""
    for name in at.holders:
        inner = _plain(payload[name])
        if type(inner) is dict and inner and depth < _MAX_DEPTH and (found := named(inner, depth + 1)):
            return found.text
    return ""


def _stack(payload: Mapping[str, Any], at: Plan) -> str:
    """A stack trace of several lines, in a field or one level deeper."""
    for name in at.stacks:
        value = payload[name]
        text = value if type(value) is str else _frames(payload, at, value) if value and not _is_no_error(value) else ""
        if "\n" in text:
            return text
    for name in at.holders:
        inner = _plain(payload[name])
        if type(inner) is dict and inner and not _is_no_error(inner):
            for key in plan(tuple(inner)).stacks:
                text = inner[key] if type(inner[key]) is str else frames.text_of(inner[key])
                if "\n" in text:
                    return text
    return ""


def _frames(payload: Mapping[str, Any], at: Plan, value: Any) -> str:
    text = frames.text_of(value)
    if type(value) is list and text and "\tat " in text[:5]:
        # frames alone: the error beside them is the head
        head = next(_errors(payload, at), "") or _message(payload, at)
        return f"{head}\n{text}"
    return text


def _cues(payload: Mapping[str, Any], at: Plan, text: str) -> Iterator[str]:
    """`name=word` of the fields that say which or why in a word, those first that are codes."""
    known, count = text.casefold(), 0
    fields = [(name, payload[name], name in at.codes) for name in (*at.codes, *at.reasons, *at.cues)]
    for name in at.errors:
        if type(inner := payload[name]) is dict and not _is_no_error(inner):
            below = plan(tuple(inner))
            fields += [(key, inner[key], True) for key in below.codes]
    for name, value, is_code in fields:
        word = _cue_word(value, is_code=is_code)
        if word and count < _MAX_CUES and word.casefold() not in known:
            count += 1
            known += f" {word.casefold()}"
            yield sayable(f"{name}={word}")


def _cue_word(value: Any, *, is_code: bool) -> str:
    if type(value) is int or type(value) is float:
        whole = is_code and 0 < abs(value) < _MAX_CODE and value == int(value) and int(value) not in _UNTOLD
        return str(int(value)) if whole else ""
    if type(value) is not str or len(value) > _MAX_CUE or value.lower() in _GOOD:
        return ""
    if is_code and _CODE.fullmatch(value):
        return "" if value.isdigit() and (int(value) in _UNTOLD or int(value) == 0) else value
    return value if _SYMBOL.fullmatch(value) or _WORDS.fullmatch(value) else ""


def _plain(value: Any) -> Any:
    """OpenTelemetry's attributes, a list of key and value, as an object."""
    if type(value) is not list:
        return value
    pairs = [(one.get("key"), one.get("value")) for one in value if type(one) is dict and "key" in one]
    return {key: next(iter(inner.values())) if type(inner) is dict and inner.keys() & _ANY_VALUE else inner
            for key, inner in pairs if type(key) is str}  # fmt: skip


def _object(text: str) -> dict[str, Any] | None:
    if not text.rstrip().endswith("}"):
        return None
    try:
        found = msgspec.json.decode(text.encode("utf-8", "surrogatepass"))
    except (msgspec.DecodeError, RecursionError):
        return None
    return found if type(found) is dict and found else None


def _noun(payload: Mapping[str, Any]) -> str:
    """`AttemptFinished` of `type.googleapis.com/google.cloud.scheduler.logging.AttemptFinished`."""
    kind = payload.get("@type")
    return sayable(kind.rsplit("/", 1)[-1].rsplit(".", 1)[-1]) if type(kind) is str else ""


def _flat(payload: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """The payload's leaves and those one level deeper, a name's first one."""
    for name, value in payload.items():
        inner = _plain(value)
        if type(inner) is dict:
            yield from ((key, below) for key, below in inner.items() if key not in payload)
        else:
            yield name, value


def _texts(flat: Mapping[str, Any]) -> Iterator[str]:
    """Every text of two words and more that may be a message."""
    for name, value in flat.items():
        if fold(name) not in SILENT:
            for text in value if type(value) is list else (value,):
                if type(text) is str and _is_sentence(text):
                    yield text


def _is_sentence(text: str) -> bool:
    head = text[:_MAX_LOOK]
    return _BLANK.search(head) is not None and len(_LETTERS.findall(head)) > 1 and not head.startswith("Mozilla/")


def _leaves(payload: Mapping[str, Any]) -> str:
    """A payload without a text of its own, as "key=value ..." of its leaves."""
    pairs = []
    for number, (path, value) in enumerate(_walk(payload, "")):
        if number == _MAX_LEAVES:
            break
        if path != "@type" and value not in (None, "", {}, []):
            pairs.append(f"{path}={compact(value)}")
    return " ".join(pairs)


def _walk(value: Any, path: str, depth: int = 0) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value and depth < _MAX_PATH:
        for name in sorted(value):
            yield from _walk(value[name], f"{path}.{name}" if path else name, depth + 1)
    else:
        yield path, value
