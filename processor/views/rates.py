"""Key figures of a cluster: rate, change, growth, return; and times in words.

Pure. Rates are over event time and relative to a reference time, see `reference_time`.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from processor.model import Status

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from processor.model import Cluster

BARS: Final = 36
BAR_MINUTES: Final = 5
_HOUR: Final = 60
_HISTORY: Final = timedelta(hours=3)
_NEW: Final = timedelta(hours=24)
_LEAST_GROWTH: Final = 5
_STEPS: Final = ((60, 1, "s"), (3600, 60, "min"), (172_800, 3600, "h"), (63_072_000, 86_400, "d"))


class Rates(Struct, frozen=True):
    """One cluster's recent history.

    Attributes:
        hour: entries of the 60 minutes up to the reference time.
        before: entries of the 60 minutes before those.
        bars: entries per five minutes over three hours, oldest first.
    """

    hour: int
    before: int
    bars: tuple[int, ...]

    @property
    def growing(self) -> bool:
        """Whether it is at least twice the hour before, and more than a handful."""
        return self.hour >= max(_LEAST_GROWTH, 2 * self.before)

    @property
    def change(self) -> str:
        """Change against the hour before: "x4.4", "+20%", "-80%", "=", "from 0", or "" if there is nothing."""
        if not self.hour and not self.before:
            return ""
        if not self.before:
            return "from 0"
        ratio = self.hour / self.before
        if ratio >= 2:  # noqa: PLR2004  # from twice on, a factor reads better than a percentage
            return f"x{ratio:.1f}" if ratio < 10 else f"x{ratio:,.0f}"  # noqa: PLR2004
        percent = round((ratio - 1) * 100)
        return f"{percent:+d}%" if percent else "="

    @property
    def steepness(self) -> float:
        """Factor of growth, for sorting; growth from nothing counts as growth from a half."""
        return self.hour / (self.before or 0.5)


def reference_time(clusters: Iterable[Cluster], now: datetime) -> datetime:
    """Return now, or the newest entry if none lies within the three hours kept per minute.

    A replayed export of last year shows its own last hour instead of an empty one; the page says so.
    """
    newest = max((cluster.last_seen for cluster in clusters), default=now)
    return newest if now - newest > _HISTORY else now


def figures_of(cluster: Cluster, reference: datetime) -> Rates:
    """Return the recent history of one cluster."""
    last = int(reference.timestamp()) // 60
    hour = before = 0
    bars = [0] * BARS
    for minute, n in cluster.minutes.items():
        # What a fast clock has written belongs to the present.
        past = max(last - minute, 0)
        if past < _HOUR:
            hour += n
        elif past < 2 * _HOUR:
            before += n
        if past < BARS * BAR_MINUTES:
            bars[BARS - 1 - past // BAR_MINUTES] += n
    return Rates(hour, before, tuple(bars))


def has_before(cluster: Cluster, reference: datetime) -> bool:
    """Return whether it was known before the last hour, so that the hour can be compared."""
    return cluster.first_seen <= reference - timedelta(minutes=_HOUR)


def is_new(cluster: Cluster, reference: datetime) -> bool:
    """Return whether it was first seen within a day of the reference time."""
    return reference - cluster.first_seen <= _NEW


def is_back(cluster: Cluster) -> bool:
    """Return whether it was settled and has been seen again, other than in the revision it was settled in."""
    triage = cluster.triage
    if triage.status is Status.RESOLVED:
        return (
            triage.resolved_at is not None
            and cluster.last_seen > triage.resolved_at
            and not (triage.resolved_revision and triage.resolved_revision == cluster.last_revision)
        )
    return triage.status is Status.OPEN and triage.regressions > 0


def ago(at: datetime, now: datetime) -> str:
    """Return the time passed in one unit: "40 s ago", "3 h ago"; also "now" and "in 2 h"."""
    seconds = int((now - at).total_seconds())
    size = abs(seconds)
    if size < 5:  # noqa: PLR2004  # nobody counts these seconds
        return "now"
    _, unit, name = next((step for step in _STEPS if size < step[0]), (0, 31_536_000, "y"))
    words = f"{size // unit} {name}"
    return f"in {words}" if seconds < 0 else f"{words} ago"


def age(seconds: float) -> str:
    """Return a duration as one short word: "40s", "3h", "12d"."""
    size = int(max(seconds, 0))
    _, unit, name = next((step for step in _STEPS if size < step[0]), (0, 31_536_000, "y"))
    return f"{size // unit}{name.replace('min', 'm')}"


def plural(n: int, one: str, many: str = "") -> str:
    """Return a number with its noun: "1 entry", "2 entries"."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"
