"""The state as last read, ready to be shown; shared by all viewers of a process.

`StateReader` is the only part of the page and of the terminal that calls the store's readers. It keeps the last answer
while the store is unavailable and reopens the store on the next call. It must not be called from two threads at once.
"""

from __future__ import annotations

from collections import OrderedDict
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct
from msgspec.structs import replace

from processor.model import Totals
from processor.model.delivery_health import problems
from processor.model.errors import GardenerError, StateError, Transient
from processor.triage.operate import NotThere, carry_out, mark_of
from processor.triage.undo import take_back, undo_of
from processor.views.incidents import incident_rows
from processor.views.outcome import Outcome, Undos
from processor.views.pace import after_look, after_reading
from processor.views.rates import reference_time
from processor.views.row import Row, row_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from processor.model import AuditRecord, Cluster, Rejected, Sample, WorkerState
    from processor.model.ports import Store
    from processor.triage.operate import Wish
    from processor.triage.policy import Policy
    from processor.triage.undo import Undo
    from processor.views.incidents import IncidentRow

_PATIENCE: Final = timedelta(seconds=4)
_FIRST_PATIENCE: Final = timedelta(seconds=60)
AUDIT_SHOWN: Final = 200
REJECTED_SHOWN: Final = 50
_FULL_AT_LEAST: Final = timedelta(seconds=60)
_REJECTED_AT_LEAST: Final = timedelta(minutes=15)
_SHARE: Final = 2
_SAMPLES_KEPT: Final = 50


class Snapshot(Struct, frozen=True, dict=True):
    """The state at one time.

    Attributes:
        version: grows whenever anything shown has changed.
        at: when the store was read.
        reference: the time that rates refer to.
        ids: every resolvable id, aliases included, to that of its root.
        troubles: problems of issue delivery, each a sentence.
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
    troubles: tuple[str, ...] = ()
    problem: str = ""
    away_since: datetime | None = None
    policy: Policy | None = None

    def row(self, cluster_id: str) -> Row | None:
        """Return the row of a cluster or of the one that continues it."""
        return self.rows.get(self.ids.get(cluster_id, ""))

    @cached_property
    def incidents(self) -> tuple[IncidentRow, ...]:
        """Every incident, computed on first use: 0.1 s for the 400 clusters that are compared."""
        return incident_rows(self.rows, self.ids, self.reference)

    @cached_property
    def incident_ids(self) -> Mapping[str, IncidentRow]:
        """Every member's id to its incident."""
        return {row.cluster.id: one for one in self.incidents for row in one.rows}

    def incident_of(self, cluster_id: str) -> IncidentRow | None:
        """Return the incident of a cluster, an alias, or an incident's own id."""
        return self.incident_ids.get(self.ids.get(cluster_id, ""))


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
    """Return the snapshot with the problem of a store that takes too long; a known problem takes precedence."""
    if last.problem:
        return last
    return _changed(last, problem="it has not answered yet", away_since=since)


