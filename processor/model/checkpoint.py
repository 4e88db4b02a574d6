"""Checkpoints: the data that a worker commits, and the store's answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from processor.model.cluster import ClusterDelta, TemplateRecord
    from processor.model.entry import Identity, Rejected, Stream

SCHEMA_VERSION: Final = 3
"""Version of every stored document; a store upgrades an older version and refuses a newer one."""
LEDGER_SLOT_S: Final = 300
"""Seconds of event time in a slot of the ledger. A change forgets which entries are counted."""


class Totals(Struct, frozen=True):
    """The sum that always holds: ingested = counted + duplicates + rejected + ignored."""

    counted: int = 0
    duplicates: int = 0
    rejected: int = 0
    ignored: int = 0

    @property
    def ingested(self) -> int:
        """Every message taken from the source."""
        return self.counted + self.duplicates + self.rejected + self.ignored

    @property
    def equation(self) -> str:
        """The sum in one line, for people."""
        return (
            f"ingested {self.ingested:,} = counted {self.counted:,} + duplicates {self.duplicates:,}"
            f" + rejected {self.rejected:,} + ignored {self.ignored:,}"
        )

    def __add__(self, other: Totals) -> Totals:
        """Return the sum of both."""
        return Totals(
            self.counted + other.counted,
            self.duplicates + other.duplicates,
            self.rejected + other.rejected,
            self.ignored + other.ignored,
        )


class TemplateChanges(Struct, frozen=True):
    """New or changed records of a stream, stored only if the stream is still at `base_rev`."""

    stream: Stream
    base_rev: int
    records: tuple[TemplateRecord, ...]


class StreamModel(Struct, frozen=True):
    """The stored records of a stream, in the order of writing.

    Attributes:
        rev: revision of the stream; grows by one with every commit that changes a record.
    """

    stream: Stream
    rev: int
    records: tuple[TemplateRecord, ...]


class Seen(Struct, frozen=True):
    """The identities that the ledger already holds, and the store's proof of its reads."""

    known: frozenset[bytes]
    token: object = None


class Checkpoint(Struct, frozen=True):
    """The atomic unit: all changes made by a batch of messages.

    Attributes:
        fresh: identities counted here, each once, none of them in `seen.known`.
        seen: the answer of `Store.seen` for them.
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


class Committed(Struct, frozen=True):
    """The store's answer: the new count of every touched cluster, and the streams' new revisions.

    Attributes:
        writes: documents written, 0 if the store does not limit their rate.
        offers: attempts, 1 plus the number of times that other writers were faster.
    """

    counts: Mapping[str, int]
    revs: Mapping[Stream, int]
    writes: int = 0
    offers: int = 1


class WorkerState(Struct, frozen=True):
    """A worker's last heartbeat and its total counts."""

    id: str
    heartbeat_at: datetime
    version: str
    totals: Totals
    lag_s: float = 0.0
