"""The worker's loop: pull -> decode -> mask -> tally -> mine -> commit -> ack.

Nothing is acknowledged before it is committed. After a conflict with another worker, the learned records are dropped,
the model is reloaded, and the same messages are digested again. While the store is unavailable, the loop keeps its
batch and pulls nothing more; the source is bounded, so memory stays constant. On a request to stop, it commits its
batch if the store accepts it at once, and returns the rest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from processor.ingest import pipeline
from processor.ingest.gather import FlushPolicy, Gatherer
from processor.ingest.rejection_limit import RejectionLimit
from processor.ingest.retry import retry_until
from processor.ingest.upgrade import Upgrade
from processor.ingest.watcher import Flush, Watcher
from processor.mining.grouper import Grouper
from processor.model import Checkpoint, Committed, Rejected, Severity, Totals
from processor.model.errors import CheckpointTooLarge, Conflict, SourceError, StateError, Transient

if TYPE_CHECKING:
    from datetime import datetime

    from processor.mining.masker import Masker
    from processor.mining.miners import Miners
    from processor.model import ReceivedMessage
    from processor.model.ports import Clock, Source, Store

_T = TypeVar("_T")
Observer = Callable[["Checkpoint", "Committed"], None]
DeadLetter = Callable[[Sequence[Rejected]], None]
PeriodicTask = Callable[[bool], None]
"""Work between two checkpoints, in this thread; True: the last call, the source is exhausted."""


class Worker:
    """A loop over a source and a store; not thread-safe, except for `stop`.

    Args:
        bury: called with the rejected messages, after they are committed and before they are acknowledged; at least
            once.
        until_idle_s: return after this many seconds without a message; 0 is never.
    """

    def __init__(
        self,
        source: Source,
        store: Store,
        *,
        miners: Miners,
        masker: Masker,
        clock: Clock,
        name: str,
        min_severity: Severity = Severity.WARNING,
        pace: FlushPolicy | None = None,
        observers: Sequence[Observer] = (),
        watchers: Sequence[Watcher] = (),
        periodic_tasks: Sequence[PeriodicTask] = (),
        dead_letter: DeadLetter | None = None,
        limit: RejectionLimit | None = None,
        until_idle_s: float = 0.0,
    ) -> None:
        self._source = source
        self._store = store
        self._miners = miners
        self._group = Grouper(masker)
        self._upgrade = Upgrade(store, miners=miners, masker=masker, clock=clock, name=name)
        self._clock = clock
        self._name = name
        self._min_severity = min_severity
        self._observers = observers
        self._watchers = watchers
        self._periodic_tasks = periodic_tasks
        self._dead_letter = dead_letter
        self._limit = limit or RejectionLimit()
        self._stopping = threading.Event()
        self._gatherer = Gatherer(
            source,
            clock,
            policy=pace or FlushPolicy(),
            watchers=watchers,
            is_stopping=self._stopping.is_set,
            until_idle_s=until_idle_s,
        )

    def stop(self) -> None:
        """Finish the current checkpoint and return from `run`; safe from a signal handler."""
        self._stopping.set()

    def run(self) -> Totals:
        """Work until the source is exhausted or idle, or `stop` is called; return the totals of this run.

        Raises `SourceError`, `StateError`, `TooManyRejected`: nothing of the current checkpoint is acknowledged.
        """
        totals = Totals()
        try:
            self._retry_until("store", self._upgrade.run)
            for watcher in self._watchers:
                watcher.ready(len(self._miners))
            self._gatherer.begin()
            while not self._gatherer.is_done():
                if messages := self._gatherer.gather():
                    totals += self._process(messages, waited=self._gatherer.waited)
                self._run_periodic_tasks(done=False)
            if messages := self._gatherer.take_kept():
                if self._stopping.is_set():
                    self._source.release(messages)
                else:
                    totals += self._process(messages)
            self._run_periodic_tasks(done=True)
        except Transient:
            if not self._stopping.is_set():
                raise
            self._source.release(self._gatherer.take_kept())
        return totals

    def _run_periodic_tasks(self, *, done: bool) -> None:
        for periodic_task in self._periodic_tasks:
            # On a stop there is no time for periodic tasks; the next run does them.
            if not self._stopping.is_set():
                periodic_task(done)

    def _process(self, messages: list[ReceivedMessage], *, waited: int | None = None, is_part: bool = False) -> Totals:
        started = self._clock.now()
        batch = pipeline.decode(messages, min_severity=self._min_severity, now=started, waited=waited)
        if batch.waiting and not (messages := self._gatherer.keep(batch.waiting, messages)):
            return Totals()
        if not is_part:
            self._limit.observe(len(messages), batch.rejected, started)
        try:
            (checkpoint, committed), tries = self._retry_until("store", self._commit, batch)
        except Transient:
            # Stopped while the store is unavailable: another worker may be able to commit these.
            self._source.release(messages)
            raise
        except CheckpointTooLarge:
            self._miners.rollback()
            self._gatherer.portion.refused(len(messages))
            return self._process_halves(messages)
        known = len(self._miners)
        self._miners.confirm(committed.revs)
        committed_at = self._clock.now()
        self._gatherer.committed(len(messages), started=started, ended=committed_at, writes=committed.writes)
        self._dead_letter_all(batch.rejected)
        self._source.ack(messages)
        for observe in self._observers:
            observe(checkpoint, committed)
        flush = Flush(
            checkpoint=checkpoint,
            committed=committed,
            pulled=len(messages),
            commit_s=(committed_at - started).total_seconds(),
            ack_s=self._since(committed_at),
            tries=tries,
            clusters=len(self._miners),
            minted=len(self._miners) - known,
            held_back_s=self._gatherer.held_back_s,
            portion=self._gatherer.portion.size,
        )
        for watcher in self._watchers:
            watcher.flushed(flush)
        return checkpoint.totals

    def _dead_letter_all(self, rejected: Sequence[Rejected]) -> None:
        if self._dead_letter is None or not rejected:
            return
        try:
            self._retry_until("dead-letter topic", self._dead_letter, rejected)
        except SourceError as error:
            # They are in quarantine already. Ending here would bring them back, and end every following run.
            for watcher in self._watchers:
                watcher.failed("dead-letter topic", error)

    def _process_halves(self, messages: list[ReceivedMessage]) -> Totals:
        """Commit a batch that is too large for a single commit in two halves, each exact by itself."""
        if len(messages) == 1:
            raise StateError(f"message {messages[0].message_id} alone is more than the store takes in one commit")
        half = len(messages) // 2
        return self._process(messages[:half], is_part=True) + self._process(messages[half:], is_part=True)

    def _refresh(self) -> None:
        self._miners.refresh(self._store.load_model(self._miners.revs))

    def _commit(self, batch: pipeline.Batch) -> tuple[Checkpoint, Committed]:
        self._refresh()
        seen = self._store.seen([identity for identity, _ in batch.entries])
        checkpoint = pipeline.digest(batch, seen, self._miners, self._group, worker=self._name, now=self._clock.now())
        return checkpoint, self._store.commit(checkpoint)

    def _retry_until(self, part: str, call: Callable[..., _T], *arguments: Any) -> tuple[_T, int]:
        """Call `call` until it succeeds or the worker has to stop; return its result and the number of attempts."""
        return retry_until(
            call,
            *arguments,
            sleep=self._clock.sleep,
            has_to_end=self._stopping.is_set,
            failed=lambda error: self._forget(part, error),
        )

    def _forget(self, part: str, error: Transient) -> None:
        self._miners.rollback()
        for watcher in self._watchers:
            if isinstance(error, Conflict):
                watcher.alive()
            else:
                watcher.unavailable(part, error)

    def _since(self, at: datetime) -> float:
        return (self._clock.now() - at).total_seconds()
