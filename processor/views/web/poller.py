"""One poller per process: it reads the store, everybody else waits for it.

All store calls happen in one thread of its own, one after the other, so that the event loop never waits for the store
and a viewer only for seconds: what was read last is shown, and that the store does not answer. While nobody looks,
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
    """Keeps the newest snapshot and tells those who wait when it changes. Lives in one event loop.

    Attributes:
        viewers: how many streams of events are open.
        ending: they shall end.
        broken: the defect that ended the polling; whoever runs the page has to end with it.
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
        """What was read last; says so where the store has not answered for a while."""
        last = self._reading.snapshot
        return last if self._waiting_since is None else unanswered(last, self._waiting_since)

    async def run(self) -> None:
        """Poll until cancelled; rests when nobody has looked for a minute. A defect ends it, see `broken`."""
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
        """The newest snapshot for a page; read now if the poller has been resting, but not waited for for long."""
        self._looked_at = self._now()
        self._wanted.set()
        if self._now() - self._read_at > _STALE:
            with suppress(TimeoutError):
                async with asyncio.timeout(self._reading.patience.total_seconds()):
                    await self._refreshed()
        return self.snapshot

    async def after(self, version: int, timeout_s: float) -> Snapshot | None:
        """The first snapshot that is not `version`; None after the timeout."""
        self._wanted.set()
        try:
            async with asyncio.timeout(timeout_s), self._changed:
                await self._changed.wait_for(lambda: self.ending or self.snapshot.version != version)
        except TimeoutError:
            return None
        return self.snapshot

    def end(self, loop: asyncio.AbstractEventLoop) -> None:
        """Let every stream of events end now; they would never do so by themselves. Safe in a signal handler."""
        self.ending = True
        loop.call_soon_threadsafe(lambda: loop.create_task(self._tell()))

    async def act(self, wish: Wish, *, who: str) -> Outcome:
        """Carry an action out and show its outcome to everybody. Raises what `carry_out` raises."""
        return await self._done(partial(self._reading.act, wish, who=who), _ACT_S)

    async def act_on_all(self, settings: Sequence[Wish], *, who: str) -> Outcome:
        """Carry several out. Raises `OutcomeUnknown` when the state does not answer."""
        return await self._done(partial(self._reading.act_on_all, settings, who=who), _ACT_S + _MORE_S * len(settings))

    async def take_back(self, name: str, *, who: str) -> Outcome:
        """Undo an act. Raises what `StateReader.take_back` raises."""
        return await self._done(partial(self._reading.take_back, name, who=who), _ACT_S)

    async def samples(self, cluster: Cluster) -> Sequence[Sample]:
        """A cluster's samples in order of time; the first and the last alone where the store does not answer."""
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
            raise OutcomeUnknown("It may or may not be done, look again: the state does not answer") from None
        await self._tell()
        return outcome

    async def look_again(self) -> None:
        """Read everything now: somebody has met a state that is newer than what is shown."""
        with suppress(TimeoutError):
            await self._call(partial(self._reading.refresh, force=True), self._reading.patience.total_seconds())
        await self._tell()

    async def close(self) -> None:
        """Let go of the store and of the thread."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._reading.close)
        self._thread.shutdown()

    async def _refreshed(self) -> None:
        """One reading at a time: whoever wants one waits for the one that is under way."""
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
        """Something done in the store's thread, which goes on when it takes too long. Raises `TimeoutError`."""
        working = asyncio.get_running_loop().run_in_executor(self._thread, call)
        # What comes too late is nobody's any more; it shall not be called lost either.
        working.add_done_callback(lambda late: late.cancelled() or late.exception())
        async with asyncio.timeout(patience_s):
            return await asyncio.shield(working)

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
