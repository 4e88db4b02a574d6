"""Messages that could not be decoded, as documents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from google.cloud import firestore

from sinks.firestore import documents, queries
from sinks.firestore.commit import MAX_WRITES

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from processor.model import Rejected
    from sinks.firestore.follow import ReadCount


class Quarantine:
    """Quarantined messages: readable by people, removed after replay."""

    def __init__(self, client: firestore.Client, reads: ReadCount, *, timeout_s: float) -> None:
        self._client = client
        self._collection = client.collection("quarantine")
        self._reads = reads
        self._timeout_s = timeout_s

    def newest(self, limit: int) -> Sequence[Rejected]:
        """See `Store.rejected`."""
        query = (
            self._collection.order_by("at", direction=firestore.Query.DESCENDING).order_by("source").order_by("offset")
        )
        found = [documents.rejected(one) for one in queries.stream(query.limit(limit), self._timeout_s)]
        self._reads.add(len(found))
        return found

    def drop(self, ids: Collection[str]) -> None:
        """See `Store.drop_rejected`."""
        references = [self._collection.document(documents.name(one)) for one in ids]
        for start in range(0, len(references), MAX_WRITES):
            batch = self._client.batch()
            for reference in references[start : start + MAX_WRITES]:
                batch.delete(reference)
            batch.commit(retry=None, timeout=self._timeout_s)
