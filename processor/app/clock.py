"""The real clock."""

from __future__ import annotations

import threading
from datetime import UTC, datetime


class SystemClock:
    """See `processor.model.ports.Clock`. `wake` ends every sleep at once, for shutting down."""

    def __init__(self) -> None:
        self._woken = threading.Event()

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """See `Clock.sleep`."""
        self._woken.wait(seconds)

    def wake(self) -> None:
        """End the sleep under way and every later one."""
        self._woken.set()
