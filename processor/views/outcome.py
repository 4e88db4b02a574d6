"""What came of an act, and how to take acts back for as long as they are remembered."""

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
    """What came of an act.

    Attributes:
        done: the clusters as they are now.
        problems: what was not done, and why.
        undo: the name by which it can be taken back, "" where it cannot.
    """

    done: tuple[Cluster, ...]
    problems: tuple[str, ...] = ()
    undo: str = ""


class Undos:
    """The last acts of this process, each good for one undo."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[Undo, ...]] = OrderedDict()

    def keep(self, undos: Sequence[Undo], now: datetime) -> str:
        """Remember how to take an act back; its name, "" where there is nothing to take back."""
        if not undos:
            return ""
        name = f"{int(now.timestamp() * 1e6):x}"
        self._kept[name] = tuple(undos)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return name

    def take(self, name: str) -> tuple[Undo, ...] | None:
        """How to take this act back, once."""
        return self._kept.pop(name, None)
