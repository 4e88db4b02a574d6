"""Stack traces in log text: what was raised, where in the application, and one name for it on every machine.

Promises: `parse` reads Python, JVM, Go, Node, .NET, Ruby and PHP traces in linear time, never raises,
and costs a few substring searches on text without one. Must not do IO or run anything; the text is hostile.

The traceback of a language lives in the module named after it; how one is named, in `naming`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from processor.parsing.stacktrace import dotnet, golang, jvm, node, php, python, ruby
from processor.parsing.stacktrace.describe import info
from processor.parsing.stacktrace.fingerprint import fingerprint, title
from processor.parsing.stacktrace.fragments import ends, is_continuation, starts
from processor.parsing.stacktrace.model import Frame, Raised, Traceback

if TYPE_CHECKING:
    from processor.model import ExceptionInfo

__all__ = [
    "Frame",
    "Raised",
    "Traceback",
    "describe",
    "ends",
    "fingerprint",
    "is_continuation",
    "parse",
    "starts",
    "title",
]

# A Cloud Logging entry has at most 256 KiB; a frame is seldom longer than 200 characters. The limits keep
# every regular expression below on short input, so that the whole stays linear.
_TEXT_LIMIT = 262_144
_LINE_LIMIT = 600


def parse(text: str) -> Traceback | None:
    """The stack trace in `text`, or None where it holds none.

    Line breaks that were escaped on the way (a JSON string inside a plain line) are understood.
    """
    if "\n" not in text:
        if "\\n" not in text:
            return None
        text = text.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"')
    lines: list[str] = []
    for needles, parser in _PARSERS:
        for needle in needles:  # not any(): this runs for every entry of several lines
            if needle in text:
                break
        else:
            continue
        lines = lines or [line[:_LINE_LIMIT].rstrip("\r") for line in text[:_TEXT_LIMIT].split("\n")]
        if found := parser(lines):
            return found
    return None


def describe(text: str) -> ExceptionInfo | None:
    """What the stack trace in `text` says, or None where it holds none."""
    found = parse(text)
    return None if found is None else info(found)


def _at(lines: list[str]) -> Traceback | None:
    """JVM, Node and .NET all say "at": the first line that one of them accepts as a frame decides."""
    for line in lines:
        if line.lstrip().startswith("at "):
            for frame, read in _AT_PARSERS:
                if frame(line):
                    return read(lines)
    return None


_Parser = Callable[[list[str]], Traceback | None]
_AT_PARSERS: tuple[tuple[Callable[[str], Frame | None], _Parser], ...] = (
    (jvm.frame, jvm.parse),
    (node.frame, node.parse),
    (dotnet.frame, dotnet.parse),
)
# A mark that a trace of the language cannot lack, and its parser. The first that finds a chain wins.
_PARSERS: tuple[tuple[tuple[str, ...], _Parser], ...] = (
    (python.NEEDLES, python.parse),
    (golang.NEEDLES, golang.parse),
    (("\tat ", "  at ", "\nat "), _at),
    (ruby.NEEDLES, ruby.parse),
    (php.NEEDLES, php.parse),
)
