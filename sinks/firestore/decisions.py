"""Decisions of people and the controller, under compare-and-set, each with its audit record in the same commit."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from google.api_core.exceptions import Aborted, AlreadyExists, FailedPrecondition
from google.cloud import firestore
from msgspec.structs import replace
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from processor.model import SCHEMA_VERSION, AuditRecord
from processor.model.errors import Conflict, StateError
from sinks import triage_json
from sinks.firestore import documents
from sinks.firestore.commit import COMMIT_S
from sinks.firestore.delta import at, micros
from sinks.firestore.errors import check_schema
from sinks.firestore.forget import Forgetting
from sinks.stored_cluster import next_slot

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from processor.model import Triage
    from processor.model.forget import Forget, Forgotten

_AUDIT_KEPT: Final = timedelta(days=400)
_MERGE_TRIES: Final = 8
_SLOT_TRIES: Final = 8


class Decisions:
    """The decisions of `processor.model.ports.Store`; raises the library's errors, and `Conflict`."""

    def __init__(self, client: firestore.Client) -> None:
        self._client = client
        self._clusters = client.collection("clusters")

    def put_triage(self, cluster_id: str, triage: Triage, audit: Iterable[AuditRecord] = ()) -> Triage:
        """See `Store.put_triage`."""
        rev = triage.rev + 1
        reference = self._client.collection("handling").document(documents.name(cluster_id))
        decision = triage_json.dump(triage)
        snapshot = reference.get(retry=None, timeout=COMMIT_S)
        if (snapshot.get("rev") if snapshot.exists else 0) != triage.rev:
            raise Conflict(f"someone else decided about cluster {cluster_id} first")
        batch = self._client.batch()
        fields = {
            "schema": SCHEMA_VERSION,
            "rev": rev,
            "decision": decision,
            "status": str(triage.status),
            "priority": triage.priority and str(triage.priority),
            "updated_at": firestore.SERVER_TIMESTAMP,
        }
        if snapshot.exists:
            check_schema(snapshot.to_dict(), reference.path)
            batch.update(reference, fields, option=self._client.write_option(last_update_time=snapshot.update_time))
        else:
            batch.create(reference, fields)
        self._put_audit(batch, audit)
        batch.commit(retry=None, timeout=COMMIT_S)
        return triage_json.load(decision, rev)

    def take_slot(self, name: str, now: datetime, spacing: timedelta) -> datetime:
        """See `Store.take_slot`."""
        reference = self._client.collection("settings").document(f"slot-{name}")
        for _ in range(_SLOT_TRIES):
            snapshot = reference.get(retry=None, timeout=COMMIT_S)
            last = at(snapshot.get("at")) if snapshot.exists else None
            taken = next_slot(last, now, spacing)
            batch, fields = self._client.batch(), {"schema": SCHEMA_VERSION, "at": micros(taken)}
            if snapshot.exists:
                batch.update(reference, fields, option=self._client.write_option(last_update_time=snapshot.update_time))
            else:
                batch.create(reference, fields)
            try:
                batch.commit(retry=None, timeout=COMMIT_S)
            except (Aborted, AlreadyExists, FailedPrecondition):
                continue
            return taken
        raise Conflict(f"every slot of {name} is taken by others")

    def merge(self, loser_id: str, winner_id: str, audit: AuditRecord) -> None:
        """See `Store.merge`."""
        self._retrying()(self._merge, loser_id, winner_id, audit)

    def split(self, ids: Iterable[str], audit: AuditRecord) -> None:
        """Detach each of these from its root, with the audit record in the first commit."""
        trail = [audit]
        for cluster_id in ids:
            self._retrying()(self._free, cluster_id, trail)
            trail = []

    def forget(self, what: Forget, audit: AuditRecord, *, dry_run: bool) -> Forgotten:
        """See `Store.forget`."""
        found = Forgetting(self._client, self._retrying()).forget(what, dry_run=dry_run)
        if not dry_run:
            batch = self._client.batch()
            self._put_audit(batch, [replace(audit, detail=f"{audit.detail} {found.summary}".strip())])
            batch.commit(retry=None, timeout=COMMIT_S)
        return found

    def _retrying(self) -> Retrying:
        return Retrying(
            retry=retry_if_exception_type((Aborted, AlreadyExists, FailedPrecondition)),
            stop=stop_after_attempt(_MERGE_TRIES),
            wait=wait_random_exponential(multiplier=0.1, max=2),
            reraise=True,
        )

    def _merge(self, loser_id: str, winner_id: str, audit: AuditRecord) -> None:
        loser, winner = self._root(loser_id), self._root(winner_id)
        if loser.id == winner.id:
            return
        # The winner is written too, so that a simultaneous merge in the opposite direction is refused.
        self._change(loser, {"merged_into": winner.id}, [audit], touched=winner)

    def _free(self, cluster_id: str, audit: Iterable[AuditRecord]) -> None:
        snapshot = self._clusters.document(documents.name(cluster_id)).get(retry=None, timeout=COMMIT_S)
        check_schema(snapshot.to_dict(), snapshot.reference.path)
        self._change(snapshot, {"merged_into": None, "literal": True}, audit)

    def _change(
        self, cluster: Any, fields: dict[str, Any], audit: Iterable[AuditRecord], *, touched: Any = None
    ) -> None:
        """Return the writes that change a cluster's record and its stream's revision."""
        stream = documents.stream_of(cluster.get("stream"))
        streams = self._client.collection("streams")
        head = streams.document(documents.stream_id(stream)).get(retry=None, timeout=COMMIT_S)
        rev = head.get("rev") + 1
        batch = self._client.batch()
        changes = [(head, {"rev": rev}), (cluster, {"rev": rev, **fields})]
        if touched is not None:
            changes.append((touched, {"touched": rev}))
        for snapshot, changed in changes:
            option = self._client.write_option(last_update_time=snapshot.update_time)
            batch.update(snapshot.reference, {**changed, "updated_at": firestore.SERVER_TIMESTAMP}, option=option)
        self._put_audit(batch, audit)
        batch.commit(retry=None, timeout=COMMIT_S)

    def _root(self, cluster_id: str) -> Any:
        seen: set[str] = set()
        name: str | None = cluster_id
        while name is not None and name not in seen:
            seen.add(name)
            snapshot = self._clusters.document(documents.name(name)).get(retry=None, timeout=COMMIT_S)
            if not snapshot.exists:
                raise StateError(f"there is no cluster {name}")
            check_schema(snapshot.to_dict(), snapshot.reference.path)
            name = snapshot.get("merged_into")
        return snapshot

    def _put_audit(self, batch: Any, records: Iterable[AuditRecord]) -> None:
        for place, one in enumerate(records):
            fields = {
                "schema": SCHEMA_VERSION,
                "at": one.at,
                "who": one.who,
                "action": one.action,
                "cluster_id": one.cluster_id,
                "detail": one.detail,
                "place": place,
                "written_at": firestore.SERVER_TIMESTAMP,
                "expire_at": one.at + _AUDIT_KEPT,
            }
            batch.create(self._client.collection("audit").document(), fields)
