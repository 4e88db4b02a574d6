"""The variants of a cluster for readers: what waits below its issue, and below whose issue it waits. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from processor.triage import variants
from processor.views.rates import is_back

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processor.model import Cluster


class Variant(NamedTuple):
    """A cluster that waits below another one's issue.

    Attributes:
        word: in which it differs, log text; "" if that is not known any more.
        entries: counted in it.
    """

    id: str
    word: str
    entries: int

    def __str__(self) -> str:
        """Return the word with the entries, and the id to act on."""
        return f"{self.word or '…'} {self.entries:,} ({self.id})"


def status_word(cluster: Cluster) -> str:
    """Return the status for readers: "back", "variant", or the status itself."""
    return "back" if is_back(cluster) else "variant" if variants.is_waiting(cluster) else str(cluster.triage.status)


def variants_of(cluster: Cluster, others: Iterable[Cluster]) -> tuple[Variant, ...]:
    """Return the clusters among others that wait below this one's issue, the most frequent first."""
    found = variants.waiting([cluster, *(one for one in others if one.id != cluster.id)]).get(cluster.id, ())
    return tuple(Variant(one.id, variants.word_of(one, cluster), one.count) for one in found)


def owner_of(cluster: Cluster, others: Iterable[Cluster]) -> Cluster | None:
    """Return the cluster below whose issue this one waits; None if it does not wait."""
    if not variants.is_waiting(cluster):
        return None
    name = cluster.triage.notes.variant_of
    return next((one for one in others if name in (one.id, *one.aliases)), None)
