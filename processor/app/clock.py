"""The real clock, and an accelerated clock."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta


class SystemClock:
    """See `processor.model.ports.Clock`. `wake` ends every sleep at once, for shutting down.

    With `begin` it starts there and runs `speed` times as fast as the real clock, including its sleeps.
    """

    def __init__(self, *, begin: datetime | None = None, speed: float = 1.0) -> None:
        self._woken = threading.Event()
        self._begin = begin
        self._started = time.monotonic()
        self._speed = speed

    def now(self) -> datetime:
        """See `Clock.now`."""
        if self._begin is None:
            return datetime.now(UTC)
        return self._begin + timedelta(seconds=(time.monotonic() - self._started) * self._speed)

    def sleep(self, seconds: float) -> None:
        """See `Clock.sleep`."""
        self._woken.wait(seconds / self._speed)

    def wake(self) -> None:
        """End the current sleep and every later one."""
        self._woken.set()

    @property
    def woken(self) -> bool:
        """Whether sleeps end at once."""
        return self._woken.is_set()
