"""Write a checkpoint or decision, statement by statement, inside the transaction that `store` opened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from processor.model import SCHEMA_VERSION, Kind, Sample, Stream, TemplateRecord
from processor.model.errors import Conflict, StateError
from processor.model.facets import OTHER
from processor.model.values import total
from sinks.sqlite.read import SAMPLE, at, first_sample, micros, sample_row
from sinks.stored_cluster import (
    DAYS_KEPT,
    HOURS_KEPT,
    MAX_FACET_VALUES,
    MAX_FACETS,
    MAX_REVISIONS,
    MINUTES_KEPT,
    StoredCluster,
    summed,
    with_samples,
)

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence

    from processor.model import AuditRecord, Checkpoint, ClusterDelta, Rejected, TemplateChanges
    from sinks.private import Redaction
    from sinks.stored_cluster import Clean

QUARANTINE_KEPT: Final = 100_000
_EMPTY: Final = StoredCluster(
    TemplateRecord("", "", ""), Stream("", "", Kind.TEXT), 0, None, None, None, {}, {}, {}, {}, {}
)


def put_templates(db: sqlite3.Connection, changes: TemplateChanges) -> int:
    """Store new and changed records; return the stream's new revision. Raises `Conflict` if it changed meanwhile."""
    row = db.execute(
        "SELECT id, rev FROM streams WHERE project = ? AND service = ? AND kind = ?", changes.stream
    ).fetchone()
    if (row[1] if row else 0) != changes.base_rev:
        raise Conflict(f"another worker changed the templates of {changes.stream.key} first")
    rev = changes.base_rev + 1
    if row:
        stream_id = row[0]
        db.execute("UPDATE streams SET rev = ? WHERE id = ?", [rev, stream_id])
    else:
        stream_id = db.execute(
            "INSERT INTO streams (project, service, kind, rev) VALUES (?, ?, ?, ?)",
            [*changes.stream, rev],
        ).lastrowid
    db.executemany(
        "INSERT INTO clusters (id, stream_id, rev, seed, template, merged_into, overflow, literal, grouping)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET rev = excluded.rev, seed = excluded.seed, template = excluded.template,"
        " merged_into = excluded.merged_into, overflow = excluded.overflow, literal = excluded.literal,"
        " grouping = excluded.grouping",
        [
            (r.id, stream_id, rev, r.seed, r.template, r.merged_into, r.overflow, r.literal, r.grouping)
            for r in changes.records
        ],
    )
    return rev


