"""Delivery health reports: a document for each issue tracker that was ever configured."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from processor.model import SCHEMA_VERSION
from sinks import delivery_json
from sinks.firestore import documents
from sinks.firestore.commit import COMMIT_S
from sinks.firestore.reads import paged

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from google.cloud import firestore

    from processor.model import DeliveryHealth


class _Store(Protocol):
    """What this part uses of its store: the client, and the translation of its errors."""

    _client: firestore.Client

    def _translated(self) -> AbstractContextManager[None]: ...


class DeliveryReports:
    """A part of the store."""

    def delivery(self: _Store) -> Sequence[DeliveryHealth]:
        """See `Store.delivery`."""
        with self._translated():
            found = paged(self._client.collection("delivery"), timeout_s=COMMIT_S)
            return [delivery_json.load(one.get("report")) for one in found]

    def put_delivery(self: _Store, health: DeliveryHealth) -> None:
        """See `Store.put_delivery`."""
        fields = {"schema": SCHEMA_VERSION, "report": delivery_json.dump(health), "at": health.at}
        with self._translated():
            reference = self._client.collection("delivery").document(documents.name(health.tracker or "none"))
            reference.set(fields, retry=None, timeout=COMMIT_S)
