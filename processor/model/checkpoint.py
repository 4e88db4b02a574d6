"""What a worker commits and what the store answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from processor.model.cluster import ClusterDelta, TemplateRecord
    from processor.model.entry import Identity, Rejected, Stream

SCHEMA_VERSION: Final = 2
"""Version of every stored document; a store upgrades an older one and refuses a newer one, it never guesses."""
LEDGER_SLOT_S: Final = 300
"""Entries of so many seconds of event time are kept in one slot of the ledger. A change forgets what is counted."""


@dataclass(frozen=True, slots=True)
class Totals:
    """The sum that always holds: ingested = counted + duplicates + rejected + ignored."""

    counted: int = 0
    duplicates: int = 0
    rejected: int = 0
    ignored: int = 0

    @property
    def ingested(self) -> int:
        """Every message taken from the source."""
        return self.counted + self.duplicates + self.rejected + self.ignored

    def __add__(self, other: Totals) -> Totals:
        """Both together."""
        return Totals(
            self.counted + other.counted,
            self.duplicates + other.duplicates,
            self.rejected + other.rejected,
            self.ignored + other.ignored,
        )


@dataclass(frozen=True, slots=True)
class TemplateChanges:
    """New or changed records of one stream, to be stored only if the stream is still at `base_rev`."""

    stream: Stream
    base_rev: int
    records: tuple[TemplateRecord, ...]


@dataclass(frozen=True, slots=True)
class StreamModel:
    """The stored records of one stream, in the order in which they were written.

    Attributes:
        rev: revision of the stream; grows by one with every commit that changes a record.
    """

    stream: Stream
    rev: int
    records: tuple[TemplateRecord, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """Which identities the ledger already holds, and the store's proof of what it looked at."""

    known: frozenset[bytes]
    token: object = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The atomic unit: everything that one batch of messages changes.

    Attributes:
        fresh: identities counted here, each once, none of them in `seen.known`.
        seen: what `Store.seen` answered for them.
        deltas: at most one per cluster; counts add up to `len(fresh)`.
        templates: at most one per stream.
    """

    worker: str
    at: datetime
    fresh: tuple[Identity, ...]
    seen: Seen
    deltas: tuple[ClusterDelta, ...]
    templates: tuple[TemplateChanges, ...]
    rejected: tuple[Rejected, ...]
    totals: Totals


@dataclass(frozen=True, slots=True)
class Committed:
    """What the store answers: the new count of every touched cluster, and the streams' new revisions.

    Attributes:
        writes: documents written, 0 where the store does not limit their rate.
        offers: 1, and one more for every time that other writers were quicker.
    """

    counts: Mapping[str, int]
    revs: Mapping[Stream, int]
    writes: int = 0
    offers: int = 1


@dataclass(frozen=True, slots=True)
class WorkerState:
    """A worker's last sign of life and all that it ever counted."""

    id: str
    heartbeat_at: datetime
    version: str
    totals: Totals
    lag_s: float = 0.0
