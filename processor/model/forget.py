"""Forgetting: the data to remove from a state, because it names somebody or is too old."""

from __future__ import annotations

import json
from typing import Final, NamedTuple

from msgspec import Struct

FORGOTTEN: Final = "[forgotten]"
"""Replacement for a removed text."""


class Forget(Struct, frozen=True):
    """Conditions for removal, each sufficient by itself.

    Attributes:
        text: log text that contains this, in any case. A cluster whose template contains it is removed as a whole; of
            other clusters, the samples, facets and values that contain it.
        clusters: removed as a whole, with all clusters merged into them.
        entries: insert_ids; the samples made of these are removed.
    """

    text: str = ""
    clusters: frozenset[str] = frozenset()
    entries: frozenset[str] = frozenset()

    def finds(self, text: str) -> bool:
        """Return whether `text` contains the text to remove, plain or as written in JSON."""
        if not self.text:
            return False
        wanted, folded = self.text.casefold(), text.casefold()
        return wanted in folded or any(
            json.dumps(self.text, ensure_ascii=ascii_only)[1:-1].casefold() in folded for ascii_only in (True, False)
        )


class Forgotten(NamedTuple):
    """The amount of removed data.

    Attributes:
        clusters: removed as a whole.
        cleaned: clusters with a part removed.
        rejected: quarantined messages.
        notes: records of the audit trail whose detail was removed.
    """

    clusters: tuple[str, ...] = ()
    cleaned: tuple[str, ...] = ()
    rejected: int = 0
    notes: int = 0

    @property
    def summary(self) -> str:
        """Return a summary for the audit trail: amounts, never content."""
        return (
            f"{len(self.clusters)} clusters gone, {len(self.cleaned)} cleaned, {self.rejected} quarantined messages,"
            f" {self.notes} notes"
        )
