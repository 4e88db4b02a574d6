"""Spring Boot: the report of an application that could not start.

Promises: the first line of the description is the message. Must not read the trace that may follow it.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Raised, Traceback

_TITLE = "APPLICATION FAILED TO START"
_FRAME = regex(r"\s+at \S+\(")


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception without frames."""
    told = [line.strip() for line in lines if line.strip()]
    if _TITLE not in told or any(map(_FRAME.match, lines)):
        return None
    below = told[told.index(_TITLE) + 1 :]
    start = below.index("Description:") + 1 if "Description:" in below else len(below)
    return Traceback("spring", (Raised(_TITLE, next(iter(below[start:]), ""), ()),))


LANGUAGE = Language(
    "spring",
    rank=6,
    needles=(_TITLE,),
    parse=parse,
    automaton=Automaton(
        start=rules((r"\*{20,}$", "rule"), (_TITLE, "title")),
        states={
            "rule": rules((_TITLE, "title")),
            "title": rules((r"\*{20,}$", "title"), (r"Description:$", "described"), (RECORD, "")),
            "described": rules((r"Action:$", "action"), (rf"{RECORD}|\s+at ", ""), (r"", "described")),
            "action": rules((RECORD, ""), (r"", "advice")),
            "advice": rules((r"\s|- ", "advice")),
        },
        accepting=frozenset({"described", "action", "advice"}),
    ),
    fragments=(rf"{_TITLE}$",),
    crash=(rf"{_TITLE}$",),
    lines=(r"\*{20,}$", r"(?:Description|Action):$"),
)
