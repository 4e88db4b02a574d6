"""The pure steps of the pipeline: messages -> `Batch` -> `Checkpoint`."""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from processor.ingest.partial import NOWHERE, LedgerShard, PartialBatch, shard_of
from processor.ingest.tally import grouped_entry, tally
from processor.model import Checkpoint, Rejected, Severity, Totals
from processor.parsing import decode as entries
from processor.parsing import entry_fields, split_entries
from processor.parsing.log_entry import DecodeError
from processor.parsing.multiline import is_fragment, joined, open_tail

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from processor.ingest.tally import Facets, Grouped, Tally
    from processor.mining.grouper import Grouper
    from processor.mining.miners import Miners
    from processor.model import ClusterDelta, Entry, Identity, Masked, ReceivedMessage, Seen, Stream

# Data access logs: large, personal, and not errors of a service, except for failed jobs. The log sink agrees.
_DATA_ACCESS: Final = "%2Fdata_access"
MAX_QUARANTINED: Final = 262_144
"""Bytes of a rejected message that are kept; a Cloud Logging entry is never larger."""


class Batch(Struct, frozen=True):
    """Decoded messages: each identity once, and what was left out on the way.

    Attributes:
        repeats: messages whose identity occurred earlier in the same batch.
        ignored: entries below the minimum severity, and Log Gardener's own.
        waiting: messages left out because the next batch may continue their stack trace.
    """

    entries: tuple[tuple[Identity, Entry], ...]
    rejected: tuple[Rejected, ...]
    repeats: int
    ignored: int
    waiting: tuple[ReceivedMessage, ...] = ()


class Decoder:
    """Decodes the messages of one batch as they arrive; those that cannot be decoded become `Rejected`."""

    def __init__(self) -> None:
        self._decoded: list[tuple[ReceivedMessage, Entry]] = []
        self._rejected: list[Rejected] = []

    def add(self, messages: Iterable[ReceivedMessage], now: datetime) -> None:
        """Decode further messages, in the order of arrival."""
        for message in messages:
            if message.problem:
                self._rejected.append(reject(message, message.problem, now))
                continue
            try:
                self._decoded.append((message, entries.decode(message.data, now)))
            except DecodeError as error:
                self._rejected.append(reject(message, str(error), now))

    def batch(self, min_severity: Severity, *, waited: int | None = None) -> Batch:
        """Return the batch of all messages added.

        Lines of a stack trace are joined before anything is ignored: a frame alone has no severity.

        Args:
            min_severity: entries below are ignored.
            waited: number of leading messages that have waited for this batch. Lines at its end that the next batch
                may continue are left out for it, once. None: every message is taken.
        """
        decoded = self._decoded
        waiting: frozenset[int] = frozenset()
        if waited is not None:
            waiting = open_tail([entry for _, entry in decoded])
            if any(index < waited for index in waiting):  # a message that waits has been decoded before
                waiting = frozenset()
        taken = [pair for index, pair in enumerate(decoded) if index not in waiting] if waiting else decoded
        found, repeats, ignored = _kept(taken, min_severity)
        whole = split_entries.joined(list(found.values()))
        left = tuple(decoded[index][0] for index in sorted(waiting))
        return Batch(tuple(zip(found, whole, strict=True)), tuple(self._rejected), repeats, ignored, left)


def decode(
    messages: Iterable[ReceivedMessage], *, min_severity: Severity, now: datetime, waited: int | None = None
) -> Batch:
    """Decode the messages of a batch that are all there; see `Decoder`."""
    decoder = Decoder()
    decoder.add(messages, now)
    return decoder.batch(min_severity, waited=waited)


def _kept(
    decoded: Sequence[tuple[ReceivedMessage, Entry]], min_severity: Severity
) -> tuple[dict[Identity, Entry], int, int]:
    """Return the entries that count, each once, with traces joined; and the numbers of repeats and ignored entries."""
    lines = [is_fragment(entry) for _, entry in decoded]
    if True in lines:
        return _kept_with_lines(decoded, lines, min_severity)
    found: dict[Identity, Entry] = {}
    ignored = 0
    for message, entry in decoded:
        if is_ignored(entry, min_severity):
            ignored += 1
        else:
            found.setdefault(entry_fields.identity(entry, message.message_id), entry)
    return found, len(decoded) - ignored - len(found), ignored


def _kept_with_lines(
    decoded: Sequence[tuple[ReceivedMessage, Entry]], lines: Sequence[bool], min_severity: Severity
) -> tuple[dict[Identity, Entry], int, int]:
    """Return the same if some entries can only be lines of stack traces; nothing is ignored before they are joined."""
    fragments: set[int] = set()
    found: dict[Identity, Entry] = {}
    deliveries: Counter[Identity] = Counter()
    for (message, entry), is_line in zip(decoded, lines, strict=True):
        identity = entry_fields.identity(entry, message.message_id)
        if is_line and identity not in found:
            fragments.add(len(found))
        found.setdefault(identity, entry)
        deliveries[identity] += 1
    whole = zip(found, joined(list(found.values()), fragments), strict=True)
    kept = {identity: entry for identity, entry in whole if not is_ignored(entry, min_severity)}
    counted = sum(deliveries[identity] for identity in kept)
    return kept, counted - len(kept), len(decoded) - counted


