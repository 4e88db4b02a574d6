"""Forget: remove matching data from every document, cluster by cluster, each under its update time.

May be interrupted and repeated: everything that belongs to a cluster is changed in a single commit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.cloud import firestore

from processor.model import Triage
from processor.model.forget import FORGOTTEN, Forgotten
from sinks import triage_json
from sinks.firestore import documents
from sinks.firestore.commit import COMMIT_S
from sinks.firestore.errors import check_schema
from sinks.firestore.reads import paged
from sinks.forgetting import all_without, cleaned, emptied, wholly

if TYPE_CHECKING:
    from collections.abc import Callable

    from processor.model.forget import Forget

_READ_S: Final = 120.0
_GONE: Final = firestore.DELETE_FIELD
_NOTHING: Final[dict[str, Any]] = {
    "count": 0,
    "fragments": 0,
    "latest": {},
    "ranks": [],
    "severities": {},
    "minutes": {},
    "days": {},
    "facets": {},
    "revisions": {},
    "values": {},
    "first_seen": _GONE,
    "last_seen": _GONE,
    "sample": _GONE,
}


class Forgetting:
    """Removes data; raises the library's errors. `again` repeats a call until no other writer is faster."""

    def __init__(self, client: firestore.Client, again: Callable[..., Any]) -> None:
        self._client = client
        self._again = again

    def forget(self, what: Forget, *, dry_run: bool) -> Forgotten:
        """Remove it from every collection; with `dry_run` only count."""
        stored = {}
        for snapshot in paged(self._client.collection("clusters"), timeout_s=_READ_S):
            check_schema(snapshot.to_dict(), snapshot.reference.path)
            stored[snapshot.id] = documents.cluster(snapshot.id, snapshot.to_dict())
        gone = wholly(stored.values(), what)
        if not dry_run:
            for name in sorted(gone):
                self._again(self._empty, name)
        rest = [name for name in stored if name not in gone]
        touched = [name for name in rest if self._again(self._clean, name, what, dry_run)]
        rejected = self._each("quarantine", lambda fields: _finds(what, fields), None, dry_run=dry_run)
        notes = self._each("audit", lambda fields: what.finds(fields["detail"]), {"detail": FORGOTTEN}, dry_run=dry_run)
        return Forgotten(tuple(sorted(gone)), tuple(touched), rejected, notes)

    def _empty(self, name: str) -> None:
        snapshot = self._document("clusters", name)
        stored = documents.cluster(name, snapshot.to_dict())
        head = self._document("streams", documents.stream_id(stored.stream))
        triage = self._document("handling", name)
        rev = head.get("rev") + 1
        fields = documents.model_fields(emptied(stored).record, stored.stream, rev=rev, seq=snapshot.get("seq"))
        batch = self._client.batch()
        self._update(batch, head, {"rev": rev})
        self._update(batch, snapshot, {**fields, **_NOTHING})
        batch.delete(self._client.collection("samples").document(documents.name(name)))
        if triage.exists:
            blank = {"rev": triage.get("rev") + 1, "decision": triage_json.dump(Triage()), "status": "open"}
            self._update(batch, triage, {**blank, "priority": None})
        batch.commit(retry=None, timeout=COMMIT_S)

    def _clean(self, name: str, what: Forget, dry_run: bool) -> bool:
        snapshot = self._document("clusters", name)
        stored = documents.cluster(name, snapshot.to_dict())
        samples = self._document("samples", name)
        between = all_without(documents.between(samples.to_dict() or {}), what)
        changed = cleaned(stored, what)
        if changed == stored and not between:
            return False
        if not dry_run:
            batch = self._client.batch()
            self._update(batch, snapshot, documents.count_fields(changed))
            if between:
                fields = documents.between_fields([after for _, after in between], ())
                batch.set(samples.reference, fields, merge=True)
            batch.commit(retry=None, timeout=COMMIT_S)
        return True

    def _each(
        self, collection: str, finds: Callable[[dict[str, Any]], bool], change: dict[str, Any] | None, *, dry_run: bool
    ) -> int:
        """Return the number of documents found; each is changed, or deleted if there is no change to make."""
        found = 0
        for snapshot in paged(self._client.collection(collection), timeout_s=_READ_S):
            if finds(snapshot.to_dict()):
                found += 1
                if dry_run:
                    continue
                if change is None:
                    snapshot.reference.delete(retry=None, timeout=COMMIT_S)
                else:
                    snapshot.reference.update(change, retry=None, timeout=COMMIT_S)
        return found

    def _document(self, collection: str, name: str) -> Any:
        return self._client.collection(collection).document(documents.name(name)).get(retry=None, timeout=COMMIT_S)

    def _update(self, batch: Any, snapshot: Any, fields: dict[str, Any]) -> None:
        option = self._client.write_option(last_update_time=snapshot.update_time)
        batch.update(snapshot.reference, {**fields, "updated_at": firestore.SERVER_TIMESTAMP}, option=option)


def _finds(what: Forget, fields: dict[str, Any]) -> bool:
    return what.finds(fields["reason"]) or what.finds(bytes(fields["raw"]).decode("utf-8", "replace"))
