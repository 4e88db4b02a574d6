"""Partial aggregation: masked entries aggregated by message before the ledger is checked.

A worker checks the ledger first and tallies the rest. If decoding and masking run on many machines at once, entries are
aggregated on the way to the committer, and each keeps its identity beside its contribution, so that entries counted
before can still be left out. Aggregation is associative and commutative, and an entry added twice is the same as an
entry delivered twice: repeats and reordering by a runner do not change the counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct, field

from processor.ingest.samples import SampleSet, rank_of
from processor.ingest.tally import Tally
from processor.model import LEDGER_SLOT_S, Kind

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from processor.ingest.tally import Facts
    from processor.model import Entry, Identity, Masked, Rejected, Stream

NOWHERE: Final = -1
"""The slot of messages without event time: rejected messages, and ignored entries."""


class LedgerShard(NamedTuple):
    """The unit of aggregation: a single writer at a time commits everything of a shard.

    Attributes:
        slot: event time in whole ledger slots since the epoch.
        lane: ledger lane of the identity.
    """

    slot: int
    lane: int


class PartialTally(Struct):
    """A masked message: its samples, and every entry's identity with its contribution."""

    samples: SampleSet
    entries: dict[Identity, Facts] = field(default_factory=dict)


class PartialBatch(Struct):
    """Partial tallies by message, and what was left out on the way.

    Attributes:
        deliveries: messages that are entries of the tallies, including those delivered twice.
    """

    partial_tallies: dict[Masked, PartialTally] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    deliveries: int = 0
    ignored: int = 0

    def put(self, identity: Identity, entry: Entry, key: Masked, added: Facts) -> None:
        """Add an entry."""
        partial_tally = self.partial_tallies.get(key)
        if partial_tally is None:
            partial_tally = self.partial_tallies[key] = PartialTally(SampleSet.of(entry, rank_of(identity)))
        else:
            partial_tally.samples.add(entry, rank_of(identity))
        partial_tally.entries[identity] = added
        self.deliveries += 1

    def absorb(self, other: PartialBatch) -> None:
        """Add a batch aggregated elsewhere; `other` is not changed, since a runner may reuse it."""
        for key, theirs in other.partial_tallies.items():
            ours = self.partial_tallies.get(key)
            if ours is None:
                ours = self.partial_tallies[key] = PartialTally(theirs.samples.copy())
            else:
                ours.samples.absorb(theirs.samples)
            ours.entries.update(theirs.entries)
        self.rejected += other.rejected
        self.deliveries += other.deliveries
        self.ignored += other.ignored

    def compact(self) -> None:
        """Replace every entry by its bounded sample, so that the batch is small enough to shuffle."""
        for key, partial_tally in self.partial_tallies.items():
            partial_tally.samples.compact(key.stream)

    def identities(self) -> set[Identity]:
        """Return every entry's identity, each once."""
        return {identity for partial_tally in self.partial_tallies.values() for identity in partial_tally.entries}

    def uncounted(self, known: Collection[bytes]) -> tuple[tuple[Identity, ...], dict[tuple[Stream, str], Tally]]:
        """Return the identities that are not among the known digests, and their tallies by message."""
        fresh: dict[Identity, None] = {}
        tallies: dict[tuple[Stream, str], Tally] = {}
        for key, partial_tally in self._ordered():
            new = [
                (one, added)
                for one, added in partial_tally.entries.items()
                if one.digest not in known and one not in fresh
            ]
            if new:
                at = new[0][1].at
                tally = tallies[key] = Tally(partial_tally.samples.copy(), at, at)
                for identity, added in new:
                    fresh[identity] = None
                    tally.count_facts(added)
        return tuple(fresh), tallies

    def split_in_two(self) -> tuple[PartialBatch, PartialBatch]:
        """Return two batches with the same total, for a store that does not accept it at once."""
        pairs = [
            (key, partial_tally, *pair)
            for key, partial_tally in self._ordered()
            for pair in partial_tally.entries.items()
        ]
        middle, cut = len(pairs) // 2, -(-len(self.rejected) // 2)
        both = (
            PartialBatch(rejected=self.rejected[:cut], ignored=self.ignored),
            PartialBatch(rejected=self.rejected[cut:]),
        )
        both[0].deliveries = self.deliveries - len(pairs)
        for half, part in zip(both, (pairs[:middle], pairs[middle:]), strict=True):
            half.deliveries += len(part)
            for key, partial_tally, identity, added in part:
                half.partial_tallies.setdefault(key, PartialTally(partial_tally.samples)).entries[identity] = added
        return both

    def _ordered(self) -> Iterator[tuple[Masked, PartialTally]]:
        """Sort by time, exceptions first: a line that was joined in either batch counts as joined."""
        pairs = self.partial_tallies.items()
        yield from sorted(pairs, key=_order)


def _order(pair: tuple[Masked, PartialTally]) -> tuple[bool, datetime, str, Masked]:
    key, first = pair[0], pair[1].samples.first[1]
    return (key.stream.kind is not Kind.EXCEPTION, first.at, first.insert_id, key)


def shard_of(identity: Identity, lanes: int) -> LedgerShard:
    """Return the shard in which an entry is counted."""
    return LedgerShard(identity.second // LEDGER_SLOT_S, identity.digest[-1] % lanes)
