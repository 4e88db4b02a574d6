"""A checkpoint as an atomic commit. Promises: all of it or nothing, never twice, one write per touched document.

The ledger pages and stream heads carry preconditions, so the commit as a whole, including its increments, cannot be
applied a second time; it is never retried here, because a lost answer may have been a success. New counts come from the
answer, not from a read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.cloud import firestore
from msgspec import Struct
from msgspec.structs import replace

from processor.model import SCHEMA_VERSION, Committed, Seen
from processor.model.errors import CheckpointTooLarge, Conflict, StateError
from processor.model.portion import Portion
from sinks.firestore import documents
from sinks.firestore.delta import added, bounded_names, increments
from sinks.firestore.errors import check_schema, is_conflict, is_deadline, is_too_large
from sinks.firestore.known import KnownClusters
from sinks.firestore.ledger import KEPT
from sinks.firestore.reads import fields_of, get_all
from sinks.firestore.transforms import latest_fields, transforms
from sinks.stored_cluster import StoredCluster, newer_sample, with_samples

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from processor.model import Checkpoint, ClusterDelta, Stream, TemplateChanges, TemplateRecord
    from sinks.firestore.documents import StreamDoc
    from sinks.firestore.ledger import Ledger
    from sinks.private import Redaction
    from sinks.stored_cluster import SampleChange

COMMIT_S: Final = 5.0
"""A worker has ten seconds to stop; no request may last longer."""
MAX_REQUEST_BYTES: Final = 3_500_000  # the emulator accepts 4 MiB, Firestore itself 10 MiB
MAX_WRITES: Final = 1_500
"""Documents in a commit: the emulator needed 0.2 to 0.9 s for this many; beyond `COMMIT_S` a commit never succeeds."""
_LEAST_WRITES: Final = 8  # of a single-entry commit, beside its cluster
_OFFERS: Final = 8  # of a checkpoint, before it is digested anew
_WATCHFUL: Final = 8  # checkpoints for which a worker reckons with another after it met one
_AT_ONCE: Final = 100
"""Clusters in a read; a cluster of 17 KB takes a millisecond, and none exceeds 512 KiB."""
_FRAME_BYTES: Final = 6  # tag and length of a write in its request
_SEQ_PER_REV: Final = 1_000_000


class _Found(Struct, frozen=True):
    """A cluster document as just read; `stored` is None if it does not exist."""

    stored: StoredCluster | None
    seq: int
    update_time: Any


class _Built(Struct, frozen=True):
    """The writes of a cluster in the last offer; `mark` is what they were made from: the known cluster, or its read."""

    mark: Any
    writes: list[Any]
    after: StoredCluster
    is_increment: bool


class Committer:
    """Turns checkpoints into commits; caches the keys of cluster documents. Not thread-safe."""

    def __init__(
        self,
        client: firestore.Client,
        ledger: Ledger,
        heads: dict[Stream, StreamDoc],
        version: str,
        redaction: Redaction,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._heads = heads
        self._version = version
        self._redaction = redaction
        self._known = KnownClusters()
        self._batch: Any = None
        self._sent = self._rivals = 0
        self._built: dict[str, _Built] = {}
        self._documents = Portion(MAX_WRITES, _LEAST_WRITES)
        self._reads = Portion(_AT_ONCE)

    def commit(self, checkpoint: Checkpoint) -> Committed:
        """See `Store.commit`. Raises `CheckpointTooLarge`, and the errors of the library."""
        touched = {delta.id for delta in checkpoint.deltas}
        touched |= {one.id for changes in checkpoint.templates for one in changes.records}
        try:
            return self._offer(checkpoint)
        except BaseException as error:
            if self._sent and isinstance(error, Exception) and (is_deadline(error) or is_too_large(error)):
                self._documents.refused(self._sent)
            # The cached keys of these may be wrong; if not, reading them again costs little.
            self._known.drop(touched)
            raise

    def _offer(self, checkpoint: Checkpoint) -> Committed:
        """Commit; after an unrelated write by another worker, only obtain a new proof and try again.

        While others write, the proof is renewed just before the commit: a look costs less than a refused commit.
        """
        self._built.clear()
        deltas = {delta.id: bounded_names(self._redaction.delta(delta)) for delta in checkpoint.deltas}
        for offers in range(1, _OFFERS):
            if self._rivals or offers > 1:
                checkpoint = self._proven(checkpoint)
            try:
                return replace(self._commit(checkpoint, deltas), offers=offers)
            except Exception as error:
                if not is_conflict(error):
                    raise
            self._rivals, self._sent = _WATCHFUL, 0
        return replace(self._commit(self._proven(checkpoint), deltas), offers=_OFFERS)

    def _proven(self, checkpoint: Checkpoint) -> Checkpoint:
        seen = self._proof(checkpoint)
        self._rivals = self._rivals - 1 if seen.token == checkpoint.seen.token else _WATCHFUL
        return replace(checkpoint, seen=seen)

    def _proof(self, checkpoint: Checkpoint) -> Seen:
        """Return the current ledger. Raises `Conflict` if others counted an entry or changed a template."""
        known, pages = self._ledger.look(checkpoint.fresh)
        if known:
            raise Conflict("another writer counted some of these entries first")
        heads = {documents.stream_id(one.stream): self._heads.get(one.stream) for one in checkpoint.templates}
        streams = self._client.collection("streams")
        for snapshot in get_all(self._client, [streams.document(name) for name in heads], self._reads, COMMIT_S):
            head = heads[snapshot.id]
            if snapshot.update_time != (head.update_time if head else None):
                raise Conflict("another writer changed the templates of a stream first")
        return Seen(known, pages)

    def _commit(self, checkpoint: Checkpoint, deltas: Mapping[str, ClusterDelta]) -> Committed:
        self._batch, self._sent = self._client.batch(), 0
        after: dict[str, StoredCluster] = {}
        counted_at: dict[str, int] = {}
        records = {one.id for changes in checkpoint.templates for one in changes.records}
        is_one = len(checkpoint.fresh) + len(checkpoint.rejected) <= 1
        room = MAX_WRITES if is_one else self._documents.size
        if len(deltas.keys() | records) > room:
            raise CheckpointTooLarge(f"one commit has room for {room} documents now, not for that many clusters")
        found = self._read(self._unfit(deltas, records))
        self._ledger.append(self._batch, checkpoint.fresh, checkpoint.seen.token, now=checkpoint.at)
        for changes in checkpoint.templates:
            self._move_head(changes)
            for place, one in enumerate(changes.records):
                seq = (changes.base_rev + 1) * _SEQ_PER_REV + place
                after[one.id] = self._put(one, changes, seq, found[one.id], deltas.get(one.id))
        for name, delta in deltas.items():
            if name not in records:
                after[name] = self._counted(delta, found.get(name), counted_at)
        self._put_rest(checkpoint)
        self._check_size(room)
        self._sent = len(self._writes)
        results = self._batch.commit(retry=None, timeout=COMMIT_S)
        self._documents.succeeded(self._sent)
        self._known.put(after)
        counts = {
            name: results[counted_at[name]].transform_results[0].integer_value
            if name in counted_at
            else after[name].count
            for name in deltas
        }
        return Committed(counts, self._settle_heads(checkpoint), writes=self._sent)

    def _unfit(self, deltas: Mapping[str, ClusterDelta], records: set[str]) -> set[str]:
        """Return clusters that have to be read first: those of the model, and those beyond increments."""
        unfit = set(records)
        for name, delta in deltas.items():
            known = self._known.get(name)
            if known is None or increments(known, delta) is None:
                unfit.add(name)
        return unfit

    @property
    def _writes(self) -> list[Any]:
        """Return the writes of the batch. The batch's own length leaves out those taken from the last offer."""
        writes: list[Any] = self._batch._write_pbs  # noqa: SLF001  # the library can neither copy nor join batches
        return writes

    def _check_size(self, room: int) -> None:
        # The library has no way to get this size, and it is not predictable: names are percent-encoded, keys quoted.
        size = sum(write._pb.ByteSize() + _FRAME_BYTES for write in self._writes)  # noqa: SLF001
        if size > MAX_REQUEST_BYTES or len(self._writes) > room:
            raise CheckpointTooLarge(f"{len(self._writes)} documents of {size} bytes are too many for one commit")

    def _read(self, names: Iterable[str]) -> dict[str, _Found]:
        references = [self._cluster(name) for name in names]
        found: dict[str, _Found] = {}
        for snapshot in get_all(self._client, references, self._reads, COMMIT_S):
            fields = fields_of(snapshot)
            if fields is None:
                found[snapshot.id] = _Found(None, 0, None)
                continue
            check_schema(fields, snapshot.reference.path)
            stored = documents.cluster(snapshot.id, fields)
            found[snapshot.id] = _Found(stored, fields["seq"], snapshot.update_time)
        return found

    def _move_head(self, changes: TemplateChanges) -> None:
        head = self._heads.get(changes.stream)
        if (head.rev if head else 0) != changes.base_rev:
            raise Conflict(f"another worker changed the templates of {changes.stream.key} first")
        reference = self._client.collection("streams").document(documents.stream_id(changes.stream))
        fields: dict[str, Any] = {
            "schema": SCHEMA_VERSION,
            "stream": documents.stream_fields(changes.stream),
            "rev": changes.base_rev + 1,
            "updated_at": firestore.SERVER_TIMESTAMP,
        }
        self._write(reference, fields, head and head.update_time)

    def _put(
        self, one: TemplateRecord, changes: TemplateChanges, seq: int, found: _Found, delta: ClusterDelta | None
    ) -> StoredCluster:
        """Return the write of a model record, with its counts."""
        empty = StoredCluster(one, changes.stream, 0, None, None, None, {}, {}, {}, {}, {})
        stored = empty if found.stored is None else replace(found.stored, record=one)
        if delta is not None:
            stored = added(stored, delta, self._put_between(stored, delta))
        fields = documents.model_fields(
            one, changes.stream, rev=changes.base_rev + 1, seq=seq if found.stored is None else found.seq
        )
        if delta is not None:
            fields |= documents.count_fields(stored)
        self._write(self._cluster(one.id), fields, found.update_time)
        return stored

    def _counted(self, delta: ClusterDelta, found: _Found | None, counted_at: dict[str, int]) -> StoredCluster:
        """Return the write of a cluster, that of the last offer if the cluster has not changed."""
        mark = self._known.get(delta.id) if found is None else found.update_time
        built = self._built.get(delta.id)
        if built is None or not (built.mark is mark or (found is not None and built.mark == mark)):
            before = len(self._writes)
            after = self._count(delta, found, counted_at)
            self._built[delta.id] = _Built(mark, self._writes[before:], after, is_increment=delta.id in counted_at)
            return after
        if built.is_increment:
            counted_at[delta.id] = len(self._writes)
        self._writes.extend(built.writes)
        return built.after

    def _count(self, delta: ClusterDelta, found: _Found | None, counted_at: dict[str, int]) -> StoredCluster:
        """Return the write of a cluster with an unchanged record: increments if possible."""
        known = self._known.get(delta.id) if found is None else found.stored
        if known is None:
            raise StateError(f"counts arrived for cluster {delta.id}, which was never stored")
        changes = increments(known, delta)
        if changes is not None:
            counted_at[delta.id] = len(self._writes)
            latest = newer_sample(known, delta, self._redaction.sample)
            self._batch.update(self._cluster(delta.id), transforms(changes) | latest_fields(known, latest))
            last = delta.last_seen if known.last_seen is None else max(known.last_seen, delta.last_seen)
            return replace(known, last_seen=last, latest=known.latest if latest is None else (latest,))
        if found is None:
            raise Conflict(f"cluster {delta.id} has to be read first")
        stored = added(known, delta, self._put_between(known, delta))
        self._write(self._cluster(delta.id), documents.count_fields(stored), found.update_time)
        return stored

    def _put_between(self, stored: StoredCluster, delta: ClusterDelta) -> SampleChange:
        """Return the write of the samples between, guarded by the cluster document's precondition."""
        change = with_samples(stored, delta, self._redaction.sample)
        if change.put or change.dropped:
            reference = self._client.collection("samples").document(documents.name(delta.id))
            self._batch.set(reference, documents.between_fields(change.put, change.dropped), merge=True)
        return change

    def _put_rest(self, checkpoint: Checkpoint) -> None:
        """Return the writes of quarantine and the worker's own document."""
        for one in checkpoint.rejected:
            fields = documents.rejected_fields(one, checkpoint.at + KEPT)
            self._batch.set(self._client.collection("quarantine").document(one.id), fields)
        reference = self._client.collection("workers").document(documents.name(checkpoint.worker))
        self._batch.set(reference, documents.worker_fields(checkpoint, self._version), merge=True)

    def _write(self, reference: Any, fields: dict[str, Any], update_time: Any) -> None:
        """Return a write of whole fields, if the document is unchanged since its read (None: absent)."""
        if update_time is None:
            self._batch.create(reference, fields)
        else:
            self._batch.update(reference, fields, option=self._client.write_option(last_update_time=update_time))

    def _settle_heads(self, checkpoint: Checkpoint) -> dict[Stream, int]:
        revs = {}
        for changes in checkpoint.templates:
            revs[changes.stream] = rev = changes.base_rev + 1
            self._heads[changes.stream] = documents.StreamDoc(changes.stream, rev, self._batch.commit_time)
        return revs

    def _cluster(self, name: str) -> Any:
        return self._client.collection("clusters").document(documents.name(name))
