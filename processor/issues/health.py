"""The report on the health of delivery, stored when it changes."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from processor.model import DeliveryHealth
from processor.model.errors import StateError, Transient

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from processor.model.ports import Clock, IssueTracker, Store

_log: Final = logging.getLogger("gardener.issues")
_AGAIN: Final = timedelta(minutes=5)
_DAY: Final = timedelta(days=1)
_WARN: Final = timedelta(days=14)
_ALARM: Final = timedelta(days=2)
_CUT: Final = 500


class HealthKeeper:
    """Receives the outcome of every request of the controller; never raises into its turn.

    Attributes:
        report: the present report.
    """

    def __init__(self, store: Store, tracker: IssueTracker | None, *, clock: Clock, name: str, shown: str) -> None:
        self._store = store
        self._tracker = tracker
        self._clock = clock
        self.report = DeliveryHealth(worker=name, at=clock.now(), tracker=shown)
        self._reasons: dict[str, str] = {}
        self._stored: DeliveryHealth | None = None
        self._warned_at: datetime | None = None

    def succeeded(self) -> None:
        """Record a successful request."""
        self.report = replace(self.report, succeeded_at=self._clock.now())

    def failed(self, error: Exception) -> None:
        """Record a failed request."""
        self.report = replace(self.report, failed_at=self._clock.now(), error=str(error)[:_CUT])

    def looked(self, parked: Mapping[str, datetime]) -> None:
        """Record that every repository was listed, except for parked ones."""
        if self._tracker is not None and not set(self._tracker.repositories()) <= set(self._left_alone(parked)):
            self.succeeded()

    def parked(self, repository: str, error: Exception) -> None:
        """Record that a repository is parked."""
        self._reasons[repository] = str(error)[:_CUT]
        self.failed(error)

    def ended(self, parked: Mapping[str, datetime], waiting: int) -> None:
        """End a turn: store the report, at once if it has news, otherwise every five minutes."""
        if self._tracker is None:
            return
        now = self._clock.now()
        expires = getattr(self._tracker, "token_expires_at", None)
        self.report = replace(
            self.report,
            at=now,
            parked={name: self._reasons.get(name, "") for name in self._left_alone(parked)},
            waiting=waiting,
            token_expires_at=expires,
        )
        self._warn(expires, now)
        if self._stored is None or now - self._stored.at >= _AGAIN or _news(self.report) != _news(self._stored):
            self._put()

    def _left_alone(self, parked: Mapping[str, datetime]) -> list[str]:
        now = self._clock.now()
        return sorted(name for name, until in parked.items() if until > now)

    def _put(self) -> None:
        try:
            self._store.put_delivery(self.report)
        except (StateError, Transient) as error:
            _log.warning("the health of issues is not stored: %s", error, extra={"action": "issues_wait"})
        else:
            self._stored = self.report

    def _warn(self, expires: datetime | None, now: datetime) -> None:
        if expires is None or expires - now > _WARN or (self._warned_at and now - self._warned_at < _DAY):
            return
        self._warned_at = now
        fields = {"expires_at": expires.isoformat(), "days": round((expires - now) / _DAY, 1)}
        text = "the token of the issue tracker expires on %s; create a new one"
        if expires - now > _ALARM:
            _log.warning(text, f"{expires:%Y-%m-%d}", extra={"action": "token_expires", "fields": fields})
        else:
            _log.error(text, f"{expires:%Y-%m-%d}", extra={"action": "token_expiring", "fields": fields})


def _news(report: DeliveryHealth) -> tuple[object, ...]:
    """Return the parts of a report whose change is stored at once."""
    return (report.is_failing, report.error if report.is_failing else "", report.parked, report.waiting > 0)
