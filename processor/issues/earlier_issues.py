"""Clusters whose issue is older than those compared one by one: found by an index of their words. No IO, no request.

Of many thousands only the words, the exceptions and the triage are kept. Evidence of the moment (bursts, instances,
revisions) means nothing between an old problem and a new one and is left out.
"""

from __future__ import annotations

import heapq
from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from processor.model.patterns import regex
from processor.triage import related
from processor.triage.features import Burst, features
from processor.triage.related import Sign

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from processor.model import Cluster, Triage
    from processor.triage.features import Features

_MOST: Final = 2_000
_MAX_TEXT: Final = 2_000
_COMPARED: Final = 30
WORD: Final = regex(r"[A-Za-z_]\w+")
_LASTING: Final = (Sign.EXCEPTION, Sign.TEMPLATE)


class _Earlier(Struct, frozen=True):
    known: Features
    triage: Triage


class EarlierIssues:
    """An index of clusters that have an issue."""

    def __init__(self) -> None:
        self._clusters: dict[str, _Earlier] = {}
        self._by_word: dict[str, set[str]] = defaultdict(set)

    def learn(self, clusters: Iterable[Cluster]) -> None:
        """Replace the indexed clusters; of very many only the latest. Known ones cost nothing."""
        latest = {one.id: one for one in heapq.nlargest(_MOST, clusters, key=lambda one: (one.first_seen, one.id))}
        for gone in self._clusters.keys() - latest.keys():
            for word in _words(self._clusters.pop(gone).known):
                self._by_word[word].discard(gone)
        for one in latest.values():
            if one.id in self._clusters:
                self._clusters[one.id] = replace(self._clusters[one.id], triage=one.triage)
            else:
                self._add(one)

    def _add(self, cluster: Cluster) -> None:
        for known in features([cluster]):  # none of an overflow cluster
            kept = replace(known, text=known.text[:_MAX_TEXT], burst=Burst(0, 0, {}), instances=frozenset())
            self._clusters[cluster.id] = _Earlier(kept, cluster.triage)
            for word in _words(kept):
                self._by_word[word].add(cluster.id)

    def like(self, one: Features) -> Iterator[tuple[str, Triage, Sign]]:
        """Yield the id and triage of clusters with the same exception or a similar template, and which of the two."""
        shared: Counter[str] = Counter()
        for word in _words(one):
            # A word that few clusters have tells more.
            weight = 1_000 // (len(self._by_word.get(word, ())) or 1) + 1
            for name in self._by_word.get(word, ()):
                shared[name] += weight
        for name in heapq.nsmallest(_COMPARED, shared, key=lambda each: (-shared[each], each)):
            found = self._clusters[name]
            lasting = [each.sign for each in related.evidence(one, found.known) if each.sign in _LASTING]
            if name != one.id and lasting:
                yield name, found.triage, lasting[0]


def _words(one: Features) -> set[str]:
    return {*one.words, *WORD.findall(" ".join(one.raised))}
