"""Frames: a stack trace that a logger stored as objects -> the text that its runtime would print.

Promises: never raises, whatever the objects hold; "" if they are not frames; bounded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from processor.model.patterns import regex
from processor.parsing.spellings import fold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MAX_FRAMES: Final = 64
_MAX_CHAIN: Final = 8
_TYPES: Final = (
    "exctype", "errortype", "exceptionclass", "exceptiontype", "errorclass", "type", "class", "classname", "name",
    "typename", "exception",
)  # fmt: skip
_TEXTS: Final = (
    "excvalue", "errormessage", "exceptionmessage", "message", "value", "localizedmessage", "msg", "text",
    "description",
)  # fmt: skip
_FRAMES: Final = (
    "frames",
    "extendedstacktrace",
    "stacktrace",
    "stackframes",
    "stack",
    "trace",
    "backtrace",
    "steparray",
    "stacktracestring",
)
_CAUSES: Final = ("cause", "innerexception", "previous", "causedby")
_FILES: Final = ("filename", "file", "source", "path", "abspath", "filepath", "location")
_LINES: Final = ("lineno", "line", "linenumber", "lineindex", "fileline")
_FUNCTIONS: Final = ("function", "func", "method", "methodname", "name", "functionname")
_CLASSES: Final = ("classname", "class", "declaringclass", "module")
_PLACE: Final = regex(r"(.{1,300}?)[:(](\d{1,7})\)?")
_RUBY: Final = regex(r"[^\s:]{1,300}:\d{1,7}:in [`']")
_TYPE: Final = regex(r"[A-Z]\w*(?:::[A-Z]\w*)*")
_KIND: Final = regex(r"(?:Error|Exception|Failure|Fault)$")
_LINKED: Final = "\n\nThe above exception was the direct cause of the following exception:\n\n"


def text_of(value: Any) -> str:
    """Return the stack trace in an object or a list of objects or lines, "" if there is none."""
    if type(value) is dict:
        # A Sentry event lists its exceptions and frames in the order in which they happened.
        values = value.get("values")
        return _chain(values[::-1]) if type(values) is list and values else _exception(value, 0)
    if type(value) is not list or not value:
        return ""
    if type(value[0]) is str:
        text = "\n".join(line for line in value if type(line) is str)
        return text if "\n" in text.strip() else ""
    if type(value[0]) is dict:
        if any(fold(name) in {"frames", "stacktrace", "stackframes"} for name in value[0]):
            return _chain(value)
        return "\n".join(_rendered(value))
    return ""


def beside(fields: Mapping[str, Any], name: str) -> str:
    """Return the stack trace of an exception whose parts are fields beside each other, "" if they are not all there.

    Args:
        fields: `{"errorType": ..., "errorMessage": ..., "stackTrace": [...]}`, or `{"exception.class": ..., ...}`.
        name: of the field with the frames.
    """
    prefix = name[: name.rfind(".") + 1]
    parts = {key[len(prefix) :]: value for key, value in fields.items() if key.startswith(prefix)}
    kind = _first({fold(key): value for key, value in parts.items()}, _TYPES)
    return _exception(parts, 0) if prefix or _KIND.search(kind) else ""


def head_of(value: Any) -> str:
    """Return `Type: message` of an exception object, "" if it has neither."""
    if type(value) is not dict:
        return ""
    fields = {fold(name): inner for name, inner in value.items()}
    kind, text = _first(fields, _TYPES), _first(fields, _TEXTS)
    return f"{kind}: {text}" if kind and text and not text.startswith(kind) else text or kind


def listed(fields: Mapping[str, Any]) -> str:
    """Return the errors of a form's fields: `{"width": ["must be positive"]}` -> "width: must be positive"."""
    firsts = [(name, texts[0]) for name, texts in fields.items() if type(texts) is list and texts]
    return "; ".join(f"{name}: {text}" for name, text in firsts[:3] if type(text) is str)


def is_ruby(frame: str) -> bool:
    """Return whether a frame is one of Ruby's: "/app/plan.rb:33:in `make'"."""
    return _RUBY.match(frame) is not None


