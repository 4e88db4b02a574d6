"""Merge proposals, the counterpart of split proposals: similar clusters that always occur in the same minutes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from processor.mining.vocabulary import WordKind, kind_of
from processor.mining.wildcards import tokenise

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processor.model import Cluster

_LEAST_MINUTES: Final = 5
_TOGETHER: Final = 0.8
"""Minimum share of minutes with both, of the minutes with either. Two causes that only overlap share fewer."""
_MOST_WORDS: Final = 2
_MOST: Final = 5


class MergeProposal(NamedTuple):
    """A cluster that may be the same problem.

    Attributes:
        id: the other cluster.
        words: the differences, as (word here, word there).
        together: share of the minutes that both were seen in, 0 to 1.
    """

    id: str
    template: str
    words: tuple[tuple[str, str], ...]
    together: float


def proposals(cluster: Cluster, others: Iterable[Cluster]) -> tuple[MergeProposal, ...]:
    """Return at most five clusters of the stream that differ in one or two words and occur in the same minutes.

    Words that never become a value (outcomes, opposites, joining words, exceptions) do not count as such differences.
    """
    found = [
        MergeProposal(other.id, other.template, words, together)
        for other in others
        if other.id != cluster.id and other.stream == cluster.stream and not (other.overflow or cluster.overflow)
        if (together := _together(cluster, other)) >= _TOGETHER
        if (words := _difference(cluster.template, other.template))
    ]
    return tuple(sorted(found, key=lambda one: (-one.together, one.id))[:_MOST])


def _together(one: Cluster, other: Cluster) -> float:
    if min(len(one.minutes), len(other.minutes)) < _LEAST_MINUTES:
        return 0.0
    both = one.minutes.keys() & other.minutes.keys()
    return len(both) / len(one.minutes.keys() | other.minutes.keys())


def _difference(one: str, other: str) -> tuple[tuple[str, str], ...]:
    """Return the words in which two templates of equal length differ; () if there are many or any is never a value."""
    mine, theirs = tokenise(one), tokenise(other)
    if len(mine) != len(theirs):
        return ()
    words = tuple(pair for pair in zip(mine, theirs, strict=True) if pair[0] != pair[1])
    fixed = (WordKind.KEPT, WordKind.FUNCTION)
    if len(words) > _MOST_WORDS or any(kind_of(word) in fixed and word[0] != "<" for pair in words for word in pair):
        return ()
    return words
