"""Names inside sentences without blanks: spans of characters in which several messages differ.

Promises: pure; the result depends on the set of messages, not on their order. A span is a value if several messages
agree before and after it, and differ in its first and last character.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from processor.mining.scripts import LEAST_SAID, MAX_SPAN, is_cluster, says_something

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Span(NamedTuple):
    """A message and a place in it that is a value: its tokens, its text, first token, token after the last."""

    tokens: tuple[str, ...]
    text: str
    start: int
    end: int


def earned(tokens: tuple[str, ...], messages: Iterable[tuple[tuple[str, ...], str]], *, least: int) -> Iterator[Span]:
    """Return each place of `tokens` at which at least `least` of the messages, itself included, have different names.

    The span refers to the smallest of these messages, so that the order of arrival does not matter.
    """
    near = [(start, rest, one, text) for one, text in messages for start, rest in [_common(tokens, one)]]
    length = len(tokens)
    frames = {
        (start, rest)
        for start, rest, one, _ in near
        if one != tokens and _is_name(tokens[start : length - rest]) and _is_name(one[start : len(one) - rest])
    }
    for start, rest in sorted(frames):
        said = sum(map(is_cluster, tokens)) - (length - rest - start)
        alike = {
            (text, one)
            for first, last, one, text in near
            if first >= start and last >= rest and _is_name(one[start : len(one) - rest])
        }
        if said >= LEAST_SAID and len({one[start : len(one) - rest] for _, one in alike}) >= least:
            text, one = min(alike)
            yield Span(one, text, start, len(one) - rest)


def _common(one: tuple[str, ...], other: tuple[str, ...]) -> tuple[int, int]:
    """Return the number of shared tokens at the beginning of two messages, and at the end of the rest."""
    if one == other:
        return len(one), len(one)
    shortest = min(len(one), len(other))
    start = next((i for i in range(shortest) if one[i] != other[i]), shortest)
    rest = next((i for i in range(shortest - start) if one[-1 - i] != other[-1 - i]), shortest - start)
    return start, rest


def _is_name(span: tuple[str, ...]) -> bool:
    return 0 < len(span) <= MAX_SPAN and all(map(is_cluster, span)) and not says_something("".join(span))
