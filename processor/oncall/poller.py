"""One poller per process: it reads the store, everybody else waits for it.

All store calls happen in one thread of its own, one after the other, so that neither the event loop nor a second
viewer ever waits for the store. While nobody looks, nothing is read.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from processor.model import Cluster
    from processor.oncall.deciding import Wish
    from processor.oncall.snapshot import Reading, Snapshot

_STALE: Final = timedelta(seconds=5)
_LINGER_S: Final = 60.0


class Poller:
    """Keeps the newest snapshot and tells those who wait when it changes. Lives in one event loop.

    Attributes:
        viewers: how many streams of events are open.
        ending: they shall end.
        broken: the defect that ended the polling; whoever runs the page has to end with it.
    """

    def __init__(self, reading: Reading, now: Callable[[], datetime], *, every_s: float) -> None:
        self._reading = reading
        self._now = now
        self._every_s = every_s
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="store")
        self._changed = asyncio.Condition()
        self._wanted = asyncio.Event()
        self._one_reads = asyncio.Lock()
        self._looked_at = now()
        self._read_at = now() - 2 * _STALE
        self.viewers = 0
        self.ending = False
        self.broken: Exception | None = None

    @property
    def snapshot(self) -> Snapshot:
        """What was read last."""
        return self._reading.snapshot

    async def run(self) -> None:
        """Poll until cancelled; rests when nobody has looked for a minute. A defect ends it, see `broken`."""
        try:
            while True:
                if not self.viewers and (self._now() - self._looked_at).total_seconds() > _LINGER_S:
                    self._wanted.clear()
                    await self._wanted.wait()
                await self._refresh()
                await asyncio.sleep(self._every_s)
        except Exception as error:  # noqa: BLE001  # nobody shall take what was read last for live
            self.broken = error
        finally:
            self.ending = True
            await self._tell()

    async def current(self) -> Snapshot:
        """The newest snapshot for a page; read now if the poller has been resting."""
        self._looked_at = self._now()
        self._wanted.set()
        if self._now() - self._read_at > _STALE:
            async with self._one_reads:
                if self._now() - self._read_at > _STALE:
                    await self._refresh()
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

    async def act(self, wish: Wish, *, who: str) -> Cluster:
        """Carry an action out and show its outcome to everybody. Raises what `carry_out` raises."""
        work = partial(self._reading.act, wish, who=who)
        cluster = await asyncio.get_running_loop().run_in_executor(self._thread, work)
        await self._tell()
        return cluster

    async def look_again(self) -> None:
        """Read everything now: somebody has met a state that is newer than what is shown."""
        await asyncio.get_running_loop().run_in_executor(self._thread, lambda: self._reading.refresh(force=True))
        await self._tell()

    async def close(self) -> None:
        """Let go of the store and of the thread."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._reading.close)
        self._thread.shutdown()

    async def _refresh(self) -> None:
        before = self.snapshot.version
        await asyncio.get_running_loop().run_in_executor(self._thread, self._reading.refresh)
        self._read_at = self._now()
        if self.snapshot.version != before:
            await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()
