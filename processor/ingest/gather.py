"""Gather: collect the messages of a checkpoint, bounded by size, by time and by the store's write rate."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from processor.model.errors import Transient
from processor.model.portion import Portion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from processor.ingest.watcher import Watcher
    from processor.model import ReceivedMessage
    from processor.model.ports import Clock, Source

MAX_ENTRIES: Final = 20_000
"""Entries of a commit: 200 KB of the ledger, below the size at which a page is closed."""
HOT_DOCUMENT_S: Final = 1.0
"""Seconds per write of a document in Firestore; every checkpoint writes the same few documents."""
_SOURCE_WAIT_S: Final = 1.0
_LEAST_S: Final = 0.1
"""After a commit that took longer than a flush, the next batch may be gathered for this time."""
_MOST_OF_FLUSH: Final = 0.5
"""Share of the flush interval left for the commit: entries are visible within the interval, commit included."""
_TRANSIT_S: Final = 0.1
"""How long a message is on its way from its publisher to the source's queue."""
_WIDER: Final = 4
"""Times the usual size that a checkpoint may have, if the store's write rate is limited."""
_WIDER_BESIDE: Final = 2
"""The same while another checkpoint is on its way: two as wide as that would not fit into a small container."""
_BURST_S: Final = 2.0
"""Seconds of the write rate that may be used in advance: Firestore's limits are of sustained rates."""
_GLANCE_S: Final = 0.05
"""How long a pull may last while a checkpoint is on its way: its acknowledgement waits for the end of the pull."""
_MAX_PAUSE_S: Final = 30.0
"""Upper limit, set by Pub/Sub's acknowledgement deadlines."""


class FlushPolicy(Struct, frozen=True):
    """When a checkpoint is due: after a number of seconds, entries or bytes, whichever comes first.

    A store with a limited write rate gets larger checkpoints instead of more of them.

    Attributes:
        writes_per_second: documents that this worker may write on average; 0 is any number.
        least_seconds: between two checkpoints, since each writes the same few documents.
    """

    flush_seconds: float = 2.0
    flush_entries: int = 5000
    flush_bytes: int = 8 << 20
    writes_per_second: float = 0.0
    least_seconds: float = 0.0

    @property
    def is_limited(self) -> bool:
        """Whether larger checkpoints are worth more than frequent ones."""
        return bool(self.writes_per_second or self.least_seconds)

    def pause_s(self, writes: int) -> float:
        """Return the seconds between the beginnings of two checkpoints, the first with this number of writes."""
        if not writes:
            return 0.0
        by_rate = writes / self.writes_per_second if self.writes_per_second else 0.0
        return min(max(by_rate, min(self.least_seconds, self.flush_seconds)), _MAX_PAUSE_S)


class _Messages:
    """The messages of a batch so far.

    Args:
        kept: those that waited for it; added to in place.
        arrived: called with these and with each further part.
    """

    def __init__(self, kept: list[ReceivedMessage], arrived: Callable[[Sequence[ReceivedMessage]], None]) -> None:
        self.all = kept
        self.size = sum(len(message.data) for message in kept)
        self._arrived = arrived
        arrived(kept)

    def add(self, part: Sequence[ReceivedMessage]) -> bool:
        """Add what a pull returned; return whether it was anything."""
        self.all += part
        self.size += sum(len(message.data) for message in part)
        self._arrived(part)
        return bool(part)


