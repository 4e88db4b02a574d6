"""The outcome of an action, and how to undo actions for as long as they are remembered."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from processor.model import Cluster
    from processor.triage.undo import Undo

_KEPT: Final = 200


class Outcome(NamedTuple):
    """The outcome of an action.

    Attributes:
        done: the clusters as they are now.
        problems: what was not done, and why.
        undo: the name by which it can be undone, "" if it cannot.
    """

    done: tuple[Cluster, ...]
    problems: tuple[str, ...] = ()
    undo: str = ""


class Undos:
    """The last actions of this process; each can be undone once."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Undo, ...]] = OrderedDict()

    def keep(self, undos: Sequence[Undo], now: datetime) -> str:
        """Remember how to undo an action; return its name, "" if there is nothing to undo."""
        if not undos:
            return ""
        name = f"{int(now.timestamp() * 1e6):x}"
        self._kept[name] = tuple(undos)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return name

    def take(self, name: str) -> tuple[Undo, ...] | None:
        """Return how to undo this action, once."""
        return self._kept.pop(name, None)
