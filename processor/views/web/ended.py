"""Sessions that were ended in another process, or before a restart: asked of the state, remembered for a while."""

from __future__ import annotations

import threading
from math import inf
from typing import TYPE_CHECKING, Final

from processor.model.errors import GardenerError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from processor.model.ports import Store

_AGAIN_S: Final = 30.0
"""For how long a session that ended elsewhere is still accepted; each check reads a document."""
_MAX_REMEMBERED: Final = 10_000


class EndedSessions:
    """Thread-safe. Not asked in the event loop: a state that is away answers after seconds.

    While the state does not answer, a session that is not known to have ended is accepted: an outage is when people
    need the page.

    Args:
        open_store: opens the state; called at the first question, for a store of its own.
        now_s: monotonic seconds.
    """

    def __init__(self, open_store: Callable[[], Store], now_s: Callable[[], float]) -> None:
        self._open_store = open_store
        self._now_s = now_s
        self._store: Store | None = None
        self._lock = threading.Lock()
        self._known: dict[str, float] = {}
        self._unsent: dict[str, datetime] = {}

    def end(self, session: str, expires_at: datetime) -> None:
        """Record that a session has ended; if the state does not answer, with the next question."""
        with self._lock:
            self._unsent[session] = expires_at
            self._send()

    def has_ended(self, session: str) -> bool:
        """Return whether a session has ended, as of half a minute ago at the earliest."""
        with self._lock:
            until_s = self._known.get(session)
            if until_s is None or until_s <= self._now_s():
                self._send()
                if len(self._known) >= _MAX_REMEMBERED:
                    self._known.clear()
                self._known[session] = until_s = self._ask(session)
            return until_s == inf

    def _ask(self, session: str) -> float:
        """Return until when the answer holds; an end is for good."""
        try:
            return inf if self._opened().has_ended(session) else self._now_s() + _AGAIN_S
        except GardenerError:
            return self._now_s() + _AGAIN_S

    def _send(self) -> None:
        try:
            for session, expires_at in list(self._unsent.items()):
                self._opened().end_session(session, expires_at)
                del self._unsent[session]
        except GardenerError:
            return

    def _opened(self) -> Store:
        self._store = self._store or self._open_store()
        return self._store
