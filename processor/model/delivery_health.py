"""Delivery health: the state of issue delivery, as reported by a worker's controller and shown to people."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

TOKEN_WARNING: Final = timedelta(days=14)
_STALE: Final = timedelta(hours=2)
"""A worker reports every five minutes; an older report, of a worker that is gone, does not count."""
_CUT: Final = 300


class DeliveryHealth(Struct, frozen=True):
    """A worker's report about the issue tracker. Texts hold no log text.

    Attributes:
        worker: the reporting worker.
        at: time of the report.
        tracker: the setting `issues`, as people know it.
        succeeded_at: the last successful request; None for none in this run.
        failed_at: the last failed request; `error` describes it.
        parked: repositories that are skipped for the time being, and why.
        waiting: issues that wait for the next hour's budget.
        token_expires_at: as reported by the tracker; None if it reports none.
    """

    worker: str
    at: datetime
    tracker: str = ""
    succeeded_at: datetime | None = None
    failed_at: datetime | None = None
    error: str = ""
    parked: Mapping[str, str] = field(default_factory=dict)
    waiting: int = 0
    token_expires_at: datetime | None = None

    @property
    def is_failing(self) -> bool:
        """Whether the last request failed."""
        return self.failed_at is not None and (self.succeeded_at is None or self.succeeded_at < self.failed_at)


def problems(reports: Iterable[DeliveryHealth], now: datetime) -> tuple[str, ...]:
    """Return the problems to show, each once, worst first; () if there are none."""
    fresh = [one for one in reports if now - one.at < _STALE]
    return tuple(dict.fromkeys(sentence for one in fresh for sentence in _sentences(one, now)))


def _sentences(report: DeliveryHealth, now: datetime) -> Iterator[str]:
    for repository, why in sorted(report.parked.items()):
        yield f"No issue of {repository} is written: {why[:_CUT]}. It is tried again every hour."
    if report.is_failing and not report.parked:
        since = f" since {report.succeeded_at:%Y-%m-%d %H:%M} UTC" if report.succeeded_at else ""
        yield f"Issues are not written{since}: {report.error[:_CUT]}"
    expires = report.token_expires_at
    if expires is not None and expires - now < TOKEN_WARNING:
        when = "has expired" if expires <= now else f"expires on {expires:%Y-%m-%d}"
        yield f"The token of the issue tracker {when}; make a new one, or no issue is written any more."
    if report.waiting:
        yield f"{report.waiting} new issues wait for the next hour: no more than issues_per_hour are opened."
