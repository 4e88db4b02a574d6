"""The `Store` on Firestore, for any number of workers and readers on any number of machines.

Promises: the contract of `processor.model.ports.Store`, by compare-and-set alone: no transaction, no lease, no lock
that a dead worker could hold. Readers never slow a worker down. FIRESTORE_EMULATOR_HOST is honoured. It must not retry
a commit, and it must not use listeners (see `commit`, `follow`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter

from processor.model import AuditRecord, Seen, StreamModel, Totals
from processor.model.errors import CheckpointTooLarge, StateError
from sinks.firestore import documents, queries
from sinks.firestore.audit import AuditTrail
from sinks.firestore.commit import COMMIT_S, Committer
from sinks.firestore.decisions import Decisions
from sinks.firestore.delta import micros
from sinks.firestore.errors import check_schema, translated
from sinks.firestore.follow import IncrementalQuery, ReadCount
from sinks.firestore.ledger import Ledger
from sinks.firestore.parts import Parts
from sinks.firestore.quarantine import Quarantine
from sinks.firestore.reads import fields_of, paged
from sinks.private import Redaction
from sinks.stored_cluster import merge_members, released_by, root_of, samples_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from contextlib import AbstractContextManager
    from datetime import datetime, timedelta

    from processor.model import (
        Checkpoint,
        Cluster,
        Committed,
        Identity,
        Rejected,
        Sample,
        Stream,
        Triage,
        WorkerState,
    )
    from processor.model.forget import Forget, Forgotten
    from sinks.stored_cluster import StoredCluster

_READ_S: Final = 120.0
_AT_ONCE: Final = 100
_FOLLOWED_S: Final = 8.0
"""Deadline of a page of changes: a worker reads them between two commits, and has ten seconds to stop."""
_SCAN_FROM: Final = 8
"""Above this number of changed streams, if they are the majority, a pass over all clusters is faster than queries."""


class FirestoreStore(Parts):
    """See `processor.model.ports.Store`. One per process; the counting methods are for one thread.

    Args:
        project: the Google Cloud project.
        database: of that project.
        version: of the program, for people who look at `workers`.
        lanes: chains of the ledger per five minutes, for a new state.
        redact: applied to log text before it is stored; None stores it unchanged.
    """

    def __init__(
        self,
        project: str,
        database: str = "(default)",
        *,
        version: str = "",
        lanes: int = 1,
        redact: Redaction | None = None,
    ) -> None:
        self._place = (project, database)
        with self._translated():
            self._client = firestore.Client(project=project, database=database)
        self._heads: dict[Stream, documents.StreamDoc] = {}
        self._doubted: set[Stream] = set()
        self._ledger = Ledger(self._client, COMMIT_S, lanes)
        self._redaction = redact or Redaction(None)
        self._committer = Committer(self._client, self._ledger, self._heads, version, self._redaction)
        self._decisions = Decisions(self._client)
        self._clusters = self._client.collection("clusters")
        self._reads = ReadCount()
        self._quarantine = Quarantine(self._client, self._reads, timeout_s=_READ_S)
        self._audit = AuditTrail(self._client, self._reads, timeout_s=COMMIT_S)

        def followed(name: str, decode: Callable[[Any], Any]) -> IncrementalQuery[Any]:
            return IncrementalQuery(self._client.collection(name), decode, timeout_s=_FOLLOWED_S, reads=self._reads)

        self._streams: IncrementalQuery[documents.StreamDoc] = followed("streams", documents.head)
        self._stored: IncrementalQuery[StoredCluster] = followed("clusters", _cluster)
        self._triages: IncrementalQuery[Triage] = followed("handling", documents.triage)
        self._workers: IncrementalQuery[WorkerState] = followed("workers", documents.worker)

    def close(self) -> None:
        """See `Store.close`."""
        self._client.close()  # type: ignore[no-untyped-call]

    # --- the model ------------------------------------------------------------------------------------
    def load_model(self, known: Mapping[Stream, int]) -> Sequence[StreamModel]:
        """See `Store.load_model`."""
        with self._translated():
            self._refresh_heads()
            changed = [head for stream, head in self._heads.items() if head.rev > known.get(stream, 0)]
            if len(changed) < max(_SCAN_FROM, len(self._heads) / 2):
                return [StreamModel(h.stream, h.rev, self._records(h.stream, known.get(h.stream, 0))) for h in changed]
            by_stream: dict[Stream, list[tuple[int, Any]]] = {head.stream: [] for head in changed}
            for snapshot in paged(self._clusters.select(documents.MODEL_FIELDS), timeout_s=_READ_S):
                stream, rev, seq, record = documents.placed(snapshot)
                # Records newer than their head may be read only in part; the next call reads all of them.
                if stream in by_stream and known.get(stream, 0) < rev <= self._heads[stream].rev:
                    by_stream[stream].append((seq, record))
        return [StreamModel(head.stream, head.rev, _in_order(by_stream[head.stream])) for head in changed]

    # --- counting -------------------------------------------------------------------------------------
    def seen(self, identities: Collection[Identity]) -> Seen:
        """See `Store.seen`."""
        with self._translated():
            return Seen(*self._ledger.look(identities))

    def commit(self, checkpoint: Checkpoint) -> Committed:
        """See `Store.commit`. Also raises `CheckpointTooLarge`: commit the same messages in smaller parts."""
        try:
            with self._translated():
                return self._committer.commit(checkpoint)
        except CheckpointTooLarge:
            raise
        except BaseException:
            self._doubted.update(changes.stream for changes in checkpoint.templates)
            raise

    # --- readers --------------------------------------------------------------------------------------
    @property
    def documents_read(self) -> int:
        """See `Store.documents_read`."""
        return self._reads.documents

    def clusters(self) -> Sequence[Cluster]:
        """See `Store.clusters`. The first call reads everything, later calls only changes."""
        with self._translated():
            return merge_members(self._stored.poll().values(), self._triages.poll())

    def cluster(self, cluster_id: str) -> Cluster | None:
        """See `Store.cluster`. Reads only this cluster and its aliases."""
        with self._translated():
            _, members = self._family(cluster_id)
            if not members:
                return None
            decided = self._client.collection("handling")
            names = {documents.name(member): member for member in members}
            found = self._client.get_all([decided.document(name) for name in names], retry=None, timeout=_READ_S)
            triages = {names[one.id]: documents.triage(one) for one in found if one.exists}
        folded = merge_members(members.values(), triages)
        return folded[0] if folded else None

    def first_samples(self, ids: Collection[str]) -> Mapping[str, Sample]:
        """See `Store.first_samples`."""
        found: dict[str, Sample] = {}
        references = [self._clusters.document(documents.name(one)) for one in ids]
        with self._translated():
            for start in range(0, len(references), _AT_ONCE):
                part = references[start : start + _AT_ONCE]
                for snapshot in self._client.get_all(part, ["sample"], retry=None, timeout=_READ_S):
                    if snapshot.exists and (fields := (snapshot.to_dict() or {}).get("sample")):
                        found[snapshot.id] = documents.sample(fields)
        return found

    def samples(self, cluster_id: str) -> Sequence[Sample]:
        """See `Store.samples`. Reads this cluster, its aliases and a document of samples for each."""
        with self._translated():
            _, members = self._family(cluster_id)
            collection = self._client.collection("samples")
            references = [collection.document(documents.name(member)) for member in members]
            between: list[Sample] = []
            for snapshot in self._client.get_all(references, retry=None, timeout=_READ_S):
                if snapshot.exists:
                    check_schema(snapshot.to_dict(), snapshot.reference.path)
                    between += documents.between(snapshot.to_dict() or {})
        return samples_of(members.values(), between)

    def totals(self) -> Totals:
        """See `Store.totals`."""
        return sum((worker.totals for worker in self.workers()), Totals())

    def workers(self) -> Sequence[WorkerState]:
        """See `Store.workers`."""
        with self._translated():
            return sorted(self._workers.poll().values(), key=lambda worker: (-micros(worker.heartbeat_at), worker.id))

    def rejected(self, limit: int) -> Sequence[Rejected]:
        """See `Store.rejected`."""
        with self._translated():
            return self._quarantine.newest(limit)

    def audit(self, limit: int) -> Sequence[AuditRecord]:
        """See `Store.audit`."""
        with self._translated():
            return self._audit.newest(limit)

    # --- decisions ------------------------------------------------------------------------------------
    def put_triage(self, cluster_id: str, triage: Triage, audit: Iterable[AuditRecord] = ()) -> Triage:
        """See `Store.put_triage`."""
        with self._translated():
            return self._decisions.put_triage(cluster_id, triage, audit)

    def merge(self, loser_id: str, winner_id: str, audit: AuditRecord) -> None:
        """See `Store.merge`."""
        with self._translated():
            self._decisions.merge(loser_id, winner_id, audit)

    def split(self, cluster_id: str, audit: AuditRecord) -> Sequence[str]:
        """See `Store.split`. Each cluster is detached in a separate commit; a repeated call detaches the rest."""
        with self._translated():
            _, members = self._family(cluster_id)
            if cluster_id not in members:
                raise StateError(f"there is no cluster {cluster_id}")
            free = released_by(cluster_id, {name: member.record.merged_into for name, member in members.items()})
            self._decisions.split(free, audit)
        return free

    def forget(self, what: Forget, audit: AuditRecord, *, dry_run: bool = False) -> Forgotten:
        """See `Store.forget`. Reads everything."""
        with self._translated():
            return self._decisions.forget(what, audit, dry_run=dry_run)

    def take_slot(self, name: str, now: datetime, spacing: timedelta) -> datetime:
        """See `Store.take_slot`."""
        with self._translated():
            return self._decisions.take_slot(name, now, spacing)

    def drop_rejected(self, ids: Collection[str]) -> None:
        """See `Store.drop_rejected`."""
        with self._translated():
            self._quarantine.drop(ids)

    # --- pieces ---------------------------------------------------------------------------------------
    def _translated(self) -> AbstractContextManager[None]:
        return translated(*self._place)

    def _refresh_heads(self) -> None:
        references = [self._client.collection("streams").document(documents.stream_id(one)) for one in self._doubted]
        if references:
            known = {documents.stream_id(one) for one in self._heads}
            for snapshot in self._client.get_all(references, retry=None, timeout=COMMIT_S):
                self._streams.take(snapshot)
                if not snapshot.exists and snapshot.id in known:
                    raise StateError(f"the document {snapshot.reference.path} is gone; start again on what is left")
            self._doubted.clear()
        for head in self._streams.poll().values():
            held = self._heads.get(head.stream)
            if held is None or held.rev < head.rev:
                self._heads[head.stream] = head

    def _records(self, stream: Stream, since: int) -> tuple[Any, ...]:
        query = (
            self._clusters.where(filter=FieldFilter("stream_id", "==", documents.stream_id(stream)))
            .where(filter=FieldFilter("rev", ">", since))
            .select(documents.MODEL_FIELDS)
        )
        found = [documents.placed(snapshot) for snapshot in queries.stream(query, _FOLLOWED_S)]
        return _in_order([(seq, record) for _, _, seq, record in found])

    def _family(self, cluster_id: str) -> tuple[str, dict[str, StoredCluster]]:
        """Return the root of a cluster, and every cluster that was merged into it, including itself."""
        members: dict[str, StoredCluster] = {}
        root: str | None = cluster_id
        while root is not None and root not in members:
            snapshot = self._clusters.document(documents.name(root)).get(retry=None, timeout=_READ_S)
            if not snapshot.exists:
                break
            members[root] = _cluster(snapshot)
            root = members[root].record.merged_into
        if not members:
            return cluster_id, {}
        root = root_of(cluster_id, {name: member.record.merged_into for name, member in members.items()})
        asked, waiting = set(), set(members) | {root}
        while waiting:
            name = waiting.pop()
            asked.add(name)
            query = self._clusters.where(filter=FieldFilter("merged_into", "==", name))
            for snapshot in queries.stream(query, _READ_S):
                members[snapshot.id] = _cluster(snapshot)
            waiting |= members.keys() - asked
        return root, members


def _cluster(snapshot: Any) -> StoredCluster:
    fields = fields_of(snapshot)
    check_schema(fields, snapshot.reference.path)
    return documents.cluster(snapshot.id, fields)


def _in_order(placed: list[tuple[int, Any]]) -> tuple[Any, ...]:
    return tuple(record for _, record in sorted(placed, key=lambda pair: pair[0]))