def is_ignored(entry: Entry, min_severity: Severity) -> bool:
    """Return whether an entry is ignored; the log sink's filter uses the same rule."""
    if entry.own or entry.severity < min_severity:
        return True
    return entry.log_name.endswith(_DATA_ACCESS) and not entry_fields.is_failed_job(entry)


def digest(
    batch: Batch,
    seen: Seen,
    miners: Miners,
    group: Callable[[Entry], Masked],
    *,
    worker: str,
    now: datetime,
    grouped: Mapping[int, Grouped] | None = None,
) -> Checkpoint:
    """Mask, tally and mine the entries not counted yet; the miners learn new templates.

    Args:
        batch: of entries.
        seen: the store's answer for them.
        miners: to be changed.
        group: the masking.
        worker: its name.
        now: the checkpoint's time.
        grouped: the entries that were masked beforehand, by their `id`.
    """
    fresh = [(identity, entry) for identity, entry in batch.entries if identity.digest not in seen.known]
    done = grouped or {}
    tallies = tally((identity, entry, done.get(id(entry)) or grouped_entry(entry, group)) for identity, entry in fresh)
    totals = Totals(
        counted=len(fresh),
        duplicates=batch.repeats + len(batch.entries) - len(fresh),
        rejected=len(batch.rejected),
        ignored=batch.ignored,
    )
    return Checkpoint(
        worker=worker,
        at=now,
        fresh=tuple(identity for identity, _ in fresh),
        seen=seen,
        deltas=_mined(tallies, miners),
        templates=miners.learned(),
        rejected=batch.rejected,
        totals=totals,
    )


def gather(batch: Batch, group: Grouper, *, lanes: int) -> dict[LedgerShard, PartialBatch]:
    """Mask a decoded batch and aggregate it by ledger shard, without checking the ledger."""
    found: dict[LedgerShard, PartialBatch] = {}
    shared: dict[Facets, Facets] = {}
    for identity, entry in batch.entries:
        key, added = grouped_entry(entry, group)
        # A single object for equal facets: pickled once, however many entries have them.
        added = added._replace(facets=shared.setdefault(added.facets, added.facets))
        found.setdefault(shard_of(identity, lanes), PartialBatch()).put(identity, entry, key, added)
    if batch.repeats or batch.ignored or batch.rejected:
        rest = found.setdefault(next(iter(found), LedgerShard(NOWHERE, 0)), PartialBatch())
        rest.rejected += batch.rejected
        rest.deliveries += batch.repeats
        rest.ignored += batch.ignored
    for one in found.values():
        one.compact()
    return found


def digest_partial(
    partial_batch: PartialBatch, seen: Seen, miners: Miners, *, worker: str, now: datetime
) -> Checkpoint:
    """Return the checkpoint of a batch that was masked and aggregated elsewhere."""
    fresh, tallies = partial_batch.uncounted(seen.known)
    return Checkpoint(
        worker=worker,
        at=now,
        fresh=fresh,
        seen=seen,
        deltas=_mined(tallies, miners),
        templates=miners.learned(),
        rejected=tuple(partial_batch.rejected),
        totals=Totals(
            counted=len(fresh),
            duplicates=partial_batch.deliveries - len(fresh),
            rejected=len(partial_batch.rejected),
            ignored=partial_batch.ignored,
        ),
    )


def _mined(tallies: Mapping[tuple[Stream, str], Tally], miners: Miners) -> tuple[ClusterDelta, ...]:
    # Mine everything first: a later message of the batch may merge the cluster of an earlier message.
    placed = [(key, miners.assign(*key), counted) for key, counted in tallies.items()]
    by_cluster: dict[str, tuple[Stream, Tally]] = {}
    for (stream, message), cluster_id, counted in placed:
        root = miners.resolve(stream, cluster_id)
        counted.note_words(miners.values(stream, root, message))
        counted.note_values(miners.parts(stream, root, message))
        if root in by_cluster:
            by_cluster[root][1].absorb(counted)
        else:
            by_cluster[root] = (stream, counted)
    return tuple(counted.delta(root, stream) for root, (stream, counted) in by_cluster.items())


def reject(message: ReceivedMessage, reason: str, now: datetime) -> Rejected:
    """Return a message for quarantine. The same bytes at the same place are the same document."""
    place = f"{message.source}\0{message.offset}\0".encode()
    name = hashlib.blake2b(place + message.data, digest_size=12).hexdigest()
    return Rejected(
        id=name,
        reason=reason,
        raw=message.data[:MAX_QUARANTINED],
        size=message.size or len(message.data),
        source=message.source,
        offset=message.offset,
        at=now,
    )
