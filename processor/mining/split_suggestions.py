"""Split proposals: a wildcard that is nearly always the same word may hide a problem behind many others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from processor.model.facets import OTHER, word_place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.model import Cluster

_LEAST_ENTRIES: Final = 50
_SHARE: Final = 0.5
"""Each of a dozen equally frequent words has a share of 0.08."""


class Proposal(NamedTuple):
    """A word of a wildcard that deserves a look.

    Attributes:
        place: the facet that shows it, "word 1" for the first wildcard.
        share: of the entries counted since the wildcard was created, 0 to 1.
    """

    place: str
    word: str
    share: float


def proposals(cluster: Cluster) -> tuple[Proposal, ...]:
    """Return words that make up at least half of a wildcard's occurrences, most frequent first."""
    found = [
        Proposal(name, *top)
        for name, values in cluster.facets.items()
        if word_place(name) and (top := _dominant(values)) is not None
    ]
    return tuple(sorted(found, key=lambda proposal: (-proposal.share, proposal.place)))


def _dominant(values: Mapping[str, int]) -> tuple[str, float] | None:
    total = sum(values.values())
    word = max((one for one in values if one != OTHER), key=lambda one: (values[one], one), default=None)
    if word is None or total < _LEAST_ENTRIES or values[word] < _SHARE * total:
        return None
    return word, values[word] / total
