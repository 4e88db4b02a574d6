"""Automata over the lines of a log: how far a stack trace from a given line extends.

Promises: one pass, one line at a time, each line matched at its start by the rules of the current state; the answer is
the longest accepted stretch, so lines that may belong (a message of several lines) belong where a frame follows. Must
not know a language, or the source of the lines.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from processor.model.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_LINES: Final = 1_100
"""Maximum lines of a trace; longer traces are cut. The JVM prints 1,024 frames of an overflow."""
LINE_LIMIT: Final = 600
"""Characters of a line that are examined."""
ANY_LINE: Final = frozenset({"line", "error"})
"""States after an arbitrary first line: the next line decides whether a trace begins."""
VAGUE: Final = ANY_LINE | {"code", "quoted", "rule", "bare"}
"""These, and the states after a line that begins a trace only together with the following lines."""
_MAX_UNCERTAIN: Final = 40  # lines of a message, before its first frame

Rules = tuple[tuple[re.Pattern[str], str], ...]


class Extent(NamedTuple):
    """Result of an automaton for the lines from `at` on.

    Attributes:
        end: index after the last line that belongs; `at` if nothing is accepted.
        is_open: the lines ended before the trace did, so that the next line may belong.
        crossed_at: start of another trace of the language inside the unfinished trace; 0 for none.
    """

    end: int
    is_open: bool
    crossed_at: int = 0


class Automaton:
    """A start, states with rules, and the states in which the lines read form a trace.

    Args:
        start: (pattern, state): the first pattern that matches the first line decides.
        states: by state, the rules for the line that follows. No rule: the trace ended above that line.
        accepting: the states in which the lines read so far are a trace.
        unfinished: the states in which the runtime always prints more: another head there begins another trace.
    """

    def __init__(
        self,
        start: Rules,
        states: Mapping[str, Rules],
        accepting: frozenset[str],
        unfinished: frozenset[str] = frozenset(),
    ) -> None:
        self._start = start
        self._states = states
        self._accepting = accepting
        self._unfinished = unfinished

    def begin(self, line: str) -> str | None:
        """Return the state after a first line, None if no trace begins with it."""
        return _next(self._start, line)

    def begins_surely(self, line: str) -> bool:
        """Return whether the line itself is a head, regardless of the lines that follow."""
        state = self.begin(line)
        return state is not None and state not in VAGUE

    def may_begin(self, line: str) -> bool:
        """Return whether the line looks like the first line of a trace; most other lines do not."""
        state = self.begin(line)
        return state is not None and state not in ANY_LINE

    def follows(self, line: str) -> bool:
        """Return whether a trace that begins with an arbitrary line may go on with this one."""
        return any(_next(self._states[state], line) is not None for state in ANY_LINE if state in self._states)

    def extent(self, lines: Sequence[str], at: int) -> Extent:
        """Return the extent of the trace that begins at `lines[at]`; blank lines never end a trace."""
        state = self.begin(lines[at][:LINE_LIMIT])
        if state is None:
            return Extent(at, is_open=False)
        end = at + 1 if state in self._accepting else at
        uncertain = 0
        for index in range(at + 1, min(len(lines), at + MAX_LINES)):
            line = lines[index][:LINE_LIMIT]
            if not line or line.isspace():
                continue
            following = _next(self._states[state], line)
            if following is None or uncertain > _MAX_UNCERTAIN:
                is_crossed = state in self._unfinished and self.begins_surely(line)
                return Extent(end, is_open=False, crossed_at=index if is_crossed else 0)
            state = following
            uncertain += 1
            if state in self._accepting:
                end, uncertain = index + 1, 0
        return Extent(end, is_open=len(lines) < at + MAX_LINES)


def rules(*rows: tuple[str, str]) -> Rules:
    """Compile (regular expression, state) rows; `""` is any line, and the state "" is the end above it."""
    return tuple((regex(text) if text else ANY, state) for text, state in rows)


def _next(rows: Rules, line: str) -> str | None:
    for pattern, state in rows:
        if pattern.match(line):
            return state or None
    return None


ANY: Final = regex("")
