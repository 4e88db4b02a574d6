"""Upgrade: regroup the stored clusters after a change of the grouping rules, without losing decisions.

The sample of each older root is grouped by the current rules. If the resulting id differs, the root becomes an alias of
it: issue, decisions and counts follow as in any merge. Promises: a root moves in the same commit that creates its new
cluster, under compare-and-set of every stream it touches; after a kill at any time some roots have moved and the others
are unchanged, and the next start continues with those. Counts are never rewritten.
"""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from processor.ingest.retry import retry_until
from processor.mining.grouper import Grouper
from processor.mining.masks import VALUE
from processor.model import GROUPING_VERSION, Checkpoint, Kind, Sample, Totals
from processor.model.errors import CheckpointTooLarge, StateError
from processor.parsing import decode as entries
from processor.parsing.log_entry import DecodeError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from processor.mining.masker import Masker
    from processor.mining.miners import Miners
    from processor.model import Masked, Stream, TemplateRecord
    from processor.model.ports import Clock, Store

_AT_ONCE: Final = 200
_REDACTED: Final = re.compile(r"\[redacted: [A-Za-z0-9][A-Za-z0-9 .-]{0,40}\]")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_PATIENCE: Final = timedelta(minutes=5)
_MEMBERS: Final = 24
"""Number of merged messages of a root that are learned again: enough to recreate its wildcards."""


class Move(Struct, frozen=True):
    """Result for a root.

    Attributes:
        target: the cluster that continues it; its own id if the new rules leave it unchanged.
    """

    stream: Stream
    id: str
    target: str


class Upgrade:
    """Upgrades the state of an older grouping to this program's. Not thread-safe.

    Args:
        miners: follows the store; the worker's own, or an empty one.
        name: of the worker; an upgrade is a commit like others.
    """

    def __init__(self, store: Store, *, miners: Miners, masker: Masker, clock: Clock, name: str) -> None:
        self._store = store
        self._miners = miners
        self._group = Grouper(masker)
        self._clock = clock
        self._name = name

    def run(self, *, dry_run: bool = False) -> tuple[Move, ...]:
        """Regroup every outdated root; return () if there is none.

        Raises:
            Conflict: another worker was first; call again, finished roots stay finished.
            Transient, StateError: as the store.
        """
        self._miners.refresh(self._store.load_model(self._miners.revs))
        waiting = self._outdated()
        families = self._families() if waiting else {}
        moves: list[Move] = []
        size = _AT_ONCE
        try:
            while waiting:
                part = waiting[:size]
                found = self._move(part, families)
                if dry_run or self._commit():
                    moves += found
                    waiting = waiting[len(part) :]
                elif size == 1:
                    raise StateError(f"cluster {part[0][1].id} cannot be grouped again in one commit")
                else:
                    size = -(-size // 2)
        finally:
            self._miners.rollback()
        return tuple(moves)

    def run_until_done(self, *, dry_run: bool = False) -> tuple[Move, ...]:
        """Call `run`, retrying for five minutes while the store is unavailable or another worker was first."""
        begun = self._clock.now()
        moves, _ = retry_until(
            lambda: self.run(dry_run=dry_run),
            sleep=self._clock.sleep,
            has_to_end=lambda: self._clock.now() - begun > _PATIENCE,
            failed=lambda _: None,
        )
        return moves

    def _outdated(self) -> list[tuple[Stream, TemplateRecord]]:
        """Return the roots made by older rules, stream by stream in the order of creation."""
        return [
            (stream, record)
            for stream, records in self._miners.records().items()
            for record in records
            if record.merged_into is None and record.grouping < GROUPING_VERSION
        ]

    def _families(self) -> dict[str, list[str]]:
        """Return by root: its id and those of the first records merged into it within its stream."""
        found: dict[str, list[str]] = {}
        for stream, records in self._miners.records().items():
            for record in records:
                root = self._miners.resolve(stream, record.id)
                members = found.setdefault(root, [root])
                if record.id != root and len(members) < _MEMBERS:
                    members.append(record.id)
        return found

    def _move(self, part: Sequence[tuple[Stream, TemplateRecord]], families: Mapping[str, list[str]]) -> list[Move]:
        samples = self._store.first_samples([one for _, root in part for one in families[root.id]])
        now = self._clock.now()
        moves: list[Move] = []
        for stream, root in part:
            # A wildcard created on the way may have absorbed it.
            target = self._miners.resolve(stream, root.id)
            if target == root.id:
                members = [one for name in families[root.id] if (one := self._known(stream, name, samples)) is not None]
                target = self._target(stream, root, members, now)
                # A root that moves keeps its version: its seed is no evidence for the new rules.
                changed = replace(root, merged_into=target)
                if target == root.id:
                    changed = replace(root, grouping=GROUPING_VERSION)
                self._miners.amend(stream, changed)
            moves.append(Move(stream, root.id, target))
        return moves

    def _known(self, stream: Stream, cluster_id: str, samples: Mapping[str, Sample]) -> Sample | None:
        """Return a cluster's first entry; a merged cluster without counts has only its seed, a text."""
        if cluster_id in samples or stream.kind is not Kind.TEXT:
            return samples.get(cluster_id)
        record = self._miners.record(stream, cluster_id)
        return None if record is None or record.overflow else Sample("", _EPOCH, record.seed, "")

    def _target(self, stream: Stream, root: TemplateRecord, members: Sequence[Sample], now: datetime) -> str:
        """Return the cluster of the root's entries by the current rules."""
        if root.overflow or not members:
            return root.id
        placed = [regrouped(one, stream, self._group, now) for one in members]
        new_stream, message = placed[0]
        if root.literal:
            record = self._miners.miner(new_stream).literal(message)
            if self._miners.record(new_stream, record.id) is None:
                self._miners.amend(new_stream, record)
                return record.id
            return root.id
        for masked in placed:
            self._miners.assign(*masked)
        target = self._miners.resolve(new_stream, self._miners.assign(new_stream, message))
        found = self._miners.record(new_stream, target)
        return root.id if found is None or found.overflow else target

    def _commit(self) -> bool:
        """Commit the learned records; return False if they are too many at once, after dropping them."""
        checkpoint = Checkpoint(
            worker=self._name,
            at=self._clock.now(),
            fresh=(),
            seen=self._store.seen(()),
            deltas=(),
            templates=self._miners.learned(),
            rejected=(),
            totals=Totals(),
        )
        try:
            committed = self._store.commit(checkpoint)
        except CheckpointTooLarge:
            self._miners.rollback()
            return False
        self._miners.confirm(committed.revs)
        return True


def regrouped(sample: Sample, stream: Stream, group: Grouper, now: datetime) -> Masked:
    """Return the current grouping of the sample; `stream` is its former stream."""
    # Redacted text was a value.
    sample = replace(sample, text=_REDACTED.sub(VALUE, sample.text), raw=_REDACTED.sub(VALUE, sample.raw))
    try:
        entry = entries.decode(sample.raw.encode("utf-8", "surrogatepass"), now)
    except DecodeError:
        # Cut or empty: the text is the remainder of the entry.
        plain = {"timestamp": sample.at.isoformat(), "textPayload": sample.text}
        entry = entries.decode(json.dumps(plain).encode(), now)._replace(project=stream.project, service=stream.service)
    masked = group(entry)
    if masked.stream.kind is not stream.kind and sample.text != entry.text:
        # Lines of a trace were joined: the entry is its first line, the text is the whole.
        whole = group(entry._replace(text=sample.text))
        if whole.stream.kind is stream.kind:
            return whole
    return masked
