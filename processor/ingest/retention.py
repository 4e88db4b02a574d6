"""Retention: remove clusters that have been silent for longer than the retention period, and redact raw samples.

Silence is measured in event time, up to the newest entry of all: a replayed old export is not old relative to itself,
and a worker that was off for a year finds its clusters unchanged.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from processor.model import AuditRecord, Status
from processor.model.errors import Transient
from processor.model.forget import Forget

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processor.model import Cluster
    from processor.model.ports import Clock, Store

_PAUSE: Final = timedelta(days=1)
_AT_ONCE: Final = 200
_AFTER_START: Final = timedelta(minutes=10)
"""A worker that is started for a file, or again and again, looks for raw samples only if it stays."""
_SLICE: Final = timedelta(seconds=20)
_IN_SLICE: Final = 25
"""Clusters in a slice: a dozen samples of each take a third of a second, for which nothing is counted."""
WHO: Final = "retention"


class Retention:
    """A worker's daily removal of old clusters.

    Args:
        days: of silence; 0 keeps everything.
    """

    def __init__(self, store: Store, *, clock: Clock, days: int) -> None:
        self._store = store
        self._clock = clock
        self._days = days
        self._due_at: datetime | None = None

    def run_if_due(self, done: bool) -> None:  # noqa: ARG002  # the worker's `PeriodicTask`
        """Remove old clusters, once a day. If the store is unavailable, retry the next day."""
        now = self._clock.now()
        if not self._days or (self._due_at is not None and now < self._due_at):
            return
        self._due_at = now + _PAUSE
        try:
            old = too_old(self._store.clusters(), timedelta(days=self._days))[:_AT_ONCE]
            if old:
                detail = f"silent for {self._days} days:"
                self._store.forget(Forget(clusters=frozenset(old)), AuditRecord(now, WHO, "forget", "", detail))
        except Transient:
            return


class RawRetention:
    """A worker's daily redaction of samples that were stored as they came, in slices between checkpoints.

    Age is from the entry's time to the clock's: a raw sample must not stay because nothing new comes. With `days` 0 it
    also takes what an earlier setting, or an earlier rule, left.
    """

    def __init__(self, store: Store, *, clock: Clock, days: int) -> None:
        self._store = store
        self._clock = clock
        self._kept = timedelta(days=days)
        self._due_at = clock.now() + _AFTER_START
        self._after = ""

    def run_if_due(self, done: bool) -> None:  # noqa: ARG002  # the worker's `PeriodicTask`
        """Redact a slice. If the store is unavailable or another writer was first, the same slice comes again."""
        now = self._clock.now()
        if now < self._due_at:
            return
        self._due_at = now + _SLICE
        try:
            self._after = self._store.redact_samples(now - self._kept, after=self._after, limit=_IN_SLICE)
        except Transient:
            return
        if not self._after:
            self._due_at = now + _PAUSE


def too_old(clusters: Iterable[Cluster], kept: timedelta) -> list[str]:
    """Return the ids of the clusters last seen this long before the newest entry, oldest first.

    A cluster whose issue still waits for somebody stays.
    """
    everything = list(clusters)
    newest = max((one.last_seen for one in everything), default=None)
    if newest is None:
        return []
    old = [one for one in everything if newest - one.last_seen > kept and not _waits(one)]
    return [one.id for one in sorted(old, key=lambda one: (one.last_seen, one.id))]


def _waits(cluster: Cluster) -> bool:
    triage = cluster.triage
    return triage.issue is not None and triage.status in (Status.OPEN, Status.ACKNOWLEDGED) and not triage.quiet
