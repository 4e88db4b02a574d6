"""One cluster for readers: with its rates and its searchable text. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from processor.views.rates import Rates, figures_of, has_before
from processor.views.search import searched

if TYPE_CHECKING:
    from datetime import datetime

    from processor.model import Cluster


class Row(Struct, frozen=True):
    """A cluster with its figures and its searchable text in lower case."""

    cluster: Cluster
    figures: Rates
    searched: str

    def growing(self, reference: datetime) -> bool:
        """Return whether there are far more than in the hour before, if there was one; see `Rates.growing`."""
        return self.figures.growing and has_before(self.cluster, reference)

    def change(self, reference: datetime) -> str:
        """Return the change against the hour before, "" if the cluster is younger."""
        return self.figures.change if has_before(self.cluster, reference) else ""


def row_of(cluster: Cluster, reference: datetime, before: Row | None = None) -> Row:
    """Return the row of a cluster; the searchable text is rebuilt only if it may have changed."""
    is_same = before is not None and _content(before.cluster) == _content(cluster)
    return Row(cluster, figures_of(cluster, reference), before.searched if before and is_same else searched(cluster))


def _content(cluster: Cluster) -> tuple[object, ...]:
    return (cluster.count, cluster.last_seen, cluster.template, cluster.aliases, cluster.latest.insert_id)
