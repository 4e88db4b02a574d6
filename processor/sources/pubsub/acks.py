"""Acknowledgements in a thread of their own: whoever commits does not wait for the answers.

Promises: in order, at most `MAX_IDS` in a request, each at least once unless the process dies; bounded, so that a
service that does not answer holds up whoever adds more.
"""

from __future__ import annotations

import threading
from collections import deque
from itertools import islice
from typing import TYPE_CHECKING, Final

from processor.model.errors import Transient
from processor.sources.pubsub.rpc import MAX_IDS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

MAX_WAITING: Final = 20 * MAX_IDS


class Acknowledger:
    """Sends what is added; thread-safe.

    Args:
        send: acknowledges ids; raises `Transient` or another error.
        trouble: called with a `Transient`, after which the ids are dropped: they are delivered again.
        failed: called with any other error, the last call of all.

    Attributes:
        refused: this error; nothing is sent after it.
    """

    def __init__(
        self,
        send: Callable[[Sequence[str]], None],
        *,
        trouble: Callable[[Transient], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._send, self._trouble, self._failed = send, trouble, failed
        self._changed = threading.Condition()
        self._waiting: deque[str] = deque()
        self._ends = False
        self.refused: Exception | None = None
        self._thread = threading.Thread(target=self._send_on, name="ack", daemon=True)
        self._thread.start()

    def __len__(self) -> int:
        """Return the number of ids that are not answered yet."""
        return len(self._waiting)

    def add(self, ids: Sequence[str]) -> None:
        """Acknowledge these soon; wait while too many are waiting."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < MAX_WAITING or self._ends)
            self._waiting.extend(ids)
            self._changed.notify_all()

    def close(self, seconds: float) -> None:
        """Send the rest, for this long at most."""
        with self._changed:
            self._ends = True
            self._changed.notify_all()
        self._thread.join(seconds)

    def _send_on(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._ends)
                part = list(islice(self._waiting, MAX_IDS))
            if not part:
                return
            try:
                self._send(part)
            except Transient as error:
                self._trouble(error)
            except Exception as error:  # noqa: BLE001  # the edge of a thread: the source raises it
                self.refused = error
                self._failed(error)
                with self._changed:
                    self._ends = True
                    self._changed.notify_all()
                return
            with self._changed:
                for _ in part:
                    self._waiting.popleft()
                self._changed.notify_all()
