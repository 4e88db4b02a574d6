"""Tcl: the message, `    while executing` with the command, and `    (procedure "load" line 2)` for each call.

Promises: the innermost procedure comes last; the command that failed is its source line. Must not keep the commands of
outer calls: they hold values.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback
from processor.parsing.stacktrace.paths import line_number, short_path

_STARTED = regex(r" {4}(?:while executing|while compiling|invoked from within|while evaluating)$")
_CALL = regex(
    r"\s{4}\((?:(?:procedure|class|object|lambda term|method|constructor) \"([^\"]+)\"(?: method \"(\w+)\")? line (\d+)"
    r"|file \"([^\"]+)\" line (\d+))\)"
)


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: Tcl prints no chain."""
    start = next((number for number, line in enumerate(lines) if _STARTED.match(line)), None)
    if not start:
        return None
    frames: list[Frame] = []
    source = lines[start + 1].strip().strip('"').strip() if start + 1 < len(lines) else ""
    for match in filter(None, map(_CALL.match, lines[start:])):
        owner, method, line, path, at = match.groups()
        if path:
            frames.append(Frame("", short_path(path), True, path, line_number(at), "" if frames else source))
        else:
            frames.append(Frame(method or owner, owner if method else "", True, "", line_number(line),
                                "" if frames else source))  # fmt: skip
    message = next((line.strip() for line in lines[:start] if line.strip()), "")
    file = next((frame for frame in frames if frame.file), None)
    if not frames or (file is None and len(frames) == 1):
        return None
    return Traceback("tcl", (Raised("error", message, tuple(reversed(frames))),))


_WHILE = r" {4}(?:while executing|while compiling|invoked from within|while evaluating)$"
_PLACE = r"\s{4}\((?:procedure|class|object|lambda|method|constructor|file|compiling|\"|in )"

LANGUAGE = Language(
    "tcl",
    rank=145,
    needles=("while executing", "invoked from within"),
    parse=parse,
    automaton=Automaton(
        start=rules((r"(?!\s)\S", "line")),
        states={
            "line": rules((_WHILE, "code")),
            "code": rules((_PLACE, "frames"), (_WHILE, "code"), (r"", "code")),
            "frames": rules((_WHILE, "code"), (_PLACE, "frames")),
        },
        accepting=frozenset({"frames"}),
    ),
    fragments=(_WHILE, r"\s{4}\((?:procedure|file) \"[^\"]+\" line \d+\)$"),
    noise=(r"line \d+",),
    lines=(r"\"[\w:]+(?: .*)?\"$",),
)
