"""Samples that were stored as they came are redacted when they are old enough."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sinks.sqlite import read, write

if TYPE_CHECKING:
    import sqlite3
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sinks.private import Redaction
    from sinks.stored_cluster import StoredCluster


class _Store(Protocol):
    """What this part uses of its store: the connection, the rules, and a transaction to write in."""

    _db: sqlite3.Connection
    _redaction: Redaction

    def _writing(self) -> AbstractContextManager[None]: ...


class RawSamples:
    """A part of the store."""

    def redact_samples(self: _Store, before: datetime, *, after: str, limit: int) -> str:
        """See `Store.redact_samples`."""
        with self._writing():
            query = "SELECT id FROM clusters WHERE id > ? ORDER BY id LIMIT ?"
            names = [name for (name,) in self._db.execute(query, [after, limit])]
            for stored in list(read.stored(self._db, names)):
                _redact(self._db, stored, self._redaction, before)
        return names[-1] if len(names) == limit else ""


def _redact(db: sqlite3.Connection, stored: StoredCluster, redaction: Redaction, before: datetime) -> None:
    name = stored.record.id
    if stored.sample is not None and (first := redaction.later(stored.sample, before)) != stored.sample:
        write.set_sample(db, name, "sample", first)
    for one in stored.latest:
        if (latest := redaction.later(one, before)) != one:
            write.set_sample(db, name, "latest", latest)
    columns = ", ".join(f"{column} = ?" for column in read.SAMPLE)
    for one in read.between(db, [name]):
        if (kept := redaction.later(one, before)) != one:
            values = [*read.sample_row(kept), name, one.rank]
            db.execute(f"UPDATE samples SET {columns} WHERE cluster_id = ? AND rank = ?", values)
