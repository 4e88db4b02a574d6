"""Racket and Guile: the message with `context...:`, and `Backtrace:` with the calls of each file.

Promises: functions of the implementation are not in-app; Guile's message is below its frames. Must not keep arguments.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback
from processor.parsing.stacktrace.paths import line_number, short_path

_CONTEXT = regex(r"\s+(\S+?):(\d+):\d+(?:: (\S+))?$|\s+(body of) (\S+)$")
_FILE = regex(r"In (\S+):$")
_CALL = regex(r"\s+(?:(\d+):\d+ +)?\d+ \((\S+)(?: .*)?\)$|\s+(?:(\d+):\d+ +)?\d+ \((\S+)")
_BELOW = regex(r"(?:\S+:\d+:\d+: |ERROR: )?In procedure (\S+?): ?(.*)$")
_THROWN = regex(r"Throw to key `([\w-]+)'")
_SAID = regex(r"([^\s:]+): (.*)$")
_INSTALLED = regex(r"(?:\.\.\.|/usr/|ice-9/|srfi/|system/|oop/|racket/|collects/)|.*/(?:collects|pkgs)/")


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: neither prints a chain."""
    start = next((number for number, line in enumerate(lines) if line.startswith("  context...:")), None)
    if start is not None:
        return _racket(lines[:start], lines[start + 1 :])
    start = next((number for number, line in enumerate(lines) if line.startswith("Backtrace:")), None)
    return None if start is None else _guile(lines[start + 1 :])


def _racket(head: list[str], below: list[str]) -> Traceback | None:
    frames = []
    for match in filter(None, map(_CONTEXT.match, below)):
        path = (match.group(1) or match.group(5)).strip('"')
        own = not _INSTALLED.match(path)
        frames.append(Frame(match.group(3) or "", short_path(path), own, path, line_number(match.group(2))))
    text = next((line.strip() for line in head if line.strip()), "")
    said = _SAID.match(text)
    kind, message = said.groups() if said else ("error", text)
    if not frames:
        return None
    return Traceback("scheme", (Raised(kind, message, tuple(reversed(frames))),))


def _guile(below: list[str]) -> Traceback | None:
    frames: list[Frame] = []
    path = kind = message = ""
    for number, line in enumerate(below):
        if match := _FILE.match(line):
            path = match.group(1)
        elif not kind and (match := _CALL.match(line)):
            at, name = match.group(1) or match.group(3), match.group(2) or match.group(4)
            own = bool(path) and not _INSTALLED.match(path) and name != "_"
            frames.append(Frame(name.rstrip(")"), short_path(path) if path else "", own, path, line_number(at)))
        elif match := _BELOW.match(line):
            rest = match.group(2) or (below[number + 1].strip() if number + 1 < len(below) else "")
            thrown = _THROWN.match(rest)
            kind, message = (thrown.group(1), rest) if thrown else (match.group(1), rest)
    return Traceback("scheme", (Raised(kind, message, tuple(frames)),)) if kind and frames else None


# The messages of Racket's own procedures, which details in several lines follow.
_VIOLATED = (
    r"\S+: (?:contract violation|index is out of range|no value found for key|arity mismatch;|undefined;"
    r"|broke its own contract|unbound identifier)"
)
_AT = r"\s+(?:\d+:\d+ +)?\d+ \("

LANGUAGE = Language(
    "scheme",
    rank=156,
    needles=("  context...:", "Backtrace:\n"),
    parse=parse,
    automaton=Automaton(
        start=rules((r"Backtrace:$", "guile"), (_VIOLATED, "violated"), (r"(?!\s)\S", "line")),
        states={
            "violated": rules((r"  context\.\.\.:", "context"), (r"  +\S", "violated")),
            "line": rules((r"  context\.\.\.:", "context"), (r"  \S+: |  \S+\.\.\.:", "detail")),
            "detail": rules((r"  context\.\.\.:", "context"), (r"  +\S", "detail")),
            "context": rules((r"   \S", "frames")),
            "frames": rules((r"   \S", "frames")),
            "guile": rules((_AT, "calls"), (r"In (?:\S+:|unknown file:)$", "guile")),
            "calls": rules(
                (_AT, "calls"),
                (r"In (?:\S+:|unknown file:)$", "calls"),
                (r"(?:\S+:\d+:\d+: |ERROR: )?In procedure \S+:\s*$", "said"),
                (r"(?:\S+:\d+:\d+: |ERROR: )?In procedure \S+: ", "end"),
            ),
            "said": rules((RECORD, ""), (r"", "end")),
            "end": rules(),
        },
        accepting=frozenset({"frames", "calls", "end"}),
    ),
    fragments=(
        r"  context\.\.\.:$",
        r"(?:\S+:\d+:\d+: |ERROR: )?In procedure \S+: ?",
        r"\s+\d+:\d+ +\d+ \(\S",
        r"   \S+\.rkt:\d+:\d+",
    ),
    lines=(r"Backtrace:$", r"In (?:\S+|unknown file):$", r"\S+: (?:contract violation|index is out of)"),
)
