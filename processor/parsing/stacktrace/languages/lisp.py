"""Common Lisp (SBCL): `Unhandled TYPE in thread ...`, the message, and `Backtrace for: ...` with numbered calls.

Promises: the arguments of a call are removed; functions of the implementation (`SB-...`) are not in-app. Must not keep
the addresses of objects.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback

_HEAD = regex(r"(?:.{0,120}?)(?:Unhandled|debugger invoked on an?) ([\w:.*/<>=+-]+)(?: in thread|:)")
_FRAME = regex(r"\s*(\d+): \(+(.*)$")
_LOCAL = regex(r"(?:LAMBDA|FLET|LABELS) .*?:IN ([^\s()]+)|\(?:?(?:METHOD|SETF) ([^\s()]+)")
_NAME = regex(r"[^\s()]+")
_MACHINERY = frozenset(
    ["ERROR", "SIGNAL", "CERROR", "WARN", "INVOKE-DEBUGGER", "LOAD", "EVAL", "APPLY", "FUNCALL", "MAPCAR", "OPEN"]
)


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: a condition has no cause."""
    start = next((number for number, line in enumerate(lines) if "acktrace for: #<" in line), None)
    if start is None:
        return None
    head = next((number for number, line in enumerate(lines[:start]) if _HEAD.match(line)), None)
    frames = [_frame(found.group(2)) for found in map(_FRAME.match, lines[start + 1 :]) if found]
    if not frames:
        return None
    kind = match.group(1) if head is not None and (match := _HEAD.match(lines[head])) else ""
    return Traceback("lisp", (Raised(kind, _message(lines[:start]), tuple(reversed(frames))),))


def _message(head: list[str]) -> str:
    """Return the paragraph above the backtrace; it is printed in lines of eighty characters."""
    text = [line.strip() for line in head]
    while text and not text[-1]:
        text.pop()
    colon = max((number for number, line in enumerate(text) if line.endswith("}>:") or _HEAD.match(line)), default=-1)
    return " ".join(line for line in text[colon + 1 :] if line)


def _frame(call: str) -> Frame:
    name = ""
    if match := _LOCAL.match(call):
        name = match.group(1) or match.group(2)
    elif match := _NAME.match(call):
        name = match.group()
    package, _, function = name.rpartition("::" if "::" in name else ":")
    own = not package.startswith("SB-") and not call.startswith('"') and function not in _MACHINERY
    return Frame(function or name, package, own)


_AT = r"\s*\d+: \("

LANGUAGE = Language(
    "lisp",
    rank=67,
    needles=("acktrace for: #<",),
    parse=parse,
    automaton=Automaton(
        start=rules(
            (r".{0,120}?(?:Unhandled|debugger invoked on an?) [\w:.*/<>=+-]+(?: in thread #<|: *$)", "head"),
            (r"While evaluating the form starting at ", "head"),
            (r"Backtrace for: #<", "trace"),
        ),
        states={
            "head": rules((r"Backtrace for: #<", "trace"), (rf"{RECORD}|\s+at |Traceback ", ""), (r"", "head")),
            "trace": rules((_AT, "frames")),
            "frames": rules((_AT, "frames"), (r"unhandled condition in --disable-debugger mode", "end")),
            "end": rules(),
        },
        accepting=frozenset({"frames", "end"}),
    ),
    fragments=(
        r"Backtrace for: #<",
        r"Unhandled [\w:.*/<>=+-]+ in thread #<",
        r"\d+: \(+[A-Z][\w:%.*+/-]*(?: |\))",
        r"unhandled condition in --disable-debugger mode",
    ),
    crash=(r"Unhandled [\w:.*/<>=+-]+ in thread #<", r"unhandled condition in --disable-debugger mode"),
    noise=(r"\{[0-9A-F]{6,}\}",),
    lines=(r"While evaluating the form starting at ", r"\d+: \(+"),
)
