"""Samples that were stored as they came are redacted when they are old enough, each cluster under its update time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from google.cloud import firestore
from msgspec.structs import replace

from processor.model.portion import Portion
from sinks.firestore import documents, queries
from sinks.firestore.commit import COMMIT_S
from sinks.firestore.errors import check_schema
from sinks.firestore.reads import get_all

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime

    from sinks.private import Redaction

_AT_ONCE: Final = 100


class _Store(Protocol):
    """What this part uses of its store: the client, the rules, and the translation of its errors."""

    _client: firestore.Client
    _redaction: Redaction

    def _translated(self) -> AbstractContextManager[None]: ...


class RawSamples:
    """A part of the store."""

    def redact_samples(self: _Store, before: datetime, *, after: str, limit: int) -> str:
        """See `Store.redact_samples`."""
        clusters, samples = self._client.collection("clusters"), self._client.collection("samples")
        query = clusters.order_by("__name__").limit(limit)
        if after:
            query = query.start_after({"__name__": clusters.document(after)})
        with self._translated():
            found = list(queries.stream(query, COMMIT_S))
            references = [samples.document(documents.name(one.id)) for one in found]
            between = {one.id: one for one in get_all(self._client, references, Portion(_AT_ONCE), COMMIT_S)}
            for cluster in found:
                _redact(self._client, cluster, between[documents.name(cluster.id)], self._redaction, before)
        return found[-1].id if len(found) == limit else ""


def _redact(client: firestore.Client, cluster: Any, samples: Any, redaction: Redaction, before: datetime) -> None:
    """Write what changes. Raises the library's error if another writer changed the cluster first."""
    check_schema(cluster.to_dict(), cluster.reference.path)
    stored = documents.cluster(cluster.id, cluster.to_dict())
    changed = replace(
        stored,
        sample=stored.sample and redaction.later(stored.sample, before),
        latest=tuple(redaction.later(one, before) for one in stored.latest),
    )
    held = documents.between(samples.to_dict() or {})
    between = [after for one in held if (after := redaction.later(one, before)) != one]
    if changed == stored and not between:
        return
    batch = client.batch()
    fields = {**documents.count_fields(changed), "updated_at": firestore.SERVER_TIMESTAMP}
    batch.update(cluster.reference, fields, option=client.write_option(last_update_time=cluster.update_time))
    if between:
        batch.set(samples.reference, documents.between_fields(between, ()), merge=True)
    batch.commit(retry=None, timeout=COMMIT_S)
