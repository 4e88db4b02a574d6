"""Delivery health reports: a row for each issue tracker that was ever configured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sinks import delivery_json

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from processor.model import DeliveryHealth


class DeliveryReports:
    """A part of the store."""

    _db: sqlite3.Connection

    def _reading(self) -> AbstractContextManager[None]:
        raise NotImplementedError

    def _writing(self) -> AbstractContextManager[None]:
        raise NotImplementedError

    def delivery(self) -> Sequence[DeliveryHealth]:
        """See `Store.delivery`."""
        with self._reading():
            rows = self._db.execute("SELECT report FROM delivery ORDER BY tracker").fetchall()
        return [delivery_json.load(report) for (report,) in rows]

    def put_delivery(self, health: DeliveryHealth) -> None:
        """See `Store.put_delivery`."""
        with self._writing():
            self._db.execute(
                "INSERT OR REPLACE INTO delivery (tracker, report) VALUES (?, ?)",
                [health.tracker, delivery_json.dump(health)],
            )
