"""Nim: frames `/app/cart.nim(30)      load`, outermost first, then `Error: unhandled exception: message [Type]`.

Promises: the standard library and packages of nimble are not in-app. Must not need the line above the frames: a program
that is built for release prints none.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback
from processor.parsing.stacktrace.paths import line_number, short_path

_FRAME = regex(r"\s*(\S+\.nims?)\((\d+)(?:, \d+)?\)\s+(\S.*)$")
_ERROR = regex(r"Error: unhandled exception: (.*)$")
_TYPED = regex(r"(.*?) ?\[([A-Z]\w*)\]$")
_SIGNAL = regex(r"(SIG[A-Z]+): (.*)$")
_ASSERTED = regex(r"\S+\.nim\(\d+, \d+\) (.*)$")
_LIBRARY = regex(r"/lib/(?:system|pure|std|core|impure|posix|js|wrappers)/|/\.?nimble/pkgs|/nim/lib/|/lib/system\.nim")


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: Nim prints no chain."""
    frames: list[Frame] = []
    above: list[str] = []
    kind = message = ""
    for number, line in enumerate(lines):
        if match := _FRAME.match(line):
            path = match.group(1)
            own = not _LIBRARY.search(path)
            frames.append(Frame(match.group(3), short_path(path), own, path, line_number(match.group(2))))
        elif match := _ERROR.match(line):
            kind, message = _said(match.group(1), lines[number + 1 :])
        elif match := _SIGNAL.match(line):
            kind, message = match.groups()
        elif not frames and line.strip():
            above.append(line.strip())
    if not frames or (len(frames) == 1 and not kind):
        return None
    if not kind and above:
        message = _TYPED.sub(r"\1", above[-1])
        kind = found.group(2) if (found := _TYPED.match(above[-1])) else ""
    return Traceback("nim", (Raised(kind, message, tuple(frames)),))


def _said(first: str, below: list[str]) -> tuple[str, str]:
    """Return (type, message): the type is at the end of the last line of the message."""
    message = found.group(1) if (found := _ASSERTED.match(first)) else first
    for line in (first, *below):
        if typed := _TYPED.match(line):
            return typed.group(2), message.removesuffix(f" [{typed.group(2)}]")
    return "", message


_AT = r"\s*\S+\.nims?\(\d+(?:, \d+)?\)\s+\S"
_END = r"Error: unhandled exception: "

LANGUAGE = Language(
    "nim",
    rank=66,
    needles=(".nim(",),
    parse=parse,
    automaton=Automaton(
        start=rules(
            (r"Traceback \(most recent call last\)$", "head"), (_AT, "frames"), (r"(?!\s|Traceback )\S", "line")
        ),
        states={
            "line": rules((_AT, "frames")),
            "head": rules((_AT, "frames")),
            "frames": rules(
                (_AT, "frames"),
                (rf"{_END}.*\[[A-Z]\w*\]$|SIG[A-Z]+: ", "end"),
                (_END, "unhandled"),
                (r"\[\[reraised from:|\]\]$", "frames"),
            ),
            "unhandled": rules((r".*\[[A-Z]\w*\]$", "end"), (RECORD, ""), (r"", "unhandled")),
            "end": rules(),
        },
        accepting=frozenset({"frames", "end"}),
    ),
    fragments=(_AT, _END, r"Traceback \(most recent call last\)$"),
    crash=(_END,),
    noise=(r"\.nim\(\d+(?:, \d+)?\)",),
    lines=(r"SIGSEGV: ", r".*\[[A-Z]\w*(?:Error|Defect|Exception)\]$"),
)
