"""The worker's loop: pull -> decode -> mask -> tally -> mine -> commit -> ack.

Nothing is acknowledged before it is committed. What waits for the store runs in an executor: while a checkpoint is
being committed, the next one is pulled and decoded as it arrives, and while the ledger is read, it is masked. Ledger
and model follow in order: a checkpoint is digested once the one before it is settled. After a conflict with another
worker, the learned records are dropped, the model is reloaded, and the same messages are digested again. While the
store is unavailable, the loop keeps at most two batches and pulls nothing more; the source is bounded, so memory stays
constant. On a request to stop, it commits what it holds if the store accepts it at once, and returns the rest.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from msgspec import Struct

from processor.ingest import pipeline
from processor.ingest.checkpointer import Checkpointer, Inline
from processor.ingest.gather import FlushPolicy, Gatherer
from processor.ingest.rejection_limit import RejectionLimit
from processor.ingest.retry import retry_until
from processor.ingest.upgrade import Upgrade
from processor.ingest.watcher import Flush, Watcher
from processor.mining.grouper import Grouper
from processor.model import Checkpoint, Committed, Rejected, Severity, Totals
from processor.model.errors import CheckpointTooLarge, Conflict, SourceError, StateError, Transient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor, Future
    from datetime import datetime

    from processor.ingest.checkpointer import CommittedCheckpoint
    from processor.mining.masker import Masker
    from processor.mining.miners import Miners
    from processor.model import ReceivedMessage
    from processor.model.ports import Clock, Source, Store

_T = TypeVar("_T")
Observer = Callable[["Checkpoint", "Committed"], None]
DeadLetter = Callable[[Sequence[Rejected]], None]
PeriodicTask = Callable[[bool], None]
"""Work between two checkpoints, in this thread; True: the last call, the source is exhausted."""


class _InFlight(Struct):
    """A batch whose checkpoint is on its way, since `begun`."""

    messages: list[ReceivedMessage]
    batch: pipeline.Batch
    begun: datetime
    held_back_s: float
    future: Future[CommittedCheckpoint]


class Worker:
    """A loop over a source and a store; not thread-safe, except for `stop`.

    Args:
        bury: called with the rejected messages, after they are committed and before they are acknowledged; at least
            once.
        until_idle_s: return after this many seconds without a message; 0 is never.
        executor: runs the calls of the store, one at a time and in order; None runs them in the worker's thread.
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
        executor: Executor | None = None,
    ) -> None:
        self._source = source
        self._miners = miners
        self._checkpointer = Checkpointer(
            store, miners=miners, group=Grouper(masker), clock=clock, name=name, executor=executor or Inline()
        )
        self._upgrade = Upgrade(store, miners=miners, masker=masker, clock=clock, name=name)
        self._clock = clock
        self._min_severity = min_severity
        self._observers = observers
        self._watchers = watchers
        self._periodic_tasks = periodic_tasks
        self._dead_letter = dead_letter
        self._limit = limit or RejectionLimit()
        self._stopping = threading.Event()
        self._prepared: list[ReceivedMessage] = []
        self._in_flight: _InFlight | None = None
        self._totals = Totals()
        policy, is_stopping = pace or FlushPolicy(), self._stopping.is_set
        self._gatherer = Gatherer(
            source, clock, policy=policy, watchers=watchers, is_stopping=is_stopping, until_idle_s=until_idle_s
        )

    def stop(self) -> None:
        """Finish the current checkpoint and return from `run`; safe from a signal handler."""
        self._stopping.set()

    def run(self) -> Totals:
        """Work until the source is exhausted or idle, or `stop` is called; return the totals of this run.

        Raises `SourceError`, `StateError`, `TooManyRejected`: nothing of the current checkpoint is acknowledged.
        """
        self._totals = Totals()
        try:
            self._retry_until("store", self._upgrade.run)
            for watcher in self._watchers:
                watcher.ready(len(self._miners))
            self._gatherer.begin()
            while not self._gatherer.is_done():
                self._turn()
            self._settle()
            if kept := self._gatherer.take_kept():
                if self._stopping.is_set():
                    self._source.release(kept)
                else:
                    self._process(kept)
            self._run_periodic_tasks(done=True)
        except Transient:
            if not self._stopping.is_set():
                raise
            self._source.release([*self._prepared, *self._gatherer.take_kept()])
        return self._totals

    def _turn(self) -> None:
        """Prepare a checkpoint while the one before it is on its way, then begin it. No batch outlives it."""
        decoder = pipeline.Decoder()
        self._prepared = self._gather(decoder)
        batch, self._prepared = self._batch(decoder, self._prepared, waited=self._gatherer.waited)
        self._settle()
        # No call of the store is under way now, so the tasks may use it.
        self._run_periodic_tasks(done=False)
        messages, self._prepared = self._prepared, []
        if messages:
            self._begin(messages, batch)
        self._settle_if_answered()

    def _run_periodic_tasks(self, *, done: bool) -> None:
        for periodic_task in self._periodic_tasks:
            # On a stop there is no time for periodic tasks; the next run does them.
            if not self._stopping.is_set():
                periodic_task(done)

    def _gather(self, decoder: pipeline.Decoder) -> list[ReceivedMessage]:
        def decode(part: Sequence[ReceivedMessage]) -> None:
            decoder.add(part, self._clock.now())

        try:
            return self._gatherer.gather(self._settle_if_answered, decode)
        except SourceError:
            self._settle()  # its messages need not come again
            raise

    def _batch(
        self, decoder: pipeline.Decoder, messages: list[ReceivedMessage], *, waited: int | None = None
    ) -> tuple[pipeline.Batch, list[ReceivedMessage]]:
        """Return the batch of the decoded messages, and those in it: the others are kept for the next one."""
        batch = decoder.batch(self._min_severity, waited=waited)
        return batch, self._gatherer.keep(batch.waiting, messages) if batch.waiting else messages

    def _begin(self, messages: list[ReceivedMessage], batch: pipeline.Batch, *, is_part: bool = False) -> None:
        """Begin the checkpoint of a batch; the one before it is settled."""
        begun = self._clock.now()
        if not is_part:
            self._limit.observe(len(messages), batch.rejected, begun)
        self._gatherer.begun(begun)
        future = self._checkpointer.begin(batch)
        self._in_flight = _InFlight(messages, batch, begun, self._gatherer.held_back_s, future)

    def _settle_if_answered(self) -> bool:
        """Settle the checkpoint on its way if its answer is there; return whether it is still on its way."""
        flight = self._in_flight
        if flight is not None and flight.future.done():
            self._settle()
        return self._in_flight is not None

    def _settle(self) -> None:
        """Wait until the checkpoint on its way is committed, and acknowledge it."""
        flight, self._in_flight = self._in_flight, None
        if flight is None:
            return
        answers = self._answers(flight)
        try:
            answer, tries = self._retry_until("store", lambda: next(answers).result())
        except Transient:
            # Stopped while the store is unavailable: another worker may be able to commit these.
            self._source.release(flight.messages)
            raise
        except CheckpointTooLarge:
            self._miners.rollback()
            self._gatherer.portion.refused(len(flight.messages))
            self._process_halves(flight.messages)
        else:
            self._acknowledge(flight, answer, tries)

    def _acknowledge(self, flight: _InFlight, answer: CommittedCheckpoint, tries: int) -> None:
        """Take over what was committed, and tell the source and whoever watches."""
        known, pulled = len(self._miners), len(flight.messages)
        self._miners.confirm(answer.committed.revs)
        self._gatherer.committed(pulled, ended=answer.at, writes=answer.committed.writes)
        answered_at = self._clock.now()
        self._dead_letter_all(flight.batch.rejected)
        self._source.ack(flight.messages)
        for observe in self._observers:
            observe(answer.checkpoint, answer.committed)
        flush = Flush(
            checkpoint=answer.checkpoint,
            committed=answer.committed,
            pulled=pulled,
            commit_s=(answer.at - flight.begun).total_seconds(),
            ack_s=(self._clock.now() - answered_at).total_seconds(),
            tries=tries,
            clusters=len(self._miners),
            minted=len(self._miners) - known,
            held_back_s=flight.held_back_s,
            portion=self._gatherer.portion.size,
        )
        for watcher in self._watchers:
            watcher.flushed(flush)
        self._totals += answer.checkpoint.totals

    def _answers(self, flight: _InFlight) -> Iterator[Future[CommittedCheckpoint]]:
        """Return the answer to the checkpoint on its way, and to each that is made of the same batch after it."""
        yield flight.future
        while True:
            yield self._checkpointer.begin(flight.batch)

    def _process(self, messages: list[ReceivedMessage], *, is_part: bool = False) -> None:
        decoder = pipeline.Decoder()
        decoder.add(messages, self._clock.now())
        batch, messages = self._batch(decoder, messages)
        self._begin(messages, batch, is_part=is_part)
        self._settle()

    def _dead_letter_all(self, rejected: Sequence[Rejected]) -> None:
        if self._dead_letter is None or not rejected:
            return
        try:
            self._retry_until("dead-letter topic", self._dead_letter, rejected)
        except SourceError as error:
            # They are in quarantine already. Ending here would bring them back, and end every following run.
            for watcher in self._watchers:
                watcher.failed("dead-letter topic", error)

    def _process_halves(self, messages: list[ReceivedMessage]) -> None:
        """Commit a batch that is too large for a single commit in two halves, each exact by itself."""
        if len(messages) == 1:
            raise StateError(f"message {messages[0].message_id} alone is more than the store takes in one commit")
        half = len(messages) // 2
        self._process(messages[:half], is_part=True)
        self._process(messages[half:], is_part=True)

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