class Gatherer:
    """Pulls for a worker; not thread-safe.

    Args:
        is_stopping: returns whether the worker has to end.
        until_idle_s: be done after this many seconds without a message; 0 is never.

    Attributes:
        held_back_s: seconds for which the last batch was ready and waited for the write rate.
        portion: messages that a checkpoint may hold at present; fewer after refusals.
        waited: messages at the beginning of the last batch that were kept for it; None if no batch will follow.
    """

    def __init__(
        self,
        source: Source,
        clock: Clock,
        *,
        policy: FlushPolicy,
        watchers: Sequence[Watcher],
        is_stopping: Callable[[], bool],
        until_idle_s: float,
    ) -> None:
        self._source = source
        self._clock = clock
        self._policy = policy
        self._watchers = watchers
        self._is_stopping = is_stopping
        self._until_idle_s = until_idle_s
        self._last_at = self._gathered_at = self._begun_at = self._paid_until = clock.now()
        self._pause_s = self._prepared_s = self._commit_s = 0.0
        self.portion = Portion(policy.flush_entries)
        self._is_dry = True
        self.held_back_s = 0.0
        self.waited: int | None = 0
        self._kept: list[ReceivedMessage] = []

    def begin(self) -> None:
        """Mark the worker as ready; idle time counts from now on at the earliest."""
        self._last_at = self._clock.now()

    def is_done(self) -> bool:
        """Return whether nothing more will be pulled."""
        if self._is_stopping() or self._source.exhausted():
            return True
        # Only a pull that finds nothing tells that there is nothing: everything else may just take long.
        return self._is_dry and 0 < self._until_idle_s <= self._since(self._last_at)

    def gather(
        self, is_committing: Callable[[], bool], arrived: Callable[[Sequence[ReceivedMessage]], None]
    ) -> list[ReceivedMessage]:
        """Return the messages of a checkpoint: as many as it may hold, or as arrived within the flush interval.

        While the write rate holds it back, or while more messages are waiting in the source, it goes on gathering, up
        to several times as much: fewer commits for the same entries.

        Args:
            is_committing: returns whether a checkpoint is on its way; asked again and again. What it raises leaves the
                messages gathered so far to `take_kept`.
            arrived: called with the messages as they arrive, those kept for this batch first.
        """
        batch, waited = _Messages(self._kept, arrived), len(self._kept)
        ready_at: datetime | None = None
        # From the end of the last batch, not of its commit: messages that arrived meanwhile have waited already.
        interval_s = self._policy.flush_seconds - self._commit_s
        started = max(self._gathered_at, self._clock.now() - timedelta(seconds=interval_s - _LEAST_S))
        while not self.is_done():
            is_busy = is_committing()
            started = min(started, self._clock.now())  # the clock may have been set back
            left_s, held_s = interval_s - self._since(started), self._held_s()
            is_due = left_s <= 0 or not self._room(batch, 1)
            if is_due and held_s > 0 and not is_busy:
                ready_at = ready_at or self._clock.now()
            wait_s = held_s if is_due else max(left_s, held_s)
            if is_busy:
                wait_s = min(wait_s or _GLANCE_S, _GLANCE_S)  # it cannot begin before the other one is committed
            elif max(left_s, wait_s) <= 0:
                break
            room = self._room(batch, self._wide(is_busy=is_busy) if is_due else 1)
            if not room and held_s > 0:
                self._clock.sleep(min(held_s, wait_s))
            elif not room or not (batch.add(self._pull(room, wait_s)) or wait_s > 0):
                break
        self._kept = []
        self._gathered_at = self._clock.now()
        self.held_back_s = self._since(ready_at) if ready_at and batch.all else 0.0
        self.waited = None if self._source.exhausted() else waited
        return batch.all

    def keep(self, waiting: Sequence[ReceivedMessage], messages: Sequence[ReceivedMessage]) -> list[ReceivedMessage]:
        """Keep some messages of a batch for the next batch, neither committed nor acknowledged; return the others."""
        self._kept = list(waiting)
        kept = {id(message) for message in waiting}
        return [message for message in messages if id(message) not in kept]

    def take_kept(self) -> list[ReceivedMessage]:
        """Return the messages that were kept for the next batch."""
        kept, self._kept = self._kept, []
        return kept

    def begun(self, at: datetime) -> None:
        """Record that a checkpoint is on its way; until its writes are known, the pause of the last one holds."""
        self._prepared_s = max(0.0, (at - self._gathered_at).total_seconds())
        self._begun_at = at
        self._paid_until = at + timedelta(seconds=min(self._ahead_s(at), _BURST_S) + self._pause_s)

    def committed(self, messages: int, *, ended: datetime, writes: int) -> None:
        """Record that the checkpoint begun last, of this many messages, was committed at `ended`."""
        self.portion.succeeded(messages)
        self._last_at = max(self._last_at, ended)  # a slow commit is no time without messages
        pause_s = self._policy.pause_s(writes)
        self._paid_until += timedelta(seconds=pause_s - self._pause_s)
        self._pause_s = pause_s
        took_s = self._prepared_s + max(0.0, (ended - self._begun_at).total_seconds())
        self._commit_s = min(_TRANSIT_S + took_s, self._policy.flush_seconds * _MOST_OF_FLUSH)

    def _ahead_s(self, now: datetime) -> float:
        """Return how many seconds of the write rate are used in advance."""
        return max(0.0, (self._paid_until - now).total_seconds())

    def _held_s(self) -> float:
        """Return how long the write rate holds the next checkpoint back."""
        # Not longer than its pause: the clock may have been set back.
        return min(max(0.0, self._ahead_s(self._clock.now()) - _BURST_S), self._pause_s)

    def _wide(self, *, is_busy: bool) -> int:
        if not self._policy.is_limited or not self.portion.is_most:
            return 1
        return _WIDER_BESIDE if is_busy else _WIDER

    def _room(self, batch: _Messages, wide: int) -> int:
        if batch.size >= self._policy.flush_bytes * wide:
            return 0
        most = max(self.portion.size, min(self.portion.size * wide, MAX_ENTRIES))
        return max(0, most - len(batch.all))

    def _pull(self, room: int, timeout_s: float) -> Sequence[ReceivedMessage]:
        try:
            part = self._source.pull(room, timeout_s)
        except Transient as error:
            # The source has retried by itself; the error is only reported here, and does not count as idle.
            self._last_at = self._clock.now()
            for watcher in self._watchers:
                watcher.unavailable("source", error)
            self._clock.sleep(min(_SOURCE_WAIT_S, timeout_s))
            return ()
        for watcher in self._watchers:
            watcher.alive()
        self._is_dry = not part
        if part:
            self._last_at = self._clock.now()
        return part

    def _since(self, at: datetime) -> float:
        return (self._clock.now() - at).total_seconds()
