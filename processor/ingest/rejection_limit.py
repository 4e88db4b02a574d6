"""Rejection limit: stop if most messages cannot be decoded, because the fault is then ours.

A bad deployment, or a sink that sends something else, would otherwise empty the subscription into quarantine. Pure: the
caller passes the time.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from processor.model.errors import TooManyRejected

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from processor.model import Rejected

_LEAST: Final = 1000
"""A window with fewer messages is not judged."""


class RejectionRule(Struct, frozen=True):
    """Maximum share of rejected messages over a window of seconds; 1.0 is no limit."""

    ratio: float = 0.5
    window_s: float = 60.0


class RejectionLimit:
    """Counts messages and rejected messages, window after window.

    Only a whole window is judged, and only while it is still in progress: a burst of malformed messages in a backlog,
    however dense, is drained into quarantine.
    """

    def __init__(self, rule: RejectionRule | None = None) -> None:
        self._rule = rule or RejectionRule()
        self._window = timedelta(seconds=self._rule.window_s)
        self._began_at: datetime | None = None
        self._messages = self._rejected = 0

    def observe(self, messages: int, rejected: Sequence[Rejected], now: datetime) -> None:
        """Count a batch, before it is committed. Raises `TooManyRejected`; the batch is then not processed."""
        began_at = self._began_at = self._began_at or now
        self._messages += messages
        self._rejected += len(rejected)
        if now - began_at < self._window:
            return
        goes_on = len(rejected) > self._rule.ratio * messages
        if goes_on and self._messages >= _LEAST and self._rejected > self._rule.ratio * self._messages:
            raise TooManyRejected(
                f"{self._rejected:,} of the last {self._messages:,} messages are not log entries"
                f" ({rejected[-1].reason}); stopped before all of them are in quarantine. Check that the log sink"
                " feeds this source and that this version is the right one; max_rejected_ratio = 1 lets them through"
            )
        self._began_at, self._messages, self._rejected = now, 0, 0
