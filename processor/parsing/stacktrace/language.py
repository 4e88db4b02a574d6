"""What a language of stack traces is: one value that its module exports and everything else is made from.

Promises: data and functions without state. Must not name a language.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from processor.parsing.stacktrace.automaton import Automaton
    from processor.parsing.stacktrace.model import Traceback

# A record of a logger begins like this: what looks so is not a line of the message above it.
RECORD = (
    r"\[?\d{4}-\d\d-\d\d[T ]\d\d:|\[?\d{4}/\d\d/\d\d |\d\d:\d\d:\d\d[.,]\d"
    r"|\[?(?:TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|CRITICAL)\b[\]: ]"
)


class Language(NamedTuple):
    """How traces of one language are found, joined, read and told from noise.

    Attributes:
        name: `Traceback.language`.
        needles: substrings, one of which no whole trace of it lacks; a cheap test before `parse`.
        parse: the lines of a text -> the chain, or None.
        automaton: which lines belong together.
        fragments: regular expressions, anchored at the start of a line, of lines that can only be a part of a trace,
            its head included. In the syntax that Python's `re` and RE2 share: the log sink's filter is made from them.
        crash: the same for heads that stand alone without a frame below and end the process.
        lines: the same of further lines, which alone prove nothing: the log sink has to forward them with the others.
        noise: regular expressions of what differs between two prints of one trace and never reaches its fingerprint.
    """

    name: str
    needles: tuple[str, ...]
    parse: Callable[[list[str]], Traceback | None]
    automaton: Automaton
    fragments: tuple[str, ...]
    crash: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()
    noise: tuple[str, ...] = ()
