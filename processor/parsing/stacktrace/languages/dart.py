"""Dart and Flutter: `#0      main (package:shop/cart.dart:3:5)`.

Promises: frames of the SDK and of packages from the cache are not in-app. Must not read PHP's `#0 /file(3)`.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace import exception_line as heads
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback, complete
from processor.parsing.stacktrace.paths import line_number, short_path

_FRAME = regex(r"#\d+ +(\S.*?) \(((?:dart|package|file|org-dartlang-sdk|http)[^()\s]*?)(?::(\d+)(?::\d+)?)?\)\s*$")
_TERSE = regex(r"((?:package|dart|file):\S+|[\w./-]+\.dart) (\d+):\d+\s+(\S.*)$")  # package:stack_trace
_UNHANDLED = regex(r"(?:Unhandled exception:|.*\bUnhandled [Ee]xception:)\s*")
_FLUTTER = regex(r"The following (?:(_?[A-Z]\w*)|.*) was thrown\b")
_QUALIFIED = regex(r"(?:Unhandled exception: ?)?(\w+(?:Error|Exception)) \([\w ]+\): (.*)$")
_CLOSURE = regex(r"\.?<anonymous closure>|<fn>")
_LIBRARIES = (
    "dart:",
    "package:flutter/",
    "org-dartlang-sdk:",
    "package:stack_trace/",
    "package:test_api/",
    "package:shelf/",
)
_PACKAGE = regex(r"package:")


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: Dart prints no chain."""
    head: list[str] = []
    frames: list[Frame] = []
    for line in lines:
        if match := _FRAME.match(line):
            frames.append(_frame(match.group(1), match.group(2), match.group(3)))
        elif match := _TERSE.match(line):
            frames.append(_frame(match.group(3), match.group(1), match.group(2)))
        elif not frames:
            head.append(_UNHANDLED.sub("", line))
    return complete("dart", [_raised(head, frames)] if frames else [])


def _raised(head: list[str], frames: list[Frame]) -> Raised:
    head = [line for line in head if line.strip(" ^═")]
    thrown = next((number for number, line in enumerate(head) if _FLUTTER.match(line)), None)
    if thrown is not None:
        named = _FLUTTER.match(head[thrown])
        head = head[thrown + 1 : thrown + 2]
        if named and named.group(1) and head and not heads.exception_at(head[0].strip()):
            return Raised(named.group(1), head[0].strip(), tuple(reversed(frames)))
    for line in head:
        if match := _QUALIFIED.match(line):
            return Raised(match.group(1), match.group(2), tuple(reversed(frames)))
    found = heads.raised(head, frames)
    if found.type or not head:
        return found
    # "Bad state: No element" names no class; a logger's own line may be above it.
    return Raised("", head[-1].strip(), found.frames)


def _frame(function: str, path: str, line: str | None) -> Frame:
    name = _CLOSURE.sub("", function).replace("new ", "") or "<anonymous>"
    return Frame(
        name,
        short_path(_PACKAGE.sub("", path)),
        not path.startswith(_LIBRARIES),
        path,
        line_number(line),
    )


_AT = r"(?:package|dart):\S+ \d+:\d+\s+\S|#\d+ +\S.* \((?:dart|package|file|org-dartlang-sdk)[^()]*\)\s*$"

LANGUAGE = Language(
    "dart",
    rank=90,
    needles=("#0 ", ".dart "),
    parse=parse,
    automaton=Automaton(
        start=rules(
            (r".{0,120}Unhandled [Ee]xception:", "head"),
            (r"══╡ EXCEPTION CAUGHT BY ", "head"),
            (rf"(?!\s|#\d).{{0,300}}?{heads.TYPED}", "head"),
            (r"(?!#\d|\s)", "line"),
        ),
        states={
            "line": rules((_AT, "frames")),
            "head": rules((_AT, "frames"), (rf"{RECORD}|#\d", ""), (r"", "head")),
            "frames": rules((_AT, "frames"), (r"<asynchronous suspension>|\(elided |═+$", "frames")),
        },
        accepting=frozenset({"frames"}),
    ),
    fragments=(
        r"(?:package|dart):\S+ \d+:\d+\s+\S",
        r"#\d+ +\S.* \((?:dart|package|file|org-dartlang-sdk):[^()]*\)\s*$",
        r"<asynchronous suspension>$",
        r"Unhandled exception:$",
        r"══╡ EXCEPTION CAUGHT BY ",
    ),
    noise=(r"\.dart:\d+(?::\d+)?",),
    lines=(r"\(elided ",),
)
