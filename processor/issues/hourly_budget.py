"""The number of issues that may be opened in an hour, over all workers that share the state.

Urgent issues are never held back: P0 and incidents are exempt, and a part of the budget is reserved for P1.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from processor.model import Priority

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processor.model import Cluster
    from processor.model.ports import Clock, Store

_HOUR: Final = timedelta(hours=1)
_RESERVE: Final = 4
"""One issue in so many is kept for P1."""


class HourlyBudget:
    """Counts the issues requested by all workers, from the clusters' notes."""

    def __init__(self, store: Store, *, clock: Clock, issues_per_hour: int) -> None:
        self._store = store
        self._clock = clock
        self._most = issues_per_hour
        self._asked = 0

    def begin(self, clusters: Iterable[Cluster]) -> None:
        """Begin a turn over these clusters."""
        self._asked = self._count(clusters, "")

    def allows(self, cluster: Cluster, *, is_incident: bool) -> bool:
        """Return whether its issue may be opened, as far as this worker knows."""
        return _is_outside(cluster, is_incident=is_incident) or self._asked < self._limit(cluster)

    def spend(self, cluster: Cluster, *, is_incident: bool) -> None:
        """Record a request."""
        self._asked += not _is_outside(cluster, is_incident=is_incident)

    def is_within(self, cluster: Cluster, cluster_id: str, *, is_incident: bool) -> bool:
        """Return whether the budget holds once the claim is stored: the last to claim sees all others."""
        if _is_outside(cluster, is_incident=is_incident):
            return True
        return self._count(self._store.clusters(), cluster_id) < self._limit(cluster)

    def _limit(self, cluster: Cluster) -> int:
        urgent = cluster.triage.priority in (Priority.P0, Priority.P1)
        return self._most if urgent else self._most - self._most // _RESERVE

    def _count(self, clusters: Iterable[Cluster], but: str) -> int:
        since = self._clock.now() - _HOUR
        asked = (c.triage.notes.asked_at for c in clusters if c.id != but)
        return sum(at is not None and at > since for at in asked)


def _is_outside(cluster: Cluster, *, is_incident: bool) -> bool:
    return is_incident or cluster.triage.priority is Priority.P0
