"""What has to go from a state, because it names somebody or is too old."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final, NamedTuple

FORGOTTEN: Final = "[forgotten]"
"""Stands where a text was."""


@dataclass(frozen=True, slots=True)
class Forget:
    """Each condition is reason enough by itself.

    Attributes:
        text: log text that holds this, whatever its case. A cluster whose template holds it goes as a whole; of others
            the samples, facets and values that hold it.
        clusters: these go as a whole, with all that was merged into them.
        entries: insert_ids; the samples made of these go.
    """

    text: str = ""
    clusters: frozenset[str] = frozenset()
    entries: frozenset[str] = frozenset()

    def finds(self, text: str) -> bool:
        """Whether `text` holds what has to go, as it is or as JSON writes it."""
        if not self.text:
            return False
        wanted, folded = self.text.casefold(), text.casefold()
        return wanted in folded or any(
            json.dumps(self.text, ensure_ascii=ascii_only)[1:-1].casefold() in folded for ascii_only in (True, False)
        )


class Forgotten(NamedTuple):
    """How much has gone.

    Attributes:
        clusters: gone as a whole.
        cleaned: of which something has gone.
        rejected: quarantined messages.
        notes: records of the audit trail whose detail has gone.
    """

    clusters: tuple[str, ...] = ()
    cleaned: tuple[str, ...] = ()
    rejected: int = 0
    notes: int = 0

    @property
    def summary(self) -> str:
        """For the audit trail: how much, never what."""
        return (
            f"{len(self.clusters)} clusters gone, {len(self.cleaned)} cleaned, {self.rejected} quarantined messages,"
            f" {self.notes} notes"
        )
