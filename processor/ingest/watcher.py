"""Watcher: the events that the worker reports while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

if TYPE_CHECKING:
    from processor.model import Checkpoint, Committed


class Flush(Struct, frozen=True):
    """A checkpoint from the first message to the acknowledgement.

    Attributes:
        pulled: messages in it.
        commit_s: from reading the ledger to the committed checkpoint, including every attempt.
        ack_s: the rest, including publishing to the dead-letter topic.
        tries: 1, plus 1 for every conflict and every unavailability of the store.
        clusters: records in the model.
        minted: how many of them this checkpoint added.
        held_back_s: seconds for which the write rate kept the messages waiting.
        portion: messages that a checkpoint may hold at present, fewer after refusals.
    """

    checkpoint: Checkpoint
    committed: Committed
    pulled: int
    commit_s: float
    ack_s: float
    tries: int
    clusters: int
    minted: int
    held_back_s: float = 0.0
    portion: int = 0


class Watcher(Protocol):
    """Receives the events of the worker's loop; must be quick and must not raise."""

    def ready(self, clusters: int) -> None:
        """Report that the model is loaded with this number of clusters."""

    def alive(self) -> None:
        """Report that the loop is alive: it has pulled or retried."""

    def unavailable(self, part: str, error: Exception) -> None:
        """Report that the source or the store is unavailable; nothing is lost, nothing more is pulled."""

    def failed(self, part: str, error: Exception) -> None:
        """Report that an optional part has failed permanently."""

    def flushed(self, flush: Flush) -> None:
        """Report that a checkpoint is committed and acknowledged."""
