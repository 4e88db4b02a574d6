"""What the store said last, ready to be looked at: the one thing that all viewers of a process share.

`StateReader` is the only part of the page and of the terminal that calls the store's readers. It keeps the last answer
when the store is away and opens the store anew on the next call. It must not be called from two threads at once.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Final

from processor.model import Totals
from processor.model.errors import StateError, Transient
from processor.triage.incidents import incidents as find_incidents
from processor.triage.operate import carry_out
from processor.views.rates import Rates, figures_of, reference_time

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processor.model import AuditRecord, Cluster, Rejected, WorkerState
    from processor.model.ports import Store
    from processor.triage.incidents import Incident
    from processor.triage.operate import Wish

_PATIENCE: Final = timedelta(seconds=4)
_FIRST_PATIENCE: Final = timedelta(seconds=60)
AUDIT_SHOWN: Final = 200
REJECTED_SHOWN: Final = 50
_FULL_AT_LEAST: Final = timedelta(seconds=60)
_SHARE: Final = 2
_SAMPLE_SEARCHED: Final = 300


@dataclass(frozen=True, slots=True)
class Row:
    """A cluster with its figures and the lower-case text that search looks through."""

    cluster: Cluster
    figures: Rates
    haystack: str


@dataclass(frozen=True)
class Snapshot:
    """The state at one time.

    Attributes:
        version: grows when anything that is shown has changed.
        at: when the store was read.
        reference: what rates are relative to.
        ids: every id that resolves, aliases included, to its root's.
        problem: why the store could not be read since, "" while it answers.
        away_since: since when it does not answer.
    """

    version: int
    at: datetime
    reference: datetime
    rows: Mapping[str, Row]
    ids: Mapping[str, str]
    totals: Totals
    workers: tuple[WorkerState, ...]
    rejected: tuple[Rejected, ...]
    audit: tuple[AuditRecord, ...]
    problem: str = ""
    away_since: datetime | None = None

    def row(self, cluster_id: str) -> Row | None:
        """The row of a cluster or of the one that continues it."""
        return self.rows.get(self.ids.get(cluster_id, ""))

    @cached_property
    def incidents(self) -> tuple[Incident, ...]:
        """Every incident among the clusters, found when first asked for: 0.1 s for the 400 that are compared."""
        return find_incidents([row.cluster for row in self.rows.values()], self.reference)


EMPTY: Final = Snapshot(
    version=0,
    at=datetime(1970, 1, 1, tzinfo=UTC),
    reference=datetime(1970, 1, 1, tzinfo=UTC),
    rows={},
    ids={},
    totals=Totals(),
    workers=(),
    rejected=(),
    audit=(),
)


def unanswered(last: Snapshot, since: datetime) -> Snapshot:
    """The same, while somebody waits for the store for too long; a problem that is known says more."""
    if last.problem:
        return last
    return replace(last, version=last.version + 1, problem="it is still being waited for", away_since=since)


class StateReader:
    """Reads the store: workers and audit trail every time, clusters when those have moved, or after a minute."""

    def __init__(self, open_store: Callable[[], Store], now: Callable[[], datetime]) -> None:
        self._open_store = open_store
        self._now = now
        self._store: Store | None = None
        self._took = timedelta(0)
        self.snapshot = EMPTY

    @property
    def patience(self) -> timedelta:
        """How long a look may take before people are told that the store does not answer; the first takes longest."""
        return max(_PATIENCE, 3 * self._took) if self.snapshot.version else _FIRST_PATIENCE

    def store(self) -> Store:
        """The store, opened where it is not. Raises what opening it raises."""
        if self._store is None:
            self._store = self._open_store()
        return self._store

    def close(self) -> None:
        """Let go of the store; the next call opens it again."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def refresh(self, *, force: bool = False) -> Snapshot:
        """Look again; never raises for a store that is away.

        Reading clusters never takes more than a third of the time, so that a large state on a small machine
        leaves the rest to the worker.
        """
        now = self._now()
        last = self.snapshot
        try:
            store = self.store()
            workers, audit = tuple(store.workers()), tuple(store.audit(AUDIT_SHOWN))
            moved = (workers, audit) != (last.workers, last.audit) or bool(last.problem)
            rested = now - last.at >= _SHARE * self._took
            if force or (moved and rested) or now - last.at >= _FULL_AT_LEAST:
                self.snapshot = self._full(store, workers, audit, now)
        except (StateError, Transient) as error:
            self.close()
            if last.problem != str(error):
                away = last.away_since or now
                self.snapshot = replace(last, version=last.version + 1, problem=str(error), away_since=away)
        return self.snapshot

    def act(self, wish: Wish, *, who: str) -> Cluster:
        """Carry an action out and show its outcome; the cluster as it is then. Raises what `carry_out` raises."""
        cluster = carry_out(self.store(), wish, now=self._now(), who=who)
        if wish.action in ("merge", "split"):
            self.refresh(force=True)  # other clusters have changed as well
        else:
            self._put(cluster)
        return cluster

    def _put(self, cluster: Cluster) -> None:
        """Show a cluster as it is after a decision, without reading all the others."""
        last = self.snapshot
        audit = last.audit
        with suppress(StateError, Transient):  # the decision is stored; its trail shows at the next look
            audit = tuple(self.store().audit(AUDIT_SHOWN))
        rows = {**last.rows, cluster.id: _row(cluster, last.reference)}
        self.snapshot = replace(last, version=last.version + 1, rows=rows, audit=audit)

    def _full(
        self, store: Store, workers: tuple[WorkerState, ...], audit: tuple[AuditRecord, ...], now: datetime
    ) -> Snapshot:
        clusters = store.clusters()
        reference = reference_time(clusters, now)
        made = Snapshot(
            # From the clock, so that a page of the process before this one is not taken for current.
            version=max(self.snapshot.version + 1, int(now.timestamp() * 1000)),
            at=now,
            reference=reference,
            rows={cluster.id: _row(cluster, reference) for cluster in clusters},
            ids={name: cluster.id for cluster in clusters for name in (cluster.id, *cluster.aliases)},
            totals=sum((worker.totals for worker in workers), Totals()),
            workers=workers,
            rejected=tuple(store.rejected(REJECTED_SHOWN)),
            audit=audit,
        )
        self._took = self._now() - now
        return made


def _row(cluster: Cluster, reference: datetime) -> Row:
    text = f"{cluster.id} {' '.join(cluster.aliases)} {cluster.stream.service} {cluster.template} "
    haystack = (text + cluster.sample.text[:_SAMPLE_SEARCHED]).lower()
    return Row(cluster, figures_of(cluster, reference), haystack)
