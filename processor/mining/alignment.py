"""Alignment: the values of a masked message in the text that it came from.

Promises: pure, bounded, never raises; a tuple with a value for each `<*>` of the message, "" if the text does not
determine it. Grouping never uses the result: it is for display only.
"""

from __future__ import annotations

from difflib import SequenceMatcher
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from processor.mining.masks import CUT, VALUE
from processor.mining.scripts import plain
from processor.model.values import MAX_VALUE_CHARS

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_PLACES: Final = 12
_MAX_TEXT: Final = 2048
_MAX_WORDS: Final = 96
_MAX_FRAMES: Final = 4096
_ROUND: Final = "\"'`()[]{}<>,;:."


class _Frame(NamedTuple):
    """A masked message as the texts between its values; `is_whole`: all of them, up to the end of the message."""

    literals: tuple[str, ...]
    is_whole: bool


@lru_cache(_MAX_FRAMES)
def _frame(masked: str) -> _Frame:
    literals = tuple(masked.removesuffix(f" {CUT}").split(VALUE)[: MAX_PLACES + 1])
    return _Frame(literals, len(literals) == masked.count(VALUE) + 1 and not masked.endswith(CUT))


def values_of(masked: str, text: str) -> tuple[str, ...]:
    """Return the text at each `<*>` of a masked message, at most a dozen."""
    if VALUE not in masked:
        return ()
    literals, is_whole = _frame(masked)
    if len(text) > _MAX_TEXT:
        text, is_whole = text[:_MAX_TEXT], False
    flat = " ".join((text if text.isascii() else plain(text)).split())
    found = _between(literals, flat, is_whole=is_whole) or _by_words(masked, flat)
    for value in found:
        if len(value) > MAX_VALUE_CHARS:
            return tuple(one if len(one) <= MAX_VALUE_CHARS else one[: MAX_VALUE_CHARS - 1] + "…" for one in found)
    return tuple(found)


def _between(literals: Sequence[str], text: str, *, is_whole: bool) -> list[str]:
    """Return the texts between the literals, each searched once from left to right; [] if a literal is missing."""
    if not text.startswith(literals[0]):
        return []
    at = len(literals[0])
    values = []
    for number, literal in enumerate(literals[1:], 1):
        is_last = number == len(literals) - 1
        if is_last and is_whole:
            end = len(text) - len(literal) if text.endswith(literal) else -1
        else:
            end = text.find(literal, at + 1) if literal else len(text)
        if end < at:
            return []
        values.append(text[at:end])
        at = end + len(literal)
    return values


def _by_words(masked: str, text: str) -> list[str]:
    """Return the same by the words common to both in order, if masking changed more than the values."""
    words, said = masked.split()[:_MAX_WORDS], text.split()[:_MAX_WORDS]
    same = [word.strip(_ROUND) for word in words], [word.strip(_ROUND) for word in said]
    values: list[str] = []
    for kind, first, last, start, end in SequenceMatcher(None, *same, autojunk=False).get_opcodes():
        marks = [word.count(VALUE) for word in words[first:last]]
        if kind == "equal" or not sum(marks):
            continue
        if last - first == end - start:
            pairs = zip(words[first:last], said[start:end], marks, strict=True)
            for word, one, count in pairs:
                values += _between(word.split(VALUE), one, is_whole=True) or [""] * count
        elif sum(marks) == 1 and last - first == 1:
            values += _between(words[first].split(VALUE), " ".join(said[start:end]), is_whole=True) or [""]
        else:
            values += [""] * sum(marks)
    return values[:MAX_PLACES]
