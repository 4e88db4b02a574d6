"""Geometry of the sparkline and of the chart over a range of time; the templates draw it as inline SVG.

Pure. Lengths of the chart are percentages of the width, so text is never stretched and no style is needed.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from processor.model import Cluster

HEIGHT: Final = 110
_SPARK_HEIGHT: Final = 18
_SPARK_STEP: Final = 3
_MARKERS: Final = 9
_APART: Final = 6.0
"""Percent of the width below which two marks cannot be told apart."""
_LED_IN: Final = 0.8
"""Share of a range that what is going on may fill, so that what came before is seen too."""
_EDGE: Final = 2.5


class Range(NamedTuple):
    """A time range of a chart: a number of bars of `unit_s` seconds, counted from `kind`."""

    name: str
    kind: str
    bars: int
    unit_s: int
    form: str


RANGES: Final[Mapping[str, Range]] = {
    "15m": Range("15 min", "minute", 15, 60, "%H:%M"),
    "1h": Range("1 h", "minute", 60, 60, "%H:%M"),
    "3h": Range("3 h", "minute", 180, 60, "%H:%M"),
    "24h": Range("24 h", "hour", 24, 3600, "%Y-%m-%d %H:%M"),
    "14d": Range("14 d", "day", 14, 86_400, "%Y-%m-%d"),
    "90d": Range("90 d", "day", 90, 86_400, "%Y-%m-%d"),
}


class Series(Struct, frozen=True):
    """The data of a chart, of one cluster or several.

    Attributes:
        counts: occurrences by "minute", "hour" and "day", as the state keeps them.
        began_at: when the ongoing problem began.
        revisions: when each was first seen here.
        deploys: when the services' other revisions were first seen anywhere.
    """

    counts: Mapping[str, Mapping[int, int]]
    began_at: datetime
    last_seen: datetime
    revisions: Mapping[str, datetime]
    deploys: Mapping[str, datetime]


class Bar(Struct, frozen=True):
    """One bar: position, size and text."""

    x: float
    width: float
    y: float
    height: float
    label: str


class Mark(Struct, frozen=True):
    """A position on the time axis, in percent, with its text; `anchor` keeps the text inside the chart."""

    x: float
    label: str
    anchor: str = "middle"
    own: bool = True


class Chart(Struct, frozen=True):
    """Counts over time.

    Attributes:
        range: its name in a URL.
        peak: the largest count of one bar.
        ticks: where the axis has a label.
        end: the label at its right end.
        marks: where revisions were first seen, by number; those too close to tell apart are one mark with their count.
        revisions: (name, whether this was seen in it) of each mark, number 1 first.
        summary: the chart in one sentence, for screen readers.
    """

    range: str
    bars: tuple[Bar, ...]
    peak: int
    ticks: tuple[Mark, ...]
    end: str
    marks: tuple[Mark, ...]
    revisions: tuple[tuple[tuple[str, bool], ...], ...]
    summary: str


def spark_path(bars: Sequence[int]) -> str:
    """Return the sparkline's path, one bar every 3 pixels, 18 pixels high; "" if there is nothing to draw."""
    peak = max(bars, default=0)
    if not peak:
        return ""
    return "".join(
        f"M{index * _SPARK_STEP + 1} {_SPARK_HEIGHT}v-{max(2, round(n / peak * _SPARK_HEIGHT))}"
        for index, n in enumerate(bars)
        if n
    )


def series_of(clusters: Sequence[Cluster], everything: Iterable[Cluster], began_at: datetime | None = None) -> Series:
    """Return the sum over these clusters, with the deploys known from all clusters of their services."""
    minutes: Counter[int] = Counter()
    hours: Counter[int] = Counter()
    days: Counter[int] = Counter()
    for cluster in clusters:
        minutes.update(cluster.minutes)
        hours.update(_hours(cluster))
        days.update(cluster.days)
    services = {(one.stream.project, one.stream.service) for one in clusters}
    around = [one for one in everything if (one.stream.project, one.stream.service) in services]
    return Series(
        {"minute": minutes, "hour": hours, "day": days},
        began_at or min(cluster.first_seen for cluster in clusters),
        max(cluster.last_seen for cluster in clusters),
        _first_seen(clusters),
        _first_seen(around),
    )


def chart(series: Series, reference: datetime, wanted: str = "") -> Chart:
    """Return the chart of a range; by default of the shortest range that shows how the ongoing problem began.

    Minutes and hours end at the reference time, or with the last entry where that is longer ago than is kept of them.
    """
    name = wanted if wanted in RANGES else _telling(series, reference)
    found = RANGES[name]
    kept = timedelta(hours=24 if found.kind == "hour" else 3)
    end = reference if found.kind == "day" or reference - series.last_seen < kept else series.last_seen
    last = int(max(end, series.last_seen if found.kind == "day" else end).timestamp()) // found.unit_s
    return _chart(name, series, series.counts[found.kind], range(last - found.bars + 1, last + 1))


