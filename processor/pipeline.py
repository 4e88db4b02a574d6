"""The steps in a line, without IO: messages -> `Batch` -> `Checkpoint`."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from processor import entry as entries
from processor.entry import DecodeError
from processor.joining import join
from processor.model import Checkpoint, Rejected, Severity, Totals
from processor.tally import tally

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from processor.garden import Garden
    from processor.grouping import Grouper
    from processor.model import Entry, Identity, ReceivedMessage, Seen, Stream
    from processor.tally import Tally

# Who read what: large, personal, and no error of a service. The log sink leaves it out as well.
_DATA_ACCESS: Final = "%2Fdata_access"
MAX_QUARANTINED: Final = 262_144
"""Bytes of a rejected message that are kept; a Cloud Logging entry is never larger."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Decoded messages: each identity once, with what was left out on the way.

    Attributes:
        repeats: messages whose identity occurred earlier in the same batch.
        ignored: entries below the minimum severity, and Log Gardener's own.
    """

    entries: tuple[tuple[Identity, Entry], ...]
    rejected: tuple[Rejected, ...]
    repeats: int
    ignored: int


def decode(messages: Iterable[ReceivedMessage], *, min_severity: Severity, now: datetime) -> Batch:
    """Decode a batch; what cannot be decoded becomes `Rejected`, never an exception."""
    found: dict[Identity, Entry] = {}
    rejected: list[Rejected] = []
    repeats = ignored = 0
    for message in messages:
        if message.problem:
            rejected.append(reject(message, message.problem, now))
            continue
        try:
            entry = entries.decode(message.data, now)
        except DecodeError as error:
            rejected.append(reject(message, str(error), now))
            continue
        if is_ignored(entry, min_severity):
            ignored += 1
            continue
        identity = entries.identity(entry, message.message_id)
        if identity in found:
            repeats += 1
        else:
            found[identity] = entry
    return Batch(tuple(found.items()), tuple(rejected), repeats, ignored)


def is_ignored(entry: Entry, min_severity: Severity) -> bool:
    """Whether an entry is none of our business; the log sink's filter says the same."""
    return entry.own or entry.severity < min_severity or entry.log_name.endswith(_DATA_ACCESS)


def digest(batch: Batch, seen: Seen, garden: Garden, group: Grouper, *, worker: str, now: datetime) -> Checkpoint:
    """Mask, tally and mine what is not counted yet; the garden learns what is new."""
    fresh = [(identity, entry) for identity, entry in batch.entries if identity.digest not in seen.known]
    whole = join([entry for _, entry in fresh])
    if whole:
        fresh = [
            (identity, entry._replace(text=whole.get(index, entry.text)))
            for index, (identity, entry) in enumerate(fresh)
        ]
    tallies = tally((entry, group(entry)) for _, entry in fresh)
    # Mine everything first: a later message of the batch may merge what an earlier one went to.
    placed = [(key, garden.place(*key), counted) for key, counted in tallies.items()]
    by_cluster: dict[tuple[Stream, str], Tally] = {}
    for (stream, message), cluster_id, counted in placed:
        root = (stream, garden.resolve(stream, cluster_id))
        counted.note_words(garden.values(*root, message))
        if root in by_cluster:
            by_cluster[root].absorb(counted)
        else:
            by_cluster[root] = counted
    return Checkpoint(
        worker=worker,
        at=now,
        fresh=tuple(identity for identity, _ in fresh),
        seen=seen,
        deltas=tuple(counted.delta(root, stream) for (stream, root), counted in by_cluster.items()),
        templates=garden.learned(),
        rejected=batch.rejected,
        totals=Totals(
            counted=len(fresh),
            duplicates=batch.repeats + len(batch.entries) - len(fresh),
            rejected=len(batch.rejected),
            ignored=batch.ignored,
        ),
    )


def reject(message: ReceivedMessage, reason: str, now: datetime) -> Rejected:
    """A message for quarantine. The same bytes at the same place are the same document."""
    place = f"{message.source}\0{message.offset}\0".encode()
    name = hashlib.blake2b(place + message.data, digest_size=12).hexdigest()
    return Rejected(
        id=name,
        reason=reason,
        raw=message.data[:MAX_QUARANTINED],
        size=len(message.data),
        source=message.source,
        offset=message.offset,
        at=now,
    )
