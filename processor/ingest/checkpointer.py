"""Make and commit the checkpoint of a batch; what waits for the store runs in an executor.

While the store answers which entries are counted, the entries are grouped; while it commits, the caller may prepare the
next batch. The miners are changed by the caller's thread only, and only between two commits: begin a batch once the one
before it is settled.
"""

from __future__ import annotations

from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

from processor.ingest import pipeline
from processor.ingest.tally import grouped_entry
from processor.model.errors import GardenerError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from processor.ingest.tally import Grouped
    from processor.mining.grouper import Grouper
    from processor.mining.miners import Miners
    from processor.model import Checkpoint, Committed, Seen, StreamModel
    from processor.model.ports import Clock, Store

_T = TypeVar("_T")
_PART: Final = 50
"""Entries to group between two checks of whether the store has answered."""


class CommittedCheckpoint(NamedTuple):
    """A checkpoint with the store's answer, and when it came."""

    checkpoint: Checkpoint
    committed: Committed
    at: datetime


class Inline(Executor):
    """Runs each call at once, in the caller's thread: for a store in a file, which is never waited for."""

    def submit(self, fn: Callable[..., _T], /, *arguments: Any, **options: Any) -> Future[_T]:
        """See `Executor.submit`."""
        future: Future[_T] = Future()
        try:
            future.set_result(fn(*arguments, **options))
        except BaseException as error:  # noqa: BLE001  # as every executor: it is raised where the result is asked for
            future.set_exception(error)
        return future


class Checkpointer:
    """Not thread-safe.

    Args:
        executor: runs the calls of the store, one at a time and in order.
    """

    def __init__(
        self,
        store: Store,
        *,
        miners: Miners,
        group: Grouper,
        clock: Clock,
        name: str,
        executor: Executor,
    ) -> None:
        self._store = store
        self._miners = miners
        self._group = group
        self._clock = clock
        self._name = name
        self._executor = executor

    def begin(self, batch: pipeline.Batch) -> Future[CommittedCheckpoint]:
        """Digest a batch and begin its commit. Errors of the store are the future's, whenever they occur."""
        try:
            checkpoint = self._digest(batch)
        except GardenerError as error:
            failed: Future[CommittedCheckpoint] = Future()
            failed.set_exception(error)
            return failed
        return self._executor.submit(self._commit, checkpoint)

    def _digest(self, batch: pipeline.Batch) -> Checkpoint:
        looking = self._executor.submit(self._look, batch, dict(self._miners.revs))
        # Group entries while the store answers. Those that it knows need no grouping, so its answer ends this.
        done: dict[int, Grouped] = {}
        for start in range(0, len(batch.entries), _PART):
            if looking.done():
                break
            for _, entry in batch.entries[start : start + _PART]:
                done[id(entry)] = grouped_entry(entry, self._group)
        models, seen = looking.result()
        self._miners.refresh(models)
        return pipeline.digest(
            batch, seen, self._miners, self._group, worker=self._name, now=self._clock.now(), grouped=done
        )

    def _look(self, batch: pipeline.Batch, revs: Mapping[Any, int]) -> tuple[list[StreamModel], Seen]:
        models = list(self._store.load_model(revs))
        return models, self._store.seen([identity for identity, _ in batch.entries])

    def _commit(self, checkpoint: Checkpoint) -> CommittedCheckpoint:
        committed = self._store.commit(checkpoint)
        return CommittedCheckpoint(checkpoint, committed, self._clock.now())