def _telling(series: Series, reference: datetime) -> str:
    """Return the most informative range: a fresh outage would be a few pixels at the edge of three hours."""
    silent = reference - series.last_seen
    if silent >= timedelta(hours=24):
        return "14d"
    went_on = reference - series.began_at
    for name, found in RANGES.items():
        if found.kind != "day" and went_on <= timedelta(seconds=found.bars * found.unit_s * _LED_IN):
            return name
    return "3h" if silent < timedelta(hours=3) else "24h"


def _hours(cluster: Cluster) -> Mapping[int, int]:
    """Return counts by hour; in a state from before hours were kept, from its minutes."""
    told: Counter[int] = Counter()
    for minute, n in cluster.minutes.items():
        told[minute // 60] += n
    return {**told, **{hour: max(n, told[hour]) for hour, n in cluster.hours.items()}}


def _first_seen(clusters: Iterable[Cluster]) -> dict[str, datetime]:
    found: dict[str, datetime] = {}
    for cluster in clusters:
        for name, span in cluster.revisions.items():
            found[name] = min(found.get(name, span.first_seen), span.first_seen)
    return found


def _chart(name: str, series: Series, counts: Mapping[int, int], span: range) -> Chart:
    _, unit, _, unit_s, form = RANGES[name]
    step = 100 / len(span)
    peak = max((counts.get(at, 0) for at in span), default=0)
    bars = []
    for index, at in enumerate(span):
        if n := counts.get(at, 0):
            height = max(2, n / peak * HEIGHT)
            label = f"{_time(at * unit_s).strftime(form)}: {n:,}"
            bars.append(
                Bar(round(index * step, 3), round(step * 0.8, 3), round(HEIGHT - height, 1), round(height, 1), label)
            )
    marks, revisions = _revisions(series, span, unit_s)
    return Chart(
        range=name,
        bars=tuple(bars),
        peak=peak,
        ticks=_ticks(span, unit_s, form),
        end=_time(span[-1] * unit_s).strftime(form.removeprefix("%Y-")),
        marks=marks,
        revisions=revisions,
        summary=_summary(counts, span, unit_s, unit, form),
    )


def _summary(counts: Mapping[int, int], span: range, unit_s: int, unit: str, form: str) -> str:
    total = sum(counts.get(at, 0) for at in span)
    begin, end = (
        _time(at * unit_s).strftime("%Y-%m-%d %H:%M" if unit == "minute" else form) for at in (span[0], span[-1])
    )
    busiest = max(span, key=lambda at: counts.get(at, 0))
    peak = counts.get(busiest, 0)
    most = f"; the most in one {unit}: {peak:,}, at {_time(busiest * unit_s).strftime(form)}" if peak else ""
    return f"{total:,} {'entry' if total == 1 else 'entries'} from {begin} to {end} UTC{most}."


def _ticks(span: range, unit_s: int, form: str) -> tuple[Mark, ...]:
    """Return three labels, at the beginning and at the thirds; more would not fit a phone."""
    form = form.removeprefix("%Y-")
    places = (0, len(span) // 3, 2 * len(span) // 3)
    return tuple(
        Mark(round(place / len(span) * 100, 2), _time(span[place] * unit_s).strftime(form)) for place in places
    )


def _revisions(
    series: Series, span: range, unit_s: int
) -> tuple[tuple[Mark, ...], tuple[tuple[tuple[str, bool], ...], ...]]:
    """Return numbered marks, and the names that each stands for."""
    first = {**series.deploys, **series.revisions}
    places: list[tuple[float, list[tuple[str, bool]]]] = []
    for name, at in sorted(first.items(), key=lambda pair: (pair[1], pair[0])):
        x = round((at.timestamp() // unit_s - span[0]) / len(span) * 100, 2)
        if not 0 <= x < 100:  # noqa: PLR2004  # percent
            continue
        if not places or x - places[-1][0] >= _APART:
            places.append((x, []))
        places[-1][1].append((name, name in series.revisions))
    marks = []
    for number, (x, names) in enumerate(places[-_MARKERS:], 1):
        label = f"{number} \u00d7{len(names)}" if len(names) > 1 else str(number)
        marks.append(Mark(x, label, _anchor(x), any(own for _, own in names)))
    return tuple(marks), tuple(tuple(names) for _, names in places[-_MARKERS:])


def _anchor(x: float) -> str:
    if x < _EDGE:
        return "start"
    return "end" if x > 100 - _EDGE else "middle"  # percent


def _time(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
