"""One poller per process: the only reader of the store.

All store calls run in a separate thread, one after the other, so that the event loop never waits for the store and a
viewer only for seconds: then the last snapshot is shown, with the note that the store does not answer. Without viewers
nothing is read.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final, TypeVar

from processor.model.errors import GardenerError, OutcomeUnknown
from processor.views.snapshot import unanswered

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from processor.model import Cluster, Sample
    from processor.triage.operate import Wish
    from processor.views.outcome import Outcome
    from processor.views.snapshot import Snapshot, StateReader

_STALE: Final = timedelta(seconds=5)
_LINGER_S: Final = 60.0
_ACT_S: Final = 10.0
_MORE_S: Final = 0.5
_SAMPLES_S: Final = 3.0
_T = TypeVar("_T")


class Poller:
    """Keeps the newest snapshot and notifies waiting viewers of changes. Lives in one event loop.

    Attributes:
        viewers: number of open event streams.
        ending: whether they should end.
        broken: the defect that ended polling; the process should end, too.
    """

    def __init__(self, reading: StateReader, now: Callable[[], datetime], *, every_s: float) -> None:
        self._reading = reading
        self._now = now
        self._every_s = every_s
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._changed = asyncio.Condition()
        self._wanted = asyncio.Event()
        self._refreshing: asyncio.Task[None] | None = None
        self._waiting_since: datetime | None = None
        self._looked_at = now()
        self._read_at = now() - 2 * _STALE
        self.viewers = 0
        self.ending = False
        self.broken: Exception | None = None

    @property
    def snapshot(self) -> Snapshot:
        """The last snapshot, with a note if the store has not answered for a while."""
        last = self._reading.snapshot
        return last if self._waiting_since is None else unanswered(last, self._waiting_since)

    async def run(self) -> None:
        """Poll until cancelled; pause after a minute without viewers. A defect ends it, see `broken`."""
        try:
            while True:
                if not self.viewers and (self._now() - self._looked_at).total_seconds() > _LINGER_S:
                    self._wanted.clear()
                    await self._wanted.wait()
                await self._refreshed()
                await asyncio.sleep(self._every_s)
        except Exception as error:  # noqa: BLE001  # nobody shall take what was read last for live
            self.broken = error
        finally:
            self.ending = True
            await self._tell()

    async def current(self) -> Snapshot:
        """Return the newest snapshot; read it now if the poller was paused, with a short wait."""
        self._looked_at = self._now()
        self._wanted.set()
        if self._now() - self._read_at > _STALE:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._reading.patience.total_seconds()):
                    await self._refreshed()
        return self.snapshot

    async def after(self, version: int, timeout_s: float) -> Snapshot | None:
        """Return the first snapshot other than `version`; None after the timeout."""
        self._wanted.set()
        try:
            async with asyncio.timeout(timeout_s), self._changed:
                await self._changed.wait_for(lambda: self.ending or self.snapshot.version != version)
        except TimeoutError:
            return None
        return self.snapshot

    def end(self, loop: asyncio.AbstractEventLoop) -> None:
        """End every event stream, which never ends by itself. Safe in a signal handler."""
        self.ending = True
        loop.call_soon_threadsafe(lambda: loop.create_task(self._tell()))

    async def act(self, wish: Wish, *, who: str) -> Outcome:
        """Carry out an action and show its outcome to everybody. Raises the errors of `carry_out`."""
        return await self._done(partial(self._reading.act, wish, who=who), _ACT_S)

    async def act_on_all(self, settings: Sequence[Wish], *, who: str) -> Outcome:
        """Carry out several actions. Raises `OutcomeUnknown` if the state does not answer."""
        return await self._done(partial(self._reading.act_on_all, settings, who=who), _ACT_S + _MORE_S * len(settings))

    async def take_back(self, name: str, *, who: str) -> Outcome:
        """Undo an action. Raises the errors of `StateReader.take_back`."""
        return await self._done(partial(self._reading.take_back, name, who=who), _ACT_S)

    async def samples(self, cluster: Cluster) -> Sequence[Sample]:
        """Return a cluster's samples by time; only the first and last if the store does not answer."""
        known = [cluster.sample] if cluster.latest is cluster.sample else [cluster.sample, cluster.latest]
        try:
            found = await self._call(partial(self._reading.samples, cluster), _SAMPLES_S)
        except (GardenerError, TimeoutError):
            return known
        return found or known

    async def _done(self, call: Callable[[], Outcome], patience_s: float) -> Outcome:
        try:
            outcome = await self._call(call, patience_s)
        except TimeoutError:
            raise OutcomeUnknown(
                "The outcome is unknown; check before you repeat it: the state does not answer"
            ) from None
        await self._tell()
        return outcome

    async def look_again(self) -> None:
        """Read everything now, because a newer state than the shown one was found."""
        with suppress(TimeoutError):
            await self._call(partial(self._reading.refresh, force=True), self._reading.patience.total_seconds())
        await self._tell()

    async def close(self) -> None:
        """Close the store and the thread."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._reading.close)
        self._thread.shutdown()

    async def _refreshed(self) -> None:
        """Read once at a time: concurrent callers wait for the same reading."""
        if self._refreshing is None or self._refreshing.done():
            self._refreshing = asyncio.create_task(self._refresh())
        await asyncio.shield(self._refreshing)

    async def _refresh(self) -> None:
        before, began_at = self.snapshot.version, self._now()
        reading = asyncio.get_running_loop().run_in_executor(self._thread, self._reading.refresh)
        await asyncio.wait([reading], timeout=self._reading.patience.total_seconds())
        if not reading.done():
            self._waiting_since = began_at
            await self._tell()
        try:
            await reading
        finally:
            self._waiting_since = None
        self._read_at = self._now()
        if self.snapshot.version != before:
            await self._tell()

    async def _call(self, call: Callable[[], _T], patience_s: float) -> _T:
        """Run a call in the store's thread, which continues after the timeout. Raises `TimeoutError`."""
        working = asyncio.get_running_loop().run_in_executor(self._thread, call)
        # What comes too late is nobody's any more; it shall not be called lost either.
        working.add_done_callback(lambda late: late.cancelled() or late.exception())
        async with asyncio.timeout(patience_s):
            return await asyncio.shield(working)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
