"""What a collector puts in front of every line: a time, a container's name, a unit of systemd, a task's logger.

Promises: a text loses its prefixes only if almost all of its lines have one, so that the records of a logger in front
of a trace keep theirs. Linear in the text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processor.model.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Sequence

_DAY: Final = r"\d+-\d+-\d+"
_CLOCK: Final = r"\d+:\d+:\d+(?:[.,]\d+)?"
_ZONE: Final = r"(?:Z| ?UTC| ?[+-]\d+:?\d*)?"
PREFIX: Final = regex(
    r"(?:"
    # cart-1  | ...; 08:21:01 web.1  | ...
    rf"(?:{_CLOCK} )?(?=[\w.-]*[A-Za-z])[\w.-]{{1,60}}+ *+\|"
    # Nov 24 08:21:01 host till[812]: ...
    rf"|[A-Z][a-z]{{2}}  ?\d+ {_CLOCK} \S+ [\w./@-]+(?:\[\d+\])?:"
    # [2025-11-24, 03:00:12 UTC] {{subprocess.py:93}} INFO - ...
    rf"|\[{_DAY},? ?T?{_CLOCK}{_ZONE}\] \{{[\w.]+:\d+\}} [A-Z]+ -"
    # 2025-11-24T08:22:00.1Z stderr F ...; 2025-11-24T08:22:00+00:00 app[web.1]: ...; [2025-11-24 08:22:00] ...
    rf"|\[?{_DAY}[T ]{_CLOCK}{_ZONE}\]?:?(?: std(?:err|out) [FP]| [\w.-]+\[[\w.-]+\]:)?"
    # (bake pid=2301, ip=10.0.0.7) ... of Ray; ! ... of Dropwizard
    r"|(?:\x1b\[\d+m)?\(\w[\w.:<>-]{0,60} (?:pid|id)=\d+(?:, ip=[\d.]+)?\)(?:\x1b\[\d+m)?|!"
    r"|App \d+ (?:output|stderr):"
    # 11-24 08:21:01.123  2301  2319 E AndroidRuntime: ...; E/AndroidRuntime( 2301): ...
    rf"|(?:\d+-\d+ {_CLOCK} +(?:\d+ +\d+ )?)?[VDIWEFA][ /][\w.$-]{{1,60}} *(?:\( *\d+\))?:"
    r")(?: |\t|$)"
)
_MOST: Final = 0.8
_INDENT: Final = ("", " ", "\t", "\n", "\r")
_EXAMINED: Final = 2_000


def unprefixed(line: str) -> str:
    """Return a line without the prefix of its collector."""
    match = PREFIX.match(line)
    return line[match.end() :] if match else line


def is_prefixed(text: str) -> bool:
    """Return whether one of the first two lines of a text of several lines has a prefix; no prefix has an indent."""
    if PREFIX.match(text) is not None:
        return True
    second = text.index("\n") + 1
    return text[second : second + 1] not in _INDENT and PREFIX.match(text, second) is not None


def without_prefixes(lines: Sequence[str]) -> list[str] | None:
    """Return the lines of a text without their prefixes; None if they have none.

    The first line may have lost its prefix already: a time in front of a text is read as the time of the record.
    """
    if not any(PREFIX.match(line) for line in lines[:2]) or len(lines) < 2:  # noqa: PLR2004 - a single line is no trace
        return None
    below = [line for line in lines[1:_EXAMINED] if line.strip()]
    if not below or sum(PREFIX.match(line) is not None for line in below) < _MOST * len(below):
        return None
    return [unprefixed(line) for line in lines]
