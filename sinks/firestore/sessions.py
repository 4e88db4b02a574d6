"""Sessions of the on-call page that have ended: a document for each, until it would have expired."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from processor.model import SCHEMA_VERSION
from sinks.firestore import documents
from sinks.firestore.commit import COMMIT_S

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from datetime import datetime

    from google.cloud import firestore


class _Store(Protocol):
    """What this part uses of its store: the client, and the translation of its errors."""

    _client: firestore.Client

    def _translated(self) -> AbstractContextManager[None]: ...


class EndedSessions:
    """A part of the store."""

    def end_session(self: _Store, session: str, expires_at: datetime) -> None:
        """See `Store.end_session`."""
        fields = {"schema": SCHEMA_VERSION, "expire_at": expires_at}
        with self._translated():
            reference = self._client.collection("sessions").document(documents.name(session))
            reference.set(fields, retry=None, timeout=COMMIT_S)

    def has_ended(self: _Store, session: str) -> bool:
        """See `Store.has_ended`."""
        with self._translated():
            reference = self._client.collection("sessions").document(documents.name(session))
            return bool(reference.get(retry=None, timeout=COMMIT_S).exists)
