"""V8: the fatal errors of the engine itself, such as a heap that is full.

Promises: addresses, sizes and times of the garbage collector are left out. Must not read the exceptions of a program.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Raised, Traceback

_FATAL = regex(r"FATAL ERROR: (?:[A-Z_]{6,} )?(.*)$")


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception without frames: those of the engine are the same for every such error."""
    said = next((found.group(1) for found in map(_FATAL.match, lines) if found), None)
    return None if said is None else Traceback("v8", (Raised("FATAL ERROR", said, ()),))


LANGUAGE = Language(
    "v8",
    rank=48,
    needles=("FATAL ERROR: ",),
    parse=parse,
    automaton=Automaton(
        start=rules((r"<--- Last few GCs --->", "collected"), (r"FATAL ERROR: ", "fatal")),
        states={
            "collected": rules(
                (r"FATAL ERROR: ", "fatal"),
                (r"<---|\[\d+:0x|Cannot get stack trace", "collected"),
                (RECORD, ""),
                (r"", "collected"),
            ),
            "fatal": rules((r"-{3,} (?:Native|JavaScript) stack trace|\s*\d+: (?:0x)?[0-9a-fA-F]+ |Aborted", "fatal")),
        },
        accepting=frozenset({"fatal"}),
    ),
    fragments=(r"<--- (?:Last few GCs|JS stacktrace) --->", r"-{3,} Native stack trace"),
    crash=(r"FATAL ERROR: .*(?:heap|Allocation|v8::)",),
    noise=(r"0x[0-9a-f]+",),
    lines=(r"\[\d+:0x", r"\d+: 0x"),
)
