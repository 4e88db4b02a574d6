"""Language: the value that each language module exports; everything else is made from it.

Promises: data and functions without state. Must not name a language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from processor.parsing.stacktrace.automaton import Automaton
    from processor.parsing.stacktrace.model import Frame, Traceback

# The start of a log record: such a line does not belong to the message above it.
RECORD = (
    r"\[?\d{4}-\d\d-\d\d[T ]\d\d:|\[?\d{4}/\d\d/\d\d |\d\d:\d\d:\d\d[.,]\d"
    r"|\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL)\b[\]: ]"
)


class Language(NamedTuple):
    """How traces of a language are found, joined, parsed and stripped of noise.

    Attributes:
        name: `Traceback.language`.
        rank: languages of a lower rank are tried first. It matters only to those that share needles.
        needles: substrings, at least one of which is in every whole trace; a cheap test before `parse`.
        parse: the lines of a text -> the chain, or None.
        at_frame: the frame of a line that begins with "at", for a language that prints such lines: the first
            language to accept a line decides whose the trace is.
        unfold: restores the line breaks of a text of one line where a logger of this language has removed them;
            called for every such text, so it has to be cheap.
        links: the beginnings of fragments that link two exceptions: without a frame near them they are no trace.
        automaton: which lines belong together.
        fragments: regular expressions, anchored at the start of a line, of lines that can only be a part of a trace,
            its head included. In the syntax that Python's `re` and RE2 share: the log sink's filter is made from them.
        crash: the same for heads without frames that report the end of the process.
        lines: the same for further lines that alone prove nothing but that the log sink has to forward.
        noise: regular expressions of text that differs between two prints of a trace and is not in its fingerprint.
    """

    name: str
    rank: int
    needles: tuple[str, ...]
    parse: Callable[[list[str]], Traceback | None]
    automaton: Automaton
    fragments: tuple[str, ...]
    crash: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    noise: tuple[str, ...] = ()
    at_frame: Callable[[str], Frame | None] | None = None
    unfold: Callable[[str], str] | None = None
    links: tuple[str, ...] = ()
