"""Add a checkpoint's delta to a cluster document: the new document, and whether increments suffice. Pure.

A document's size is bounded because every key in it is: minutes, hours and days by their window, facets, values and
revisions by number. Increments on keys known to exist cannot exceed a bound, so they are sent without a read. A change
that adds or drops a key, or changes the sample, is computed from a fresh read and written only if the document has not
changed since.
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from processor.model import MAX_BETWEEN
from processor.model.facets import OTHER
from processor.model.values import total
from sinks.stored_cluster import (
    DAYS_KEPT,
    HOURS_KEPT,
    MAX_FACET_VALUES,
    MAX_FACETS,
    MAX_REVISIONS,
    MINUTES_KEPT,
    StoredCluster,
    newest,
    summed,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from processor.model import ClusterDelta, Span
    from sinks.stored_cluster import SampleChange

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
MAX_TRANSFORMS: Final = 450
"""Firestore refuses more than 500 field transforms of one document in one commit."""
_MAX_KEY_BYTES: Final = 1400

Path = tuple[str, ...]
Change = tuple[Path, str, int]
"""Field transform: path, operation ("add", "min" or "max") and operand."""


def micros(when: datetime) -> int:
    """Return whole microseconds since the epoch; exact, and comparable in a transform, unlike a timestamp."""
    return (when - _EPOCH) // _MICROSECOND


def at(value: int) -> datetime:
    """Return the time of that many microseconds since the epoch."""
    return _EPOCH + timedelta(microseconds=value)


def added(stored: StoredCluster, delta: ClusterDelta, samples: SampleChange) -> StoredCluster:
    """Return the document with the delta; `samples`: the result of `with_samples` for the two."""
    last = delta.last_seen if stored.last_seen is None else max(stored.last_seen, delta.last_seen)
    last_minute = int(last.timestamp()) // 60
    return replace(
        stored,
        count=stored.count + delta.count,
        first_seen=delta.first_seen if stored.first_seen is None else min(stored.first_seen, delta.first_seen),
        last_seen=last,
        sample=samples.first,
        latest=() if samples.latest is None else (samples.latest,),
        ranks=samples.ranks,
        fragments=stored.fragments + delta.count - delta.occurrences,
        values=total([stored.values, delta.values]) if delta.values else stored.values,
        severities=Counter(stored.severities) + Counter(delta.severities),
        minutes=newest(Counter(stored.minutes) + Counter(delta.minutes), last_minute, MINUTES_KEPT),
        hours=newest(Counter(stored.hours) + summed(delta.minutes, 60), last_minute // 60, HOURS_KEPT),
        days=newest(Counter(stored.days) + summed(delta.minutes, 1440), last_minute // 1440, DAYS_KEPT),
        facets=_with_facets(stored.facets, delta.facets),
        revisions=_with_revisions(stored.revisions, delta.revisions),
    )


def increments(known: StoredCluster, delta: ClusterDelta) -> list[Change] | None:
    """Return the delta as field transforms, or None if it has to be computed from a fresh read.

    `known` is the document at some earlier time: keys are only removed after a fresh read, so its keys still exist, or
    are older than the window.
    """
    if known.sample is None or known.last_seen is None or delta.sample.age < known.sample.age:
        return None
    if _changes_between(known, delta):
        return None
    values = _value_increments(known.values, delta.values)
    times = _time_increments(known, delta)
    facets = _facet_increments(known.facets, delta.facets)
    if times is None or facets is None or values is None or not delta.revisions.keys() <= known.revisions.keys():
        return None
    changes: list[Change] = [
        (("count",), "add", delta.count),
        (("first_seen",), "min", micros(delta.first_seen)),
        (("last_seen",), "max", micros(delta.last_seen)),
        *((("severities", str(int(severity))), "add", n) for severity, n in delta.severities.items()),
        *times,
        *facets,
        *values,
    ]
    if delta.count > delta.occurrences:
        changes.append((("fragments",), "add", delta.count - delta.occurrences))
    for name, span in delta.revisions.items():
        path = ("revisions", key(name))
        changes.append(((*path, "n"), "add", span.entries))
        changes.append(((*path, "first"), "min", micros(span.first_seen)))
        changes.append(((*path, "last"), "max", micros(span.last_seen)))
    return changes if len(changes) <= MAX_TRANSFORMS else None


def key(text: str) -> str:
    """Return any text as a map key: never empty, never reserved (`__x__`), within 1,500 bytes."""
    return "=" + text.encode("utf-8", "replace")[:_MAX_KEY_BYTES].decode("utf-8", "ignore")


def bounded_names(delta: ClusterDelta) -> ClusterDelta:
    """Return the delta with facets and revisions cut to a key's limit; nearly always the delta itself."""
    names = (*delta.facets, *(value for values in delta.facets.values() for value in values), *delta.revisions)
    if all(len(name) <= _MAX_KEY_BYTES // 4 for name in names):
        return delta
    facets: dict[str, Counter[str]] = {}
    for name, values in delta.facets.items():
        for value, n in values.items():
            facets.setdefault(key(name)[1:], Counter())[key(value)[1:]] += n
    return replace(delta, facets=facets, revisions=_with_revisions({}, delta.revisions))


def hour_path(minute: int) -> Path:
    """Return the path of an hour's map: minutes are grouped by hour, so that a new minute is no new key."""
    return ("minutes", str(minute // 60), str(minute % 60))


def _time_increments(known: StoredCluster, delta: ClusterDelta) -> list[Change] | None:
    last = max(known.last_seen or delta.last_seen, delta.last_seen)
    last_minute = int(last.timestamp()) // 60
    begun = {minute // 60 for minute in known.minutes}
    minutes = newest(delta.minutes, last_minute, MINUTES_KEPT)
    hours = newest(summed(delta.minutes, 60), last_minute // 60, HOURS_KEPT)
    days = newest(summed(delta.minutes, 1440), last_minute // 1440, DAYS_KEPT)
    if any(minute // 60 not in begun for minute in minutes):
        return None
    if not (hours.keys() <= known.hours.keys() and days.keys() <= known.days.keys()):
        return None
    return [
        *((hour_path(minute), "add", n) for minute, n in minutes.items()),
        *((("hours", str(hour)), "add", n) for hour, n in hours.items()),
        *((("days", str(day)), "add", n) for day, n in days.items()),
    ]


def _facet_increments(
    known: Mapping[str, Mapping[str, int]], more: Mapping[str, Mapping[str, int]]
) -> list[Change] | None:
    added_values: Counter[tuple[str, str]] = Counter()
    for name, values in more.items():
        held = known.get(name)
        if held is None:
            if len(known) < MAX_FACETS:
                return None
            continue
        for value, n in values.items():
            if value not in held and len(held) < MAX_FACET_VALUES:
                return None
            added_values[name, value if value in held else OTHER] += n
    return [(("facets", key(name), key(value)), "add", n) for (name, value), n in added_values.items()]


def _value_increments(
    known: Mapping[str, Mapping[str, int]], more: Mapping[str, Mapping[str, int]]
) -> list[Change] | None:
    """Return increments if every value is already kept, or is summed under "(other)"; else None.

    A value that another writer has just displaced comes back in part this way; readers bound the values again, which
    sums it with the others.
    """
    found: list[Change] = []
    for place, values in more.items():
        held = known.get(place, {})
        after = total([{place: held}, {place: values}]).get(place)
        if after is None:
            continue
        if after.keys() != held.keys():
            return None
        found += [(("values", key(place), key(value)), "add", n - held[value]) for value, n in after.items()]
    return [one for one in found if one[2]]


def _changes_between(known: StoredCluster, delta: ClusterDelta) -> bool:
    """Return whether the delta has an entry of a lower rank than the kept samples between."""
    offered = {delta.sample.rank, *(one.rank for one in delta.candidates)}
    offered -= {*known.ranks, *(() if known.sample is None else (known.sample.rank,))}
    return bool(offered) and (len(known.ranks) < MAX_BETWEEN or min(offered) < known.ranks[-1])


def _with_facets(
    stored: Mapping[str, Mapping[str, int]], more: Mapping[str, Mapping[str, int]]
) -> dict[str, dict[str, int]]:
    facets = {name: dict(values) for name, values in stored.items()}
    for name, values in more.items():
        if name not in facets and len(facets) >= MAX_FACETS:
            continue
        held = facets.setdefault(name, {})
        for value, n in _ranked(values):
            kept = value if value in held or len(held) < MAX_FACET_VALUES else OTHER
            held[kept] = held.get(kept, 0) + n
    return facets


def _with_revisions(stored: Mapping[str, Span], more: Mapping[str, Span]) -> dict[str, Span]:
    revisions = dict(stored)
    for long_name, span in more.items():
        name = key(long_name)[1:]
        revisions[name] = revisions[name] + span if name in revisions else span
    ranked = sorted(revisions.items(), key=lambda pair: (-micros(pair[1].last_seen), pair[0]))
    return dict(ranked[:MAX_REVISIONS])


def _ranked(values: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    yield from sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
