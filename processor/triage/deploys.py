"""Relate a cluster to deploys: new in a revision, gone since a revision, or late entries of an old one. Pure.

A service's revisions are known from its entries, ordered by when each was first seen. Promises: nothing is said where
revisions are not known or where there was only one; "gone" is said only when chance does not explain the silence.
Must not decide what follows from it (`processor.triage.policy`).
"""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from processor.model import Cluster, Span

_CHANCE: Final = 0.01
_OVERLAP: Final = timedelta(hours=1)
"""Old instances go on for so long after a deploy."""
_MIN_SILENCE: Final = timedelta(hours=6)
"""A burst of a second would be called gone at once otherwise."""


class View(Struct, frozen=True):
    """How one cluster relates to the revisions of its service.

    Attributes:
        new_in: it came with this revision; the service had another one before. "" otherwise.
        gone_since: the oldest revision in which it was never seen, though that runs long enough; "" otherwise.
        late: entries after it was settled come from revisions older than the service's newest only.
    """

    new_in: str = ""
    gone_since: str = ""
    late: bool = False


class Deploys:
    """The revisions of every service, collected from its clusters."""

    def __init__(self, clusters: Iterable[Cluster]) -> None:
        self._spans: dict[tuple[str, str], dict[str, Span]] = defaultdict(dict)
        for cluster in clusters:
            known = self._spans[cluster.stream.project, cluster.stream.service]
            for name, span in cluster.revisions.items():
                known[name] = known[name] + span if name in known else span

    def revisions(self, cluster: Cluster) -> tuple[str, ...]:
        """The revisions of the cluster's service, in the order in which they came."""
        spans = self._of(cluster)
        return tuple(sorted(spans, key=lambda name: (spans[name].first_seen, name)))

    def view(self, cluster: Cluster) -> View:
        """Return how this cluster relates to the revisions of its service."""
        names = self.revisions(cluster)
        if len(names) < 2 or not cluster.revisions:  # noqa: PLR2004  # one revision is no deploy
            return View()
        return View(
            new_in=cluster.first_revision if cluster.first_revision != names[0] else "",
            gone_since=self._gone(cluster, names),
            late=_is_late(cluster, names),
        )

    def _gone(self, cluster: Cluster, names: tuple[str, ...]) -> str:
        """The first revision after the cluster's last one, once it has run for long enough.

        As in `policy.is_quiet`: n occurrences spread at random over span + silence all fall into the span with
        probability (span / (span + silence)) ** (n - 1). The silence is counted from the revision's first entry
        to its last, the time in which it is known to run.
        """
        newest = max(names.index(name) for name in cluster.revisions)
        if newest + 1 == len(names):
            return ""
        after = [self._of(cluster)[name] for name in names[newest + 1 :]]
        began = max(cluster.last_seen, after[0].first_seen)
        silence = max(span.last_seen for span in after) - began
        if silence < _MIN_SILENCE or cluster.last_seen > after[0].first_seen + _OVERLAP:
            return ""
        span_s = (cluster.last_seen - cluster.first_seen).total_seconds()
        chance = (span_s / (span_s + silence.total_seconds())) ** (cluster.occurrences - 1)
        return names[newest + 1] if chance < _CHANCE else ""

    def _of(self, cluster: Cluster) -> Mapping[str, Span]:
        return self._spans.get((cluster.stream.project, cluster.stream.service), {})


def _is_late(cluster: Cluster, names: tuple[str, ...]) -> bool:
    """Instances of an old revision go on for a while; the fix cannot be in them."""
    settled: datetime | None = cluster.triage.resolved_at
    if settled is None or cluster.last_seen <= settled:
        return False
    seen = [name for name, span in cluster.revisions.items() if span.last_seen > settled]
    before = [name for name, span in cluster.revisions.items() if span.first_seen <= settled]
    return bool(seen) and set(seen) <= set(before) and names[-1] not in cluster.revisions
