"""Forget, statement by statement, inside the transaction that `store` opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processor.model import Triage
from processor.model.forget import FORGOTTEN, Forgotten
from sinks import triage_json
from sinks.forgetting import all_without, cleaned, emptied, wholly
from sinks.sqlite import read, write

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable

    from processor.model.forget import Forget
    from sinks.stored_cluster import StoredCluster

_COUNTED = ("severities", "minutes", "hours", "days", "facets", "revisions", "place_values", "samples")


def forget(db: sqlite3.Connection, what: Forget, *, dry_run: bool) -> Forgotten:
    """Remove it from every table; with `dry_run` only count."""
    stored = list(read.stored(db, None))
    gone = wholly(stored, what)
    touched: list[str] = []
    for one in stored:
        if one.record.id in gone:
            if not dry_run:
                _empty(db, one)
            continue
        changed = cleaned(one, what)
        between = all_without(read.between(db, [one.record.id]), what)
        if changed != one or between:
            touched.append(one.record.id)
            if not dry_run:
                _clean(db, changed)
                db.executemany(
                    "UPDATE samples SET text = ?, raw = ?, exception = NULL WHERE cluster_id = ? AND rank = ?",
                    [(after.text, after.raw, one.record.id, after.rank) for _, after in between],
                )
    rejected, notes = _rejected(db, what), _notes(db, what)
    if not dry_run:
        db.executemany("DELETE FROM quarantine WHERE id = ?", rejected)
        db.executemany("UPDATE audit SET detail = ? WHERE seq = ?", [(FORGOTTEN, seq) for (seq,) in notes])
    return Forgotten(tuple(sorted(gone)), tuple(touched), len(rejected), len(notes))


def _empty(db: sqlite3.Connection, stored: StoredCluster) -> None:
    name = stored.record.id
    record = emptied(stored).record
    db.execute(
        "UPDATE streams SET rev = rev + 1 WHERE id = (SELECT stream_id FROM clusters WHERE id = ?)",
        [name],
    )
    samples = ", ".join(
        f"{which}_{column} = {_EMPTY[column]}" for which in ("sample", "latest") for column in read.SAMPLE
    )
    db.execute(
        "UPDATE clusters SET rev = (SELECT rev FROM streams WHERE id = stream_id), seed = ?, template = ?,"
        " merged_into = NULL, overflow = 0, literal = 0, count = 0, fragments = 0, first_seen = NULL, last_seen = NULL,"
        f" {samples} WHERE id = ?",
        [record.seed, record.template, name],
    )
    for table in _COUNTED:
        db.execute(f"DELETE FROM {table} WHERE cluster_id = ?", [name])
    db.execute(
        "UPDATE handling SET rev = rev + 1, decision = ? WHERE cluster_id = ?", [triage_json.dump(Triage()), name]
    )


_EMPTY = {column: "0" if column == "rank" else "NULL" for column in read.SAMPLE}


def _clean(db: sqlite3.Connection, stored: StoredCluster) -> None:
    name = stored.record.id
    if stored.sample is not None:
        write.set_sample(db, name, "sample", stored.sample)
    for latest in stored.latest:
        write.set_sample(db, name, "latest", latest)
    for table, column, held in (("facets", "name", stored.facets), ("place_values", "place", stored.values)):
        db.execute(f"DELETE FROM {table} WHERE cluster_id = ?", [name])
        db.executemany(
            f"INSERT INTO {table} (cluster_id, {column}, value, n) VALUES (?, ?, ?, ?)",
            [(name, key, value, n) for key, values in held.items() for value, n in values.items()],
        )
    kept = set(stored.revisions)
    known: Iterable[tuple[str]] = db.execute("SELECT revision FROM revisions WHERE cluster_id = ?", [name]).fetchall()
    db.executemany(
        "DELETE FROM revisions WHERE cluster_id = ? AND revision = ?",
        [(name, revision) for (revision,) in known if revision not in kept],
    )


def _rejected(db: sqlite3.Connection, what: Forget) -> list[tuple[str]]:
    rows = db.execute("SELECT id, reason, raw FROM quarantine")
    return [(row[0],) for row in rows if what.finds(row[1]) or what.finds(bytes(row[2]).decode("utf-8", "replace"))]


def _notes(db: sqlite3.Connection, what: Forget) -> list[tuple[int]]:
    return [(seq,) for seq, detail in db.execute("SELECT seq, detail FROM audit") if what.finds(detail)]
