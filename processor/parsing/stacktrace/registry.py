"""Every language of stack traces, once. Severity, joining, grouping and the log sink's filter are made from this table.

Promises: `parse` and `extents` are linear in their text and never raise. Must not know where a text comes from.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from processor.parsing.stacktrace import (
    cpp,
    dart,
    dotnet,
    elixir,
    golang,
    javascript,
    jvm,
    lua,
    node,
    perl,
    php,
    python,
    rlang,
    ruby,
    rust,
    swift,
)
from processor.parsing.stacktrace.automaton import LINE_LIMIT
from processor.parsing.stacktrace.posix import posix

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from processor.parsing.stacktrace.language import Language
    from processor.parsing.stacktrace.model import Frame, Traceback

# In the order in which a text is tried; the first whose parser finds a chain wins.
LANGUAGES: Final[tuple[Language, ...]] = tuple(
    module.LANGUAGE
    for module in (
        python, golang, rust, jvm, node, dotnet, ruby, php, dart, elixir, swift, cpp, perl, lua, rlang, javascript,
    )
)  # fmt: skip
# A Cloud Logging entry has at most 256 KiB; a frame is seldom longer than 200 characters. The limits keep
# every regular expression on short input, so that the whole stays linear.
_TEXT_LIMIT: Final = 262_144
# JVM, Node and .NET all say "at": the first line that one of them accepts as a frame decides.
_AT: Final[tuple[tuple[str, Callable[[str], Frame | None]], ...]] = (
    ("jvm", jvm.frame),
    ("node", node.frame),
    ("dotnet", dotnet.frame),
)
_FRAGMENT: Final = re.compile("|".join(f"(?:{pattern})" for language in LANGUAGES for pattern in language.fragments))
_CRASH: Final = re.compile("|".join(f"(?:{pattern})" for language in LANGUAGES for pattern in language.crash))
NOISE: Final = re.compile("|".join(dict.fromkeys(pattern for language in LANGUAGES for pattern in language.noise)))
"""What stands in frames, differs between two prints of one trace, and never reaches its fingerprint."""


def parse(text: str) -> Traceback | None:
    """The stack trace in `text`, or None where it holds none.

    Line breaks that were escaped on the way (a JSON string inside a plain line), and those that .NET's loggers take out
    of a trace, are understood.
    """
    if "\n" not in text:
        if "\\n" in text:
            text = text.replace("\\n", "\n").replace("\\t", "\t").replace('\\"', '"')
        elif "   at " in text:
            text = dotnet.unfold(text)
        if "\n" not in text:
            return None
    lines: list[str] = []
    at = ""
    for language in LANGUAGES:
        for needle in language.needles:  # not any(): this runs for every entry of several lines
            if needle in text:
                break
        else:
            continue
        lines = lines or [line[:LINE_LIMIT].rstrip("\r") for line in text[:_TEXT_LIMIT].split("\n")]
        if language.name in _AT_NAMES:
            at = at or _at(lines)
            if at not in {language.name, "none"}:
                continue
        if found := language.parse(lines):
            return found
    return None


_AT_NAMES: Final = frozenset(name for name, _ in _AT)


def _at(lines: list[str]) -> str:
    for line in lines:
        if line.lstrip().startswith("at "):
            for name, frame in _AT:
                if frame(line):
                    return name
    return "none"


def is_fragment(line: str) -> bool:
    """Whether the line can only be a part of a stack trace: a head, a frame, a link between exceptions.

    Source lines of Python's frames are not recognised, for they can be anything.
    """
    return _FRAGMENT.match(line[:LINE_LIMIT].rstrip("\r\n")) is not None


def is_crash(line: str) -> bool:
    """Whether the line alone says that a process ended, or is about to."""
    return _CRASH.match(line[:LINE_LIMIT]) is not None


_INDENTED: Final = "^[[:space:]]+[^[:space:]]"
_MAX_PATTERN: Final = 1_000


def sink_patterns() -> tuple[str, ...]:
    """Regular expressions of single lines that a stack trace may consist of, for the log sink's filter.

    In RE2's syntax without backslashes and quotes, each anchored at the start. Indented lines are let through as
    they are: source code, messages, frames. What is lost: a line of a message that stands in the first column.
    """
    rows = [
        f"({posix(pattern)})"
        for language in LANGUAGES
        for pattern in dict.fromkeys((*language.fragments, *language.crash, *language.lines))
        if not pattern.startswith(r"\s+")
    ]
    found = [_INDENTED]
    group: list[str] = []
    for row in dict.fromkeys(rows):
        if group and sum(map(len, group)) + len(row) > _MAX_PATTERN:
            found.append(f"^({'|'.join(group)})")
            group = []
        group.append(row)
    return (*found, f"^({'|'.join(group)})")


class Reach(NamedTuple):
    """How far the stack trace that begins at a line reaches.

    Attributes:
        end: index after its last line; the beginning where there is none.
        is_open: the next line, which is not there yet, may belong.
        crossed_at: where another trace began inside of it, 0 where none did.
    """

    end: int
    is_open: bool
    crossed_at: int = 0


class _Beginning(NamedTuple):
    """A language in whose traces a line may be the first one, and by what sign."""

    language: Language
    is_sure: bool
    is_any: bool


_SHAPE: Final = bytes.maketrans(b"123456789", b"000000000")
_BEGINNINGS: Final[dict[bytes, tuple[_Beginning, ...]]] = {}
_MAX_SHAPES: Final = 4_096
_NEXT: Final = 2
"""Lines below a first line that can be any, among which a frame has to stand."""


def extent(lines: Sequence[str], at: int, *, is_after: bool, ahead: int = 0) -> Reach:
    """The longest trace of any language that begins at `lines[at]`.

    Args:
        lines: of one printer, in order.
        at: where it begins.
        is_after: a trace ended just above, so that a line without a sign of its own is no head.
        ahead: how far the next line is that can only be a part of a trace; 0 is this one, or unknown.
    """
    best = Reach(at, is_open=False)
    for language, is_sure, is_any in _beginnings(lines[at][:LINE_LIMIT]):
        if (is_after and not is_sure) or (is_any and ahead > _NEXT):
            continue
        found = language.automaton.extent(lines, at)
        if found.crossed_at and best.end == at:
            best = Reach(at, is_open=False, crossed_at=found.crossed_at)
        if found.end > best.end or (found.is_open and best.end == at):
            best = Reach(found.end, found.is_open)
    return best


def _beginnings(line: str) -> tuple[_Beginning, ...]:
    # Lines that differ in digits are asked once: every line near a frame is asked.
    shape = line.encode("utf-8", "surrogatepass").translate(_SHAPE)
    known = _BEGINNINGS.get(shape)
    if known is None:
        if len(_BEGINNINGS) >= _MAX_SHAPES:
            _BEGINNINGS.clear()
        known = _BEGINNINGS[shape] = tuple(
            _Beginning(language, language.automaton.begins_surely(line), not language.automaton.may_begin(line))
            for language in LANGUAGES
            if language.automaton.begin(line) is not None
        )
    return known


def may_begin(line: str) -> bool:
    """Whether the line has a sign of being the first one of a trace."""
    return any(language.automaton.may_begin(line[:LINE_LIMIT]) for language in LANGUAGES)
