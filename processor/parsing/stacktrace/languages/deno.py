"""Deno: `error: Uncaught (in promise) Type: message`, the line of code with a marker, and V8's frames.

Promises: members of an AggregateError and causes come before it; the runtime's own code is not in-app. Must not read
what `console.error` prints: that is as Node prints it.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.languages.node import frame
from processor.parsing.stacktrace.model import Frame, Raised, Traceback

_HEAD = regex(r"error: Uncaught (?:\(in (?:worker \"[^\"]*\"|promise)\) )*(.*)$")
_CAUSE = regex(r"Caused by: (.*)$")
_MEMBER = regex(r" {4}(?!at )([A-Z][\w$.]*(?:: .*)?)$")
_TYPED = regex(r"([A-Z][\w$.]*)(?:: (.*))?$")
_INNER = "        at "


def parse(lines: list[str]) -> Traceback | None:
    """Return the chain in `lines`, root cause first."""
    start = next((number for number, line in enumerate(lines) if _HEAD.match(line)), None)
    if start is None:
        return None
    # Members are printed inside the exception that holds them, its own frames below theirs.
    outer: list[tuple[str, list[Frame]]] = []
    members: list[tuple[str, list[Frame]]] = []
    for number, line in enumerate(lines[start:], start):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if found := _HEAD.match(line) or _CAUSE.match(line):
            outer.append((found.group(1), []))
        elif (found := _MEMBER.match(line)) and following.startswith(_INNER):
            members.append((found.group(1), []))
        elif called := frame(line):
            (members if line.startswith(_INNER) and members else outer)[-1][1].append(called)
    chain = [_raised(text, frames) for text, frames in (*outer, *members)]
    return Traceback("deno", tuple(reversed(chain))) if any(raised.frames for raised in chain) else None


def _raised(text: str, frames: list[Frame]) -> Raised:
    typed = _TYPED.match(text)
    kind, message = (typed.group(1), typed.group(2) or "") if typed else ("Uncaught", text.strip('"'))
    return Raised(kind, message, tuple(reversed(frames)))


_AT = r"\s+at (?:async )?(?:\S.* \(.*\)|\S+:\d+:\d+|<anonymous>)\s*$"
_MARKED = r"\s*[\^~]+\s*$"
_START = r"error: Uncaught "

LANGUAGE = Language(
    "deno",
    rank=45,
    needles=("error: Uncaught ",),
    parse=parse,
    automaton=Automaton(
        start=rules((_START, "head")),
        states={
            "head": rules((_AT, "frames"), (_MARKED, "marked"), (rf"{_START}|{RECORD}", ""), (r"", "head")),
            "marked": rules((_AT, "frames")),
            "frames": rules(
                (_AT, "frames"),
                (r"Caused by: ", "head"),
                (r" {4}[A-Z]", "frames"),
                (rf"{_START}|{RECORD}", ""),
                (r"\S", "source"),
            ),
            "source": rules((_MARKED, "marked")),
        },
        accepting=frozenset({"frames"}),
    ),
    fragments=(_START,),
    crash=(_START,),
)
