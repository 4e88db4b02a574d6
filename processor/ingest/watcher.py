"""What the worker tells of itself while it runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from processor.model import Checkpoint, Committed


@dataclass(frozen=True, slots=True)
class Flush:
    """One checkpoint from the first message to the acknowledgement.

    Attributes:
        pulled: messages in it.
        commit_s: from the first decoded byte to the committed checkpoint, every try included.
        ack_s: the rest, publishing to the dead-letter topic included.
        tries: 1, and one more for every conflict and every time the store was away.
        clusters: records in the model.
        minted: how many of them this checkpoint added.
        held_back_s: how long the pace kept the messages waiting for the store's sake.
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
    """What the loop tells of itself while it runs; must be quick and must not raise."""

    def ready(self, clusters: int) -> None:
        """The model is loaded: so many clusters are known."""

    def alive(self) -> None:
        """The loop is alive: it has pulled, or tried again."""

    def unavailable(self, part: str, error: Exception) -> None:
        """The source or the store is away; nothing is lost, nothing more is pulled."""

    def failed(self, part: str, error: Exception) -> None:
        """A part that counting can do without refuses for good."""

    def flushed(self, flush: Flush) -> None:
        """A checkpoint is committed and acknowledged."""
