"""Miners: the miners of a worker, one per stream, kept in step with the store.

Holds the committed records plus those learned by the current batch. Either the store accepts the new records
(`confirm`), or they are dropped and the miner is rebuilt from the committed records (`rollback`).
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from msgspec.structs import replace

from processor.mining.miner import Miner, MinerSettings
from processor.model import GROUPING_VERSION, Kind, TemplateChanges
from processor.model.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from processor.model import Stream, StreamModel, TemplateRecord


class Miners:
    """Every stream's miner, its revision in the store, and the uncommitted records."""

    def __init__(self, settings: MinerSettings | None = None) -> None:
        self._settings = settings or MinerSettings()
        self._miners: dict[Stream, Miner] = {}
        self._committed: dict[Stream, dict[str, TemplateRecord]] = {}
        self._revs: dict[Stream, int] = {}
        self._learned: dict[Stream, dict[str, TemplateRecord]] = {}

    @property
    def revs(self) -> Mapping[Stream, int]:
        """Return the revision of each stream in memory, as `Store.load_model` expects it."""
        return self._revs

    def refresh(self, models: Iterable[StreamModel]) -> None:
        """Load records that were committed since; call only without uncommitted records."""
        for model in models:
            newest = max((record.grouping for record in model.records), default=0)
            if newest > GROUPING_VERSION:
                raise StateError(
                    f"the state is grouped by rules of version {newest}, this program knows {GROUPING_VERSION}:"
                    " a newer Log Gardener has upgraded it; run that one instead of this"
                )
            committed = self._committed.setdefault(model.stream, {})
            committed.update((record.id, record) for record in model.records)
            self._revs[model.stream] = model.rev
            if forgotten := [record.id for record in model.records if not record.seed]:
                for cluster_id in forgotten:
                    del committed[cluster_id]
                self._miners.pop(model.stream, None)
            miner = self._miners.get(model.stream)
            if miner is not None:
                miner.apply(model.records)

    def assign(self, stream: Stream, message: str) -> str:
        """Return the cluster of this message; create or generalise it if needed."""
        miner = self._miner(stream)
        known = miner.match(message)
        if known is not None:
            return known
        cluster_id, records = miner.learn(message)
        if records:
            self._learned.setdefault(stream, {}).update((record.id, record) for record in records)
        return cluster_id

    def amend(self, stream: Stream, record: TemplateRecord) -> None:
        """Add or change a record, to be committed with the learned records."""
        self._miner(stream).apply([record])
        self._learned.setdefault(stream, {})[record.id] = record

    def record(self, stream: Stream, cluster_id: str) -> TemplateRecord | None:
        """Return the record with uncommitted changes."""
        return self._learned.get(stream, {}).get(cluster_id) or self._committed.get(stream, {}).get(cluster_id)

    def records(self) -> Mapping[Stream, Sequence[TemplateRecord]]:
        """Return all committed records, in the order of creation."""
        return {stream: tuple(records.values()) for stream, records in self._committed.items()}

    def resolve(self, stream: Stream, cluster_id: str) -> str:
        """Return the cluster that continues this cluster."""
        return self._miner(stream).resolve(cluster_id)

    def values(self, stream: Stream, cluster_id: str, message: str) -> tuple[str, ...]:
        """Return the words at the wildcards of the cluster's template in this message."""
        return self._miner(stream).values(cluster_id, message)

    def parts(self, stream: Stream, cluster_id: str, message: str) -> dict[str, tuple[str | int, ...]]:
        """Return the content of each place of the cluster's template, by key: words, ordinals of masked values."""
        return self._miner(stream).parts(cluster_id, message)

    def learned(self) -> tuple[TemplateChanges, ...]:
        """Return the records that the store has to accept together with the counts."""
        return tuple(
            TemplateChanges(stream, self._revs.get(stream, 0), tuple(records.values()))
            for stream, records in self._learned.items()
        )

    def confirm(self, revs: Mapping[Stream, int]) -> None:
        """Mark the learned records as committed."""
        for stream, records in self._learned.items():
            self._committed.setdefault(stream, {}).update(records)
        self._revs.update(revs)
        self._learned.clear()

    def rollback(self) -> None:
        """Drop the learned records after a refusal; the miners are rebuilt on the next call."""
        for stream in self._learned:
            self._miners.pop(stream, None)
        self._learned.clear()

    def miner(self, stream: Stream) -> Miner:
        """Return the miner of a stream, for `explain`."""
        return self._miner(stream)

    def __len__(self) -> int:
        """Return the number of records, over all streams."""
        return sum(len(records) for records in self._committed.values())

    def _miner(self, stream: Stream) -> Miner:
        miner = self._miners.get(stream)
        if miner is None:
            records = self._committed.get(stream, {}).values()
            settings = self._settings
            if stream.kind is Kind.HTTP:  # each route is a problem, whatever their number
                settings = replace(settings, evidence=sys.maxsize, name_evidence=sys.maxsize, code_evidence=sys.maxsize)
            elif stream.kind is Kind.EXCEPTION:
                # Equal frames are evidence themselves: a third of the evidence for a plain line is enough.
                settings = replace(settings, evidence=-(-settings.evidence // 3), frames=True)
            miner = Miner(stream.key, records, settings=settings)
            self._miners[stream] = miner
        return miner
