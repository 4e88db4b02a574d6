"""What has a name and a time: slots of limited actions, and sessions of the on-call page that have ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Protocol

from sinks.sqlite.read import at, micros
from sinks.stored_cluster import next_slot

if TYPE_CHECKING:
    import sqlite3
    from contextlib import AbstractContextManager


class _Store(Protocol):
    """What this part uses of its store: the connection, and a transaction to read or write in."""

    _db: sqlite3.Connection

    def _reading(self) -> AbstractContextManager[None]: ...

    def _writing(self) -> AbstractContextManager[None]: ...


class NamedTimes:
    """A part of the store, in the table `meta`."""

    def take_slot(self: _Store, name: str, now: datetime, spacing: timedelta) -> datetime:
        """See `Store.take_slot`."""
        with self._writing():
            row = self._db.execute("SELECT value FROM meta WHERE key = ?", [f"slot {name}"]).fetchone()
            taken = next_slot(at(int(row[0])) if row else None, now, spacing)
            self._db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", [f"slot {name}", micros(taken)])
        return taken

    def end_session(self: _Store, session: str, expires_at: datetime) -> None:
        """See `Store.end_session`."""
        with self._writing():
            over = micros(datetime.now(UTC))
            self._db.execute("DELETE FROM meta WHERE key LIKE 'session %' AND CAST(value AS INTEGER) < ?", [over])
            values = [f"session {session}", str(micros(expires_at))]
            self._db.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", values)

    def has_ended(self: _Store, session: str) -> bool:
        """See `Store.has_ended`."""
        with self._reading():
            return bool(self._db.execute("SELECT 1 FROM meta WHERE key = ?", [f"session {session}"]).fetchone())
