"""Delivery health reports: a row for each issue tracker that was ever configured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from sinks import delivery_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from processor.model import DeliveryHealth


class _Store(Protocol):
    """What this part uses of its store: the connection, and a transaction to read or write in."""

    _db: sqlite3.Connection

    def _reading(self) -> AbstractContextManager[None]: ...

    def _writing(self) -> AbstractContextManager[None]: ...


class DeliveryReports:
    """A part of the store."""

    def delivery(self: _Store) -> Sequence[DeliveryHealth]:
        """See `Store.delivery`."""
        with self._reading():
            rows = self._db.execute("SELECT report FROM delivery ORDER BY tracker").fetchall()
        return [delivery_json.load(report) for (report,) in rows]

    def put_delivery(self: _Store, health: DeliveryHealth) -> None:
        """See `Store.put_delivery`."""
        with self._writing():
            self._db.execute(
                "INSERT OR REPLACE INTO delivery (tracker, report) VALUES (?, ?)",
                [health.tracker, delivery_json.dump(health)],
            )
