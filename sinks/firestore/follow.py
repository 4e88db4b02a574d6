"""Follow a collection: read it once, then only its changes.

Listeners would be the obvious way, but those of the Python library can stop without an error. This queries `updated_at`
beyond the last answer, minus an overlap: the server's time is taken when a write begins, and a write that waited for a
lock appears after a later write.
"""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from google.cloud.firestore_v1.base_query import FieldFilter

from processor.model.portion import Portion
from sinks.firestore.errors import check_schema
from sinks.firestore.reads import PAGE, fields_of, paged

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from google.cloud import firestore

OVERLAP: Final = timedelta(seconds=10)
"""Changes this recent are read again by every poll: a commit's deadline, and as much for clock differences."""
T = TypeVar("T")


class ReadCount:
    """Number of documents read, as Firestore bills them: a query without results costs one."""

    def __init__(self) -> None:
        self.documents = 0

    def add(self, found: int) -> None:
        """Add an answer with this number of documents."""
        self.documents += max(found, 1)


class IncrementalQuery(Generic[T]):
    """The documents of one collection, decoded, as of the last `poll`; no request exceeds `timeout_s`."""

    def __init__(
        self,
        collection: firestore.CollectionReference,
        decode: Callable[[Any], T],
        *,
        timeout_s: float,
        reads: ReadCount | None = None,
    ) -> None:
        self._timeout_s = timeout_s
        self._reads = reads or ReadCount()
        self._collection = collection
        self._decode = decode
        self._items: dict[str, T] = {}
        self._read_at: datetime | None = None
        self._lock = threading.Lock()
        self._portion = Portion(PAGE)

    def poll(self) -> Mapping[str, T]:
        """Return all documents by name, after reading the changes; a copy."""
        with self._lock:
            query: Any = self._collection
            if self._read_at is not None:
                query = query.where(filter=FieldFilter("updated_at", ">", self._read_at - OVERLAP))
            read_at, found = None, 0
            for snapshot in paged(query, timeout_s=self._timeout_s, portion=self._portion):
                read_at = snapshot.read_time if read_at is None else min(read_at, snapshot.read_time)
                self._take(snapshot)
                found += 1
            self._reads.add(found)
            self._read_at = read_at or self._read_at
            return dict(self._items)

    def take(self, snapshot: Any) -> None:
        """Add a document that was read separately, if it exists."""
        with self._lock:
            if snapshot.exists:
                self._take(snapshot)

    def _take(self, snapshot: Any) -> None:
        check_schema(fields_of(snapshot), snapshot.reference.path)
        self._items[snapshot.id] = self._decode(snapshot)
