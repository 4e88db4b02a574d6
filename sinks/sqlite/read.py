"""Rows of the embedded store as model objects: the reading half of `sinks.sqlite.store`."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from processor.model import ExceptionInfo, Kind, Sample, Severity, Span, Stream, TemplateRecord
from sinks import triage_json
from sinks.stored_cluster import StoredCluster

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Collection, Iterator

    from processor.model import Triage

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_RECORD: Final = "c.id, c.seed, c.template, c.merged_into, c.overflow, c.literal, c.grouping"
SAMPLE: Final = ("insert_id", "at", "text", "raw", "exception", "rank")
"""Columns of a sample."""


def micros(when: datetime) -> int:
    """Return whole microseconds since the epoch; exact, unlike a float timestamp."""
    return (when - _EPOCH) // _MICROSECOND


def at(value: int) -> datetime:
    """Return the time of that many microseconds since the epoch."""
    return _EPOCH + timedelta(microseconds=value)


def streams(db: sqlite3.Connection) -> list[tuple[int, Stream, int]]:
    """Return (row id, stream, revision) of every stream."""
    rows = db.execute("SELECT id, project, service, kind, rev FROM streams ORDER BY id")
    return [(row[0], Stream(row[1], row[2], Kind(row[3])), row[4]) for row in rows]


def records(db: sqlite3.Connection, stream_id: int, since: int) -> tuple[TemplateRecord, ...]:
    """Return the stream's records written after revision `since`, in the order of creation."""
    rows = db.execute(
        f"SELECT {_RECORD} FROM clusters c WHERE stream_id = ? AND rev > ? ORDER BY seq", [stream_id, since]
    )
    return tuple(_record(row) for row in rows)


def triages(db: sqlite3.Connection, ids: Collection[str] | None) -> dict[str, Triage]:
    """Return decisions by cluster id; all of them if `ids` is None."""
    where, bound = _only("cluster_id", ids)
    rows = db.execute(f"SELECT cluster_id, rev, decision FROM handling {where}", bound)
    return {cluster_id: triage_json.load(decision, rev) for cluster_id, rev, decision in rows}


def stored(db: sqlite3.Connection, ids: Collection[str] | None) -> Iterator[StoredCluster]:
    """Return cluster documents; all of them if `ids` is None."""
    by_id = {stream_id: stream for stream_id, stream, _ in streams(db)}
    where, bound = _only("cluster_id", ids)
    severities = _counts(db, f"SELECT cluster_id, severity, n FROM severities {where}", bound)
    minutes = _counts(db, f"SELECT cluster_id, minute, n FROM minutes {where}", bound)
    hours = _counts(db, f"SELECT cluster_id, hour, n FROM hours {where}", bound)
    days = _counts(db, f"SELECT cluster_id, day, n FROM days {where}", bound)
    facets = _breakdowns(db, f"SELECT cluster_id, name, value, n FROM facets {where}", bound)
    values = _breakdowns(db, f"SELECT cluster_id, place, value, n FROM place_values {where}", bound)
    revisions: defaultdict[str, dict[str, Span]] = defaultdict(dict)
    for cluster_id, name, n, first, last in db.execute(
        f"SELECT cluster_id, revision, n, first_seen, last_seen FROM revisions {where}", bound
    ):
        revisions[cluster_id][name] = Span(n, at(first), at(last))
    where, bound = _only("c.id", ids)
    for row in db.execute(
        f"SELECT {_RECORD}, c.stream_id, c.count, c.first_seen, c.last_seen, c.fragments,"
        f" {_columns('sample')}, {_columns('latest')} FROM clusters c {where} ORDER BY c.seq",
        bound,
    ).fetchall():
        name = row[0]
        yield StoredCluster(
            record=_record(row),
            stream=by_id[row[7]],
            count=row[8],
            first_seen=None if row[9] is None else at(row[9]),
            last_seen=None if row[10] is None else at(row[10]),
            sample=_sample(row[12:18]),
            severities={Severity(level): n for level, n in severities.get(name, {}).items()},
            minutes=minutes.get(name, {}),
            hours=hours.get(name, {}),
            days=days.get(name, {}),
            facets=facets.get(name, {}),
            revisions=revisions.get(name, {}),
            fragments=row[11],
            latest=tuple(one for one in (_sample(row[18:24]),) if one is not None),
            values=values.get(name, {}),
        )


def between(db: sqlite3.Connection, ids: Collection[str]) -> list[Sample]:
    """Return the samples of these clusters between their first and last."""
    where, bound = _only("cluster_id", ids)
    rows = db.execute(f"SELECT {', '.join(SAMPLE)} FROM samples {where}", bound)
    return [one for row in rows if (one := _sample(row)) is not None]


def first_sample(db: sqlite3.Connection, cluster_id: str) -> Sample | None:
    """Return the earliest entry of a cluster; None if nothing is counted on it."""
    row = db.execute(f"SELECT {_columns('sample')} FROM clusters c WHERE c.id = ?", [cluster_id]).fetchone()
    return row and _sample(row)


def first_samples(db: sqlite3.Connection, ids: Collection[str]) -> dict[str, Sample]:
    """Return the earliest entry counted on each of these ids themselves."""
    where, bound = _only("c.id", ids)
    rows = db.execute(f"SELECT c.id, {_columns('sample')} FROM clusters c {where}", bound)
    return {row[0]: one for row in rows if (one := _sample(row[1:])) is not None}


def sample_row(sample: Sample) -> list[Any]:
    """Return the values of `SAMPLE`."""
    exception = None if sample.exception is None else json.dumps(sample.exception)
    return [sample.insert_id, micros(sample.at), sample.text, sample.raw, exception, sample.rank]


def _sample(row: tuple[Any, ...]) -> Sample | None:
    if row[1] is None:
        return None
    exception = None if row[4] is None else ExceptionInfo(*json.loads(row[4]))
    return Sample(row[0], at(row[1]), row[2], row[3], exception, row[5])


def _columns(prefix: str) -> str:
    return ", ".join(f"c.{prefix}_{name}" for name in SAMPLE)


def _record(row: tuple[Any, ...]) -> TemplateRecord:
    return TemplateRecord(row[0], row[1], row[2], row[3], bool(row[4]), bool(row[5]), row[6])


def _counts(db: sqlite3.Connection, query: str, bound: list[str]) -> dict[str, dict[int, int]]:
    counts: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for cluster_id, when, n in db.execute(query, bound):
        counts[cluster_id][when] = n
    return counts


def _breakdowns(db: sqlite3.Connection, query: str, bound: list[str]) -> dict[str, dict[str, dict[str, int]]]:
    found: defaultdict[str, dict[str, dict[str, int]]] = defaultdict(dict)
    for cluster_id, name, value, n in db.execute(query, bound):
        found[cluster_id].setdefault(name, {})[value] = n
    return found


def _only(column: str, ids: Collection[str] | None) -> tuple[str, list[str]]:
    if ids is None:
        return "", []
    return f"WHERE {column} IN (SELECT value FROM json_each(?))", [json.dumps(list(ids))]
