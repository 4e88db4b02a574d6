"""Audit trail: the newest actions, followed like every other collection: read once, then only newer records."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from processor.model import AuditRecord
from sinks.firestore import follow, queries
from sinks.firestore.delta import at, micros

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


class AuditTrail:
    """Reads only new records on repeated calls: two hundred documents per call were most of the bill."""

    def __init__(self, client: firestore.Client, reads: follow.ReadCount, *, timeout_s: float) -> None:
        self._collection = client.collection("audit")
        self._reads = reads
        self._timeout_s = timeout_s
        self._known: dict[str, tuple[tuple[Any, int], AuditRecord]] = {}
        self._limit = 0
        self._read_at: datetime | None = None
        self._lock = threading.Lock()

    def newest(self, limit: int) -> Sequence[AuditRecord]:
        """Return the newest actions first. A larger number than before is read anew."""
        with self._lock:
            newest = firestore.Query.DESCENDING
            query: Any = self._collection.order_by("written_at", direction=newest).order_by("place", direction=newest)
            if self._read_at is None or limit > self._limit:
                self._known, self._limit = {}, limit
                query = query.limit(limit)
            else:
                query = query.where(filter=FieldFilter("written_at", ">", self._read_at - follow.OVERLAP))
            found = list(queries.stream(query, self._timeout_s))
            self._reads.add(len(found))
            for one in found:
                self._read_at = one.read_time
                self._known[one.id] = _dated(one.to_dict() or {})
            kept = sorted(self._known.items(), key=lambda pair: pair[1][0], reverse=True)[: self._limit]
            self._known = dict(kept)
            return [record for _, (_, record) in kept[:limit]]


def _dated(fields: dict[str, Any]) -> tuple[tuple[Any, int], AuditRecord]:
    """Return the record with its position in the order of writing."""
    record = AuditRecord(
        at(micros(fields["at"])), fields["who"], fields["action"], fields["cluster_id"], fields["detail"]
    )
    return (fields["written_at"], fields["place"]), record