class StateReader:
    """Reads the store: workers and audit trail every time, clusters if those have changed, or after a minute."""

    def __init__(
        self, open_store: Callable[[], Store], now: Callable[[], datetime], policy: Policy | None = None
    ) -> None:
        self._open_store, self._policy = open_store, policy
        self._now = now
        self._store: Store | None = None
        self._took = timedelta(0)
        self._moved = False
        # Where documents are billed: when to look, to read the clusters, and what was rejected, again.
        self._look_at = self._read_at = self._rejected_at = datetime(1970, 1, 1, tzinfo=UTC)
        self._samples: OrderedDict[tuple[str, str, int], Sequence[Sample]] = OrderedDict()
        self._undos = Undos()
        self.snapshot = EMPTY

    @property
    def patience(self) -> timedelta:
        """How long a look may take before the store is reported as not answering; the first takes longest."""
        return max(_PATIENCE, 3 * self._took) if self.snapshot.version else _FIRST_PATIENCE

    def store(self) -> Store:
        """Return the store, opening it if needed. Raises the errors of opening."""
        if self._store is None:
            self._store = self._open_store()
        return self._store

    def close(self) -> None:
        """Close the store; the next call reopens it."""
        if self._store is not None:
            self._store.close()
            self._store = None

    def refresh(self, *, force: bool = False) -> Snapshot:
        """Look again; never raises for an unavailable store.

        Reading clusters never takes more than a third of the time, so that a large state on a small machine
        leaves the rest to the worker.
        """
        now = self._now()
        last = self.snapshot
        if not force and now < self._look_at:
            return last
        try:
            store = self.store()
            read = store.documents_read
            workers, audit = tuple(store.workers()), tuple(store.audit(AUDIT_SHOWN))
            self._look_at = now + after_look(store.documents_read - read)
            self._moved |= (workers, audit) != (last.workers, last.audit) or bool(last.problem)
            if force or (now >= self._read_at and (self._moved_and_rested(now) or now - last.at >= _FULL_AT_LEAST)):
                read = store.documents_read
                self.snapshot = self._full(store, workers, audit, now, force=force)
                self._read_at = now + after_reading(store.documents_read - read)
                self._moved = False
            elif now < self._read_at and (workers, audit) != (last.workers, last.audit):
                # The clusters are too dear just now; who did what, and that workers are alive, is not.
                self.snapshot = _changed(last, workers=workers, audit=audit, totals=_total(workers))
        except (StateError, Transient) as error:
            self.close()
            if last.problem != str(error):
                away = last.away_since or now
                self.snapshot = _changed(last, problem=str(error), away_since=away)
        return self.snapshot

    def _moved_and_rested(self, now: datetime) -> bool:
        return self._moved and now - self.snapshot.at >= _SHARE * self._took

    def samples(self, cluster: Cluster) -> Sequence[Sample]:
        """Return a cluster's samples, read again if its count has changed. Raises the store's errors."""
        key = (cluster.id, cluster.latest.insert_id, cluster.count)
        if key not in self._samples:
            self._samples[key] = self.store().samples(cluster.id)
            while len(self._samples) > _SAMPLES_KEPT:
                self._samples.popitem(last=False)
        return self._samples[key]

    def act(self, wish: Wish, *, who: str) -> Outcome:
        """Carry out an action and show its outcome. Raises the errors of `carry_out`."""
        before = self.snapshot.row(wish.cluster_id)
        cluster = carry_out(self.store(), wish, now=self._now(), who=who)
        # Nobody can take back what they did not look at: a script, an old view.
        is_known = before is not None and wish.seen == mark_of(before.cluster)
        undos = undo_of(wish, before.cluster, cluster) if before and is_known else ()
        self._show([cluster], all_of_them=wish.action in ("merge", "split"))
        return Outcome((cluster,), undo=self._undos.keep(undos, self._now()))

    def act_on_all(self, settings: Sequence[Wish], *, who: str) -> Outcome:
        """Carry out each of these; a failure is named and does not stop the others."""
        done: list[Cluster] = []
        problems: list[str] = []
        undos: list[Undo] = []
        for wish in settings:
            before = self.snapshot.row(wish.cluster_id)
            try:
                cluster = carry_out(self.store(), wish, now=self._now(), who=who)
            except GardenerError as error:
                problems.append(f"{wish.cluster_id}: {error}")
                continue
            done.append(cluster)
            undos += undo_of(wish, before.cluster, cluster) if before else ()
        self._show(done)
        return Outcome(tuple(done), tuple(problems), self._undos.keep(undos, self._now()))

    def take_back(self, name: str, *, who: str) -> Outcome:
        """Undo an action by the name in its outcome. Raises `NotThere` if it is no longer known."""
        undos = self._undos.take(name)
        if undos is None:
            raise NotThere("This cannot be undone any more; look again, then reopen, merge or split.")
        done, problems = [], []
        for undo in undos:
            try:
                done.append(take_back(self.store(), undo, now=self._now(), who=who))
            except GardenerError as error:
                problems.append(f"{undo.cluster_id}: {error}")
        self._show(done, all_of_them=any(undo.wish for undo in undos))
        return Outcome(tuple(done), tuple(problems))

    def _show(self, clusters: Sequence[Cluster], *, all_of_them: bool = False) -> None:
        """Show clusters after a decision without reading all others, unless those changed, too."""
        if all_of_them:
            self.refresh(force=True)
            return
        last = self.snapshot
        audit = last.audit
        with suppress(StateError, Transient):  # the decision is stored; its trail shows at the next look
            audit = tuple(self.store().audit(AUDIT_SHOWN))
        changed = {one.id: row_of(one, last.reference, last.rows.get(one.id)) for one in clusters}
        rows = {**last.rows, **changed}
        self.snapshot = _with_incidents(replace(last, version=last.version + 1, rows=rows, audit=audit))

    def _full(
        self,
        store: Store,
        workers: tuple[WorkerState, ...],
        audit: tuple[AuditRecord, ...],
        now: datetime,
        *,
        force: bool,
    ) -> Snapshot:
        clusters = store.clusters()
        reference = reference_time(clusters, now)
        made = Snapshot(
            # From the clock, so that a page of the process before this one is not taken for current.
            version=max(self.snapshot.version + 1, int(now.timestamp() * 1000)),
            at=now,
            reference=reference,
            rows={one.id: row_of(one, reference, self.snapshot.rows.get(one.id)) for one in clusters},
            ids={name: cluster.id for cluster in clusters for name in (cluster.id, *cluster.aliases)},
            totals=_total(workers),
            workers=workers,
            rejected=self._rejected(store, _total(workers), now, force=force),
            audit=audit,
            troubles=problems(store.delivery(), now),
            policy=self._policy,
        )
        _with_incidents(made)
        self._took = self._now() - now
        return made

    def _rejected(self, store: Store, totals: Totals, now: datetime, *, force: bool) -> tuple[Rejected, ...]:
        """Return the latest rejected messages; if reads are billed, only when there are more, and now and then."""
        last = self.snapshot
        if last.version and not force and now < self._rejected_at and totals.rejected == last.totals.rejected:
            return last.rejected
        found = tuple(store.rejected(REJECTED_SHOWN))
        self._rejected_at = now + (_REJECTED_AT_LEAST if store.documents_read else timedelta(0))
        return found


def _changed(last: Snapshot, **changes: Any) -> Snapshot:
    """Return the snapshot with other fields changed; same clusters, hence same incidents."""
    made = replace(last, version=last.version + 1, **changes)
    vars(made).update({name: vars(last)[name] for name in ("incidents", "incident_ids") if name in vars(last)})
    return made


def _total(workers: tuple[WorkerState, ...]) -> Totals:
    return sum((worker.totals for worker in workers), Totals())


def _with_incidents(made: Snapshot) -> Snapshot:
    """Find the incidents in the thread that reads the store, so that no page has to wait."""
    _ = made.incident_ids
    return made