def add(db: sqlite3.Connection, given: ClusterDelta, redaction: Redaction) -> int:
    """Count a delta; return the cluster's new count. Raises `StateError` for a cluster that was never stored."""
    delta = redaction.delta(given)
    first, last = micros(delta.first_seen), micros(delta.last_seen)
    row = db.execute(
        "UPDATE clusters SET count = count + ?, fragments = fragments + ?,"
        " first_seen = min(coalesce(first_seen, ?), ?), last_seen = max(coalesce(last_seen, ?), ?) WHERE id = ?"
        " RETURNING count, last_seen, sample_at, sample_insert_id, sample_rank, latest_at, latest_insert_id, seed",
        [delta.count, delta.count - delta.occurrences, first, first, last, last, delta.id],
    ).fetchone()
    if row is None:
        raise StateError(f"counts arrived for cluster {delta.id}, which was never stored")
    if not row[-1]:
        raise Conflict(f"cluster {delta.id} was forgotten meanwhile")
    _add_samples(db, delta, row[2:7], redaction.sample)
    _add_times(db, delta, row[1] // 60_000_000)
    db.executemany(
        "INSERT INTO severities (cluster_id, severity, n) VALUES (?, ?, ?)"
        " ON CONFLICT (cluster_id, severity) DO UPDATE SET n = n + excluded.n",
        [(delta.id, int(severity), n) for severity, n in delta.severities.items()],
    )
    _add_facets(db, delta)
    if delta.values:
        _add_values(db, delta)
    _add_revisions(db, delta)
    return int(row[0])


def _add_samples(db: sqlite3.Connection, delta: ClusterDelta, known: tuple[Any, ...], clean: Clean) -> None:
    """Store the first and last sample and those between.

    `known`: (at, insert_id, rank) of the stored first, (at, insert_id) of the last.
    """
    first_at, first_id, first_rank, latest_at, latest_id = known
    first = None if first_at is None else Sample(first_id, at(first_at), "", "", rank=first_rank)
    latest = () if latest_at is None else (Sample(latest_id, at(latest_at), "", ""),)
    ranks: tuple[int, ...] = ()
    if first is not None:
        ranks = tuple(rank for (rank,) in db.execute("SELECT rank FROM samples WHERE cluster_id = ?", [delta.id]))
        if delta.sample.age < first.age:
            first = first_sample(db, delta.id)
    change = with_samples(replace(_EMPTY, sample=first, latest=latest, ranks=ranks), delta, clean)
    columns = ", ".join(SAMPLE)
    db.executemany(
        f"INSERT INTO samples (cluster_id, {columns}) VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(delta.id, *sample_row(one)) for one in change.put],
    )
    if change.dropped:
        gone = [(delta.id, rank) for rank in change.dropped]
        db.executemany("DELETE FROM samples WHERE cluster_id = ? AND rank = ?", gone)
    if change.first is not first:
        set_sample(db, delta.id, "sample", change.first)
    if change.latest is not None and change.latest not in latest:
        set_sample(db, delta.id, "latest", change.latest)


def set_sample(db: sqlite3.Connection, cluster_id: str, which: str, sample: Sample) -> None:
    """Store a cluster's first sample ("sample") or its last ("latest")."""
    columns = ", ".join(f"{which}_{name} = ?" for name in SAMPLE)
    db.execute(f"UPDATE clusters SET {columns} WHERE id = ?", [*sample_row(sample), cluster_id])


def _add_times(db: sqlite3.Connection, delta: ClusterDelta, last_minute: int) -> None:
    """Add minutes, hours and days; those beyond the window are deleted, so a cluster's size is bounded."""
    for table, column, counts, oldest in (
        ("minutes", "minute", delta.minutes, last_minute - MINUTES_KEPT),
        ("hours", "hour", summed(delta.minutes, 60), last_minute // 60 - HOURS_KEPT),
        ("days", "day", summed(delta.minutes, 1440), last_minute // 1440 - DAYS_KEPT),
    ):
        db.executemany(
            f"INSERT INTO {table} (cluster_id, {column}, n) VALUES (?, ?, ?)"
            f" ON CONFLICT (cluster_id, {column}) DO UPDATE SET n = n + excluded.n",
            [(delta.id, when, n) for when, n in counts.items()],
        )
        db.execute(f"DELETE FROM {table} WHERE cluster_id = ? AND {column} <= ?", [delta.id, oldest])


def _add_facets(db: sqlite3.Connection, delta: ClusterDelta) -> None:
    known: dict[str, set[str]] = {}
    for name, value in db.execute("SELECT name, value FROM facets WHERE cluster_id = ?", [delta.id]):
        known.setdefault(name, set()).add(value)
    added: dict[tuple[str, str], int] = {}
    for name, values in delta.facets.items():
        if name not in known and len(known) >= MAX_FACETS:
            continue
        held = known.setdefault(name, set())
        for value, n in values.items():
            kept = value if value in held or len(held) < MAX_FACET_VALUES else OTHER
            held.add(kept)
            added[name, kept] = added.get((name, kept), 0) + n
    db.executemany(
        "INSERT INTO facets (cluster_id, name, value, n) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (cluster_id, name, value) DO UPDATE SET n = n + excluded.n",
        [(delta.id, name, value, n) for (name, value), n in added.items()],
    )


def _add_values(db: sqlite3.Connection, delta: ClusterDelta) -> None:
    stored: dict[str, dict[str, int]] = {}
    for place, value, n in db.execute("SELECT place, value, n FROM place_values WHERE cluster_id = ?", [delta.id]):
        stored.setdefault(place, {})[value] = n
    after = total([stored, delta.values])
    gone = [
        (delta.id, place, value)
        for place, values in stored.items()
        for value in values
        if value not in after.get(place, ())
    ]
    db.executemany("DELETE FROM place_values WHERE cluster_id = ? AND place = ? AND value = ?", gone)
    db.executemany(
        "INSERT INTO place_values (cluster_id, place, value, n) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (cluster_id, place, value) DO UPDATE SET n = excluded.n",
        [
            (delta.id, place, value, n)
            for place, values in after.items()
            for value, n in values.items()
            if n != stored.get(place, {}).get(value)
        ],
    )


def _add_revisions(db: sqlite3.Connection, delta: ClusterDelta) -> None:
    db.executemany(
        "INSERT INTO revisions (cluster_id, revision, n, first_seen, last_seen) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (cluster_id, revision) DO UPDATE SET n = n + excluded.n,"
        " first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen)",
        [
            (delta.id, name, span.entries, micros(span.first_seen), micros(span.last_seen))
            for name, span in delta.revisions.items()
        ],
    )
    db.execute(
        "DELETE FROM revisions WHERE cluster_id = ? AND revision IN (SELECT revision FROM revisions"
        " WHERE cluster_id = ? ORDER BY last_seen DESC, revision LIMIT -1 OFFSET ?)",
        [delta.id, delta.id, MAX_REVISIONS],
    )


def quarantine(db: sqlite3.Connection, rejected: Sequence[Rejected]) -> None:
    """Store messages that could not be decoded; beyond the bound the oldest are deleted."""
    if not rejected:
        return
    db.executemany(
        "INSERT OR REPLACE INTO quarantine (id, reason, raw, size, source, byte_offset, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        [(r.id, r.reason, r.raw, r.size, r.source, r.offset, micros(r.at)) for r in rejected],
    )
    db.execute(
        "DELETE FROM quarantine WHERE id IN (SELECT id FROM quarantine ORDER BY at DESC, id LIMIT -1 OFFSET ?)",
        [QUARANTINE_KEPT],
    )


def heartbeat(db: sqlite3.Connection, checkpoint: Checkpoint, *, version: str) -> None:
    """Add to the worker's totals, and record its heartbeat."""
    totals = checkpoint.totals
    lag = (
        max((checkpoint.at - delta.last_seen).total_seconds() for delta in checkpoint.deltas)
        if checkpoint.deltas
        else 0
    )
    db.execute(
        "INSERT INTO workers (id, heartbeat_at, version, counted, duplicates, rejected, ignored, lag_s,"
        " schema_version) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET heartbeat_at = excluded.heartbeat_at,"
        " version = excluded.version, counted = counted + excluded.counted,"
        " duplicates = duplicates + excluded.duplicates, rejected = rejected + excluded.rejected,"
        " ignored = ignored + excluded.ignored, lag_s = excluded.lag_s,"
        " schema_version = excluded.schema_version",
        [
            *(checkpoint.worker, micros(checkpoint.at), version),
            *(totals.counted, totals.duplicates, totals.rejected, totals.ignored, max(lag, 0.0), SCHEMA_VERSION),
        ],
    )


def put_audit(db: sqlite3.Connection, records: Iterable[AuditRecord]) -> None:
    """Store an audit record."""
    db.executemany(
        "INSERT INTO audit (at, who, action, cluster_id, detail) VALUES (?, ?, ?, ?, ?)",
        [(micros(r.at), r.who, r.action, r.cluster_id, r.detail) for r in records],
    )