def joined(head: str, frames: Sequence[str]) -> str:
    """Return a trace of its head, `Type: message`, and its frames; Ruby prints the head after the first frame."""
    if not is_ruby(frames[0]):
        return "\n".join((head, *frames))
    kind, colon, text = head.partition(": ")
    named = colon and _TYPE.fullmatch(kind)
    first = f"{frames[0]}: {text} ({kind})" if named else f"{frames[0]}: {head}"
    return "\n\tfrom ".join((first, *frames[1:]))


def _chain(exceptions: Sequence[Any]) -> str:
    # structlog lists the exception before its cause; Python prints the cause first.
    texts = [_exception(each, 0) for each in exceptions[:_MAX_CHAIN] if type(each) is dict]
    return _LINKED.join(text for text in reversed(texts) if text)


def _exception(value: Mapping[str, Any], depth: int) -> str:
    fields = {fold(name): inner for name, inner in value.items()}
    found = next((fields[name] for name in _FRAMES if fields.get(name)), None)
    if type(found) is str:
        lines = found.rstrip().split("\n")
        headless = lines[0].startswith("   at ") and (head := head_of(dict(value)))
        return "\n".join((head, *lines)) if headless else found if len(lines) > 1 else ""
    oldest_first = found.get("frames") if type(found) is dict else None
    frames = _rendered(found) if type(found) is list else []
    if type(oldest_first) is list:
        frames = _rendered(oldest_first)
        frames = frames if frames[:1] and frames[0].startswith('  File "') else _rendered(oldest_first[::-1])
    head = head_of(dict(value))
    if not frames or not head:
        return ""
    if frames[0].startswith('  File "'):
        return "\n".join(("Traceback (most recent call last):", *frames, head))
    if frames[0].startswith("#0 "):
        place = _first(fields, ("file",))
        return "\n".join(
            (f"PHP Fatal error:  Uncaught {head}{' in ' + place if place else ''}", "Stack trace:", *frames)
        )
    text = "\n".join(frames) if frames[0].startswith(head) else joined(head, frames)
    cause = next((fields[name] for name in _CAUSES if type(fields.get(name)) is dict), None)
    if cause is not None and type(inner := cause.get("exception")) is dict:
        cause = inner  # JBoss
    if cause is not None and depth < _MAX_CHAIN and (below := _exception(cause, depth + 1)):
        text = f"{text}\nCaused by: {below}"
    return text


def _rendered(frames: Sequence[Any]) -> list[str]:
    found = (_frame(frame, number) for number, frame in enumerate(frames[:_MAX_FRAMES]))
    return [line for line in found if line]


def _frame(frame: Any, number: int) -> str:
    if type(frame) is str:
        place = _PLACE.fullmatch(frame.strip())
        is_php = place is not None and place.group(1).endswith(".php")
        return f"#{number} {place.group(1)}({place.group(2)}): main()" if place and is_php else frame.rstrip()
    fields = {fold(name): inner for name, inner in frame.items()} if type(frame) is dict else {}
    function, file = _first(fields, _FUNCTIONS), _first(fields, _FILES)
    if not function and not file:
        return ""
    owner, line = _first(fields, _CLASSES), _first(fields, _LINES) or "1"
    if file.endswith(".php"):
        return f"#{number} {file}({line}): {owner}{(_first(fields, ('type',)) or '->') if owner else ''}{function}()"
    return _printed(function, owner, file, line)


def _printed(function: str, owner: str, file: str, line: str) -> str:
    """Return one frame as printed by the runtime that uses such files."""
    if file.endswith((".py", ".pyx")) or "<" in file:
        return f'  File "{file}", line {line}, in {function or "?"}'
    if file.endswith((".js", ".ts", ".mjs", ".cjs", ".tsx", ".jsx")):
        return f"    at {function or '<anonymous>'} ({file}:{line}:1)"
    if file.endswith(".go") or (function and not owner and not file.endswith((".java", ".kt", ".scala"))):
        return f"{function}\n\t{file}:{line}"
    return f"\tat {owner + '.' if owner else ''}{function}({file + ':' + line if file else 'Unknown Source'})"


def _first(fields: Mapping[str, Any], names: Sequence[str]) -> str:
    for name in names:
        value = fields.get(name)
        if type(value) is str and value:
            return value
        if type(value) is int:
            return str(value)
    return ""
