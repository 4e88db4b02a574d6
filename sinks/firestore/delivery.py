"""Delivery health reports: a document for each issue tracker that was ever configured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from processor.model import SCHEMA_VERSION
from sinks import delivery_json
from sinks.firestore import documents
from sinks.firestore.commit import COMMIT_S

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from google.cloud import firestore

    from processor.model import DeliveryHealth


class DeliveryReports:
    """A part of the store."""

    _client: firestore.Client

    def _translated(self) -> AbstractContextManager[None]:
        raise NotImplementedError

    def delivery(self) -> Sequence[DeliveryHealth]:
        """See `Store.delivery`."""
        with self._translated():
            found = self._client.collection("delivery").stream(retry=None, timeout=COMMIT_S)
            return [delivery_json.load(one.get("report")) for one in found]

    def put_delivery(self, health: DeliveryHealth) -> None:
        """See `Store.put_delivery`."""
        fields = {"schema": SCHEMA_VERSION, "report": delivery_json.dump(health), "at": health.at}
        with self._translated():
            reference = self._client.collection("delivery").document(documents.name(health.tracker or "none"))
            reference.set(fields, retry=None, timeout=COMMIT_S)
