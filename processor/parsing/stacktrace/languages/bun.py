"""Bun: numbered lines of code with a marker, `Type: message`, its properties, frames, and `Bun v1.4.5` at the end.

Promises: the block below an exception is its cause. Must not read what a running program logs: such a block stands
alone, and is as Node prints it.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.languages.node import frame
from processor.parsing.stacktrace.model import Frame, Raised, Traceback

_CODE = regex(r"\s*\d+ \| ")
_MARKED = regex(r"\s*[\^~]+\s*$")
_END = regex(r"Bun v\d")
_HEAD = regex(r"(error|[A-Z][\w$.]*)(?:: (.*))?$")


def parse(lines: list[str]) -> Traceback | None:
    """Return the chain in `lines`, root cause first; an exception without frames is one at the end of the process."""
    if not any(_END.match(line) for line in lines):
        return None
    chain: list[Raised] = []
    head = ""
    frames: list[Frame] = []
    for line in lines:
        if _CODE.match(line) or _END.match(line):
            if head:
                chain.append(_raised(head, frames))
            head, frames = "", []
        elif found := frame(line):
            frames.append(found)
        elif not head and line.strip() and not _MARKED.match(line):
            head = line.strip()
        elif head == "error" and line.strip(" {"):  # an object that is no error
            head = f"error: {line.strip(' ,')}"
    return Traceback("bun", tuple(reversed(chain))) if chain else None


def _raised(text: str, frames: list[Frame]) -> Raised:
    typed = _HEAD.match(text)
    kind, message = (typed.group(1), typed.group(2) or "") if typed else ("error", text)
    return Raised("Error" if kind == "error" else kind, message, tuple(reversed(frames)))


_AT = r"\s+at (?:async )?(?:\S.* \(.*\)|\S+:\d+:\d+|<anonymous>)\s*$"
_QUOTED = r"\s*\d+ \| "

LANGUAGE = Language(
    "bun",
    rank=46,
    needles=("\nBun v",),
    parse=parse,
    automaton=Automaton(
        start=rules((_QUOTED, "quoted"), (r"error(?:: |$)|(?!\s|at )[A-Z]\w*(?:Error|Exception): ", "bare")),
        states={
            "quoted": rules((_QUOTED, "quoted"), (r"\s*[\^~]+\s*$", "marked")),
            "marked": rules((_AT, "frames"), (r"", "bare")),
            "bare": rules((_AT, "frames"), (r"Bun v\d", "end"), (_QUOTED, ""), (RECORD, ""), (r"", "bare")),
            "frames": rules((_AT, "frames"), (_QUOTED, "quoted"), (r"Bun v\d", "end"), (r"\s+\S", "frames")),
            "end": rules(),
        },
        accepting=frozenset({"end"}),
    ),
    fragments=(r"Bun v\d",),
    crash=(r"Bun v\d",),
)
