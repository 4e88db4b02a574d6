"""A sample's stack trace for readers: the application's own lines marked, runs of library lines folded. Pure.

The owner of each line is known from `processor.parsing.stacktrace`; the text is shown unchanged.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final, NamedTuple

from processor.parsing import stacktrace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_MAX_LINES: Final = 400
_FOLD_FROM: Final = 3
"""Two library lines take no more room than the line that would stand for them."""
_LONG: Final = 30
_KEPT: Final = 2


class Part(NamedTuple):
    """Consecutive lines. `whose`: "own", "library", or "" if they are no calls: message, header, source text."""

    whose: str
    text: str
    lines: int

    @property
    def is_folded(self) -> bool:
        """Whether these are folded, to be shown on demand."""
        return self.whose == "library" and self.lines >= _FOLD_FROM


def parts(text: str) -> tuple[Part, ...]:
    """Return the text in parts, a single one if it has no stack trace. Together they are the text, line by line."""
    lines = text.split("\n")
    found = stacktrace.parse(text) if len(lines) > 1 else None
    if found is None:
        return (Part("", text, len(lines)),)
    calls = {(frame.function, frame.module): frame.in_app for raised in found.chain for frame in raised.frames}
    marks = {(_last(function), _last(module)): own for (function, module), own in calls.items()}
    marked = list(zip(_owners(lines[:_MAX_LINES], marks), lines, strict=False))
    grouped = [(whose, [line for _, line in group]) for whose, group in groupby(marked, key=lambda pair: pair[0])]
    rest = lines[_MAX_LINES:]
    made = [Part(whose, "\n".join(group), len(group)) for whose, group in grouped]
    return (*made, Part("", "\n".join(rest), len(rest))) if rest else tuple(made)


def folded(text: str) -> str:
    """Return a long trace with its own lines and those around them: a line with their number stands for the others.

    Without a line of its own it is unchanged, since nothing tells which of its lines matter.
    """
    if text.count("\n") < _LONG:
        return text
    found = parts(text)
    if not any(part.whose == "own" for part in found):
        return text
    return "\n".join(part.text if part.lines <= 2 * _KEPT + 1 else _short(part) for part in found)


def _short(part: Part) -> str:
    if part.whose != "library":
        return part.text
    lines = part.text.split("\n")
    indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    return "\n".join([*lines[:_KEPT], f"{indent}… {part.lines - 2 * _KEPT} library lines", *lines[-_KEPT:]])


def _owners(lines: Iterable[str], marks: dict[tuple[str, str], bool]) -> Iterator[str]:
    """Return the owner of each line; lines indented deeper than a call (its source text) belong to it."""
    whose, indent = "", 0
    for line in lines:
        depth = len(line) - len(line.lstrip())
        own = next((own for (function, module), own in marks.items() if function in line and module in line), None)
        if own is not None:
            whose, indent = "own" if own else "library", depth
        elif depth <= indent:
            whose = ""
        yield whose


def _last(name: str) -> str:
    """Return the last part of a path, class or package, which the line itself certainly contains."""
    return name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[-1] if "/" not in name else name.rsplit("/", 1)[-1]
