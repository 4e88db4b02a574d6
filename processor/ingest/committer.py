"""Committer: commit partial batches aggregated elsewhere, with the worker's guarantees but without its loop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processor.ingest import pipeline
from processor.ingest.gather import MAX_ENTRIES
from processor.ingest.retry import retry_until
from processor.model.errors import CheckpointTooLarge, StateError, Transient

if TYPE_CHECKING:
    from processor.ingest.partial import PartialBatch
    from processor.mining.miners import Miners
    from processor.model import Checkpoint, Totals
    from processor.model.ports import Clock, Store

_PATIENCE_S: Final = 300.0


class Committer:
    """Checks the ledger, mines, commits. Not thread-safe.

    Args:
        store: is not closed here.
        miners: empty at first; they follow the store.
        clock: for the checkpoint's time and for waiting.
    """

    def __init__(self, store: Store, *, miners: Miners, clock: Clock) -> None:
        self._store = store
        self._miners = miners
        self._clock = clock

    def commit(self, partial_batch: PartialBatch, *, worker: str) -> Totals:
        """Count a partial batch under the worker's name; entries counted before are skipped.

        Raises:
            Transient: the store has been unavailable for five minutes; part of the batch may be committed, try again.
            StateError: it can never be committed.
        """
        size = len(partial_batch.identities()) + len(partial_batch.rejected)
        if size <= MAX_ENTRIES:
            try:
                return self._whole(partial_batch, worker)
            except CheckpointTooLarge as error:
                if size == 1:
                    raise StateError("one entry alone is more than the store takes in one commit") from error
        first, second = partial_batch.split_in_two()
        return self.commit(first, worker=worker) + self.commit(second, worker=worker)

    def _whole(self, partial_batch: PartialBatch, worker: str) -> Totals:
        begun = self._clock.now()
        try:
            checkpoint, _ = retry_until(
                self._once,
                partial_batch,
                worker,
                sleep=self._clock.sleep,
                has_to_end=lambda: (self._clock.now() - begun).total_seconds() > _PATIENCE_S,
                failed=self._forget,
            )
        except BaseException:
            self._miners.rollback()
            raise
        return checkpoint.totals

    def _once(self, partial_batch: PartialBatch, worker: str) -> Checkpoint:
        self._miners.refresh(self._store.load_model(self._miners.revs))
        seen = self._store.seen(partial_batch.identities())
        now = self._clock.now()
        checkpoint = pipeline.digest_partial(partial_batch, seen, self._miners, worker=worker, now=now)
        self._miners.confirm(self._store.commit(checkpoint).revs)
        return checkpoint

    def _forget(self, _: Transient) -> None:
        self._miners.rollback()
