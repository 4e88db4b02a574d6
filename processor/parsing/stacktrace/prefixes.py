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
    rf"(?:{_CLOCK} )?(?=[\w.-]*[A-Za-z])[\w.-]{{1,60}} *\|"
    # Nov 24 08:21:01 host till[812]: ...
    rf"|[A-Z][a-z]{{2}}  ?\d+ {_CLOCK} \S+ [\w./@-]+(?:\[\d+\])?:"
    # [2025-11-24, 03:00:12 UTC] {{subprocess.py:93}} INFO - ...
    rf"|\[{_DAY},? ?T?{_CLOCK}{_ZONE}\] \{{[\w.]+:\d+\}} [A-Z]+ -"
    # 2025-11-24T08:22:00.1Z stderr F ...; 2025-11-24T08:22:00+00:00 app[web.1]: ...; [2025-11-24 08:22:00] ...
    rf"|\[?{_DAY}[T ]{_CLOCK}{_ZONE}\]?:?(?: std(?:err|out) [FP]| [\w.-]+\[[\w.-]+\]:)?"
    r"|App \d+ (?:output|stderr):"
    r")(?: |\t|$)"
)
_MOST: Final = 0.8
_EXAMINED: Final = 2_000


def unprefixed(line: str) -> str:
    """Return a line without the prefix of its collector."""
    match = PREFIX.match(line)
    return line[match.end() :] if match else line


def without_prefixes(lines: Sequence[str]) -> list[str] | None:
    """Return the lines of a text without their prefixes; None if they have none."""
    if len(lines) < 2 or not PREFIX.match(lines[0]):  # noqa: PLR2004 - a single line is no trace
        return None
    filled = [line for line in lines[:_EXAMINED] if line.strip()]
    if sum(PREFIX.match(line) is not None for line in filled) < _MOST * len(filled):
        return None
    return [unprefixed(line) for line in lines]
