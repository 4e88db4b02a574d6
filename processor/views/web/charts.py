"""Geometry of the sparkline and of the charts per minute and per day; the templates draw it as inline SVG.

Pure. Lengths of charts are percentages of the width, so text is never stretched and no style is needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from processor.model import Cluster

HEIGHT: Final = 120
_MINUTES: Final = 180
_MIN_DAYS: Final = 14
_MAX_DAYS: Final = 90
_SPARK_HEIGHT: Final = 18
_SPARK_STEP: Final = 3
_MARKERS: Final = 9
_APART: Final = 3.5


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: position and size, and what it says."""

    x: float
    width: float
    y: float
    height: float
    label: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A place on the time axis, in percent, with its text."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Counts over time.

    Attributes:
        peak: the largest count of one bar.
        ticks: where the axis has a label.
        end: the label at its right end.
        marks: where a revision was first seen, by number.
        revisions: their names, number 1 first.
        summary: the chart in one sentence, for those who cannot see it.
    """

    bars: tuple[Bar, ...]
    peak: int
    ticks: tuple[Mark, ...]
    end: str
    marks: tuple[Mark, ...]
    revisions: tuple[str, ...]
    summary: str


def spark_path(bars: Sequence[int]) -> str:
    """The sparkline's path, one bar every 3 pixels, 18 pixels high; "" where there is nothing to draw."""
    peak = max(bars, default=0)
    if not peak:
        return ""
    return "".join(
        f"M{index * _SPARK_STEP + 1} {_SPARK_HEIGHT}v-{max(2, round(n / peak * _SPARK_HEIGHT))}"
        for index, n in enumerate(bars)
        if n
    )


def per_minute(cluster: Cluster, reference: datetime) -> Chart:
    """Three hours up to the reference time, or up to the last entry where that is longer ago."""
    end = reference if reference - cluster.last_seen < timedelta(hours=3) else cluster.last_seen
    last = int(end.timestamp()) // 60
    return _chart(cluster, cluster.minutes, range(last - _MINUTES + 1, last + 1), 60, "minute")


def per_day(cluster: Cluster, reference: datetime) -> Chart:
    """The days since it was first seen: two weeks at least, ninety days at most."""
    last = int(max(reference, cluster.last_seen).timestamp()) // 86_400
    first = max(min(min(cluster.days, default=last), last - _MIN_DAYS + 1), last - _MAX_DAYS + 1)
    return _chart(cluster, cluster.days, range(first, last + 1), 86_400, "day")


def _chart(cluster: Cluster, counts: Mapping[int, int], span: range, unit_s: int, unit: str) -> Chart:
    step = 100 / len(span)
    peak = max((counts.get(at, 0) for at in span), default=0)
    form = "%H:%M" if unit == "minute" else "%Y-%m-%d"
    bars = []
    for index, at in enumerate(span):
        if n := counts.get(at, 0):
            height = max(2, n / peak * HEIGHT)
            label = f"{_time(at * unit_s).strftime(form)}: {n:,}"
            bars.append(
                Bar(round(index * step, 3), round(step * 0.8, 3), round(HEIGHT - height, 1), round(height, 1), label)
            )
    total = sum(counts.get(at, 0) for at in span)
    begin, end = (
        _time(at * unit_s).strftime("%Y-%m-%d %H:%M" if unit == "minute" else form) for at in (span[0], span[-1])
    )
    busiest = max(span, key=lambda at: counts.get(at, 0), default=0)
    most = f"; the most in one {unit} were {peak:,}, at {_time(busiest * unit_s).strftime(form)}" if peak else ""
    marks, revisions = _revisions(cluster, span, unit_s)
    return Chart(
        bars=tuple(bars),
        peak=peak,
        ticks=_ticks(span, unit_s, form),
        end=_time(span[-1] * unit_s).strftime(form.removeprefix("%Y-")),
        marks=marks,
        revisions=revisions,
        summary=f"{total:,} entries from {begin} to {end} UTC{most}.",
    )


def _ticks(span: range, unit_s: int, form: str) -> tuple[Mark, ...]:
    """Three labels, at the beginning and at the thirds; more would not fit a phone."""
    form = form.removeprefix("%Y-")
    places = (0, len(span) // 3, 2 * len(span) // 3)
    return tuple(
        Mark(round(place / len(span) * 100, 2), _time(span[place] * unit_s).strftime(form)) for place in places
    )


def _revisions(cluster: Cluster, span: range, unit_s: int) -> tuple[tuple[Mark, ...], tuple[str, ...]]:
    """Numbered marks and the names that the numbers stand for; marks too close to tell apart share a label."""
    found = sorted(cluster.revisions.items(), key=lambda pair: (pair[1].first_seen, pair[0]))
    places = [
        (round((seen.first_seen.timestamp() / unit_s - span[0]) / len(span) * 100, 2), name) for name, seen in found
    ]
    shown = [(x, name) for x, name in places if 0 <= x < 100][-_MARKERS:]  # noqa: PLR2004  # percent
    marks: list[Mark] = []
    for number, (x, _) in enumerate(shown, 1):
        if marks and x - marks[-1].x < _APART:
            marks[-1] = Mark(marks[-1].x, f"{marks[-1].label}, {number}")
        else:
            marks.append(Mark(x, str(number)))
    return tuple(marks), tuple(name for _, name in shown)


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
