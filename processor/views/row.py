"""One cluster as readers meet it: with its rates and the text that search looks through. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from processor.views.rates import Rates, figures_of, has_before
from processor.views.search import searched

if TYPE_CHECKING:
    from datetime import datetime

    from processor.model import Cluster


@dataclass(frozen=True, slots=True)
class Row:
    """A cluster with its figures and the lower-case text that search looks through."""

    cluster: Cluster
    figures: Rates
    searched: str

    def growing(self, reference: datetime) -> bool:
        """Far more than in the hour before, where there was one; see `Rates.growing`."""
        return self.figures.growing and has_before(self.cluster, reference)

    def change(self, reference: datetime) -> str:
        """Against the hour before, "" where the cluster is younger."""
        return self.figures.change if has_before(self.cluster, reference) else ""


def row_of(cluster: Cluster, reference: datetime, before: Row | None = None) -> Row:
    """The row of a cluster; what search looks through is made anew only where it may have changed."""
    is_same = before is not None and _content(before.cluster) == _content(cluster)
    return Row(cluster, figures_of(cluster, reference), before.searched if before and is_same else searched(cluster))


def _content(cluster: Cluster) -> tuple[object, ...]:
    return (cluster.count, cluster.last_seen, cluster.template, cluster.aliases, cluster.latest.insert_id)
