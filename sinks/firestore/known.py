"""The keys of cluster documents as last written: what an increment may name without a read."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from processor.model import Sample
    from sinks.stored_cluster import StoredCluster

_KEPT: Final = 5_000


class KnownClusters:
    """Clusters of the last commits, without the text of their samples; the least recent are dropped."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, StoredCluster] = OrderedDict()

    def get(self, name: str) -> StoredCluster | None:
        """Return a cluster; None if it has to be read."""
        return self._held.get(name)

    def put(self, clusters: Mapping[str, StoredCluster]) -> None:
        """Remember clusters as they were just committed."""
        for name, stored in clusters.items():
            sample = stored.sample and _bare(stored.sample)
            self._held[name] = replace(stored, sample=sample, latest=tuple(_bare(one) for one in stored.latest))
            self._held.move_to_end(name)
        while len(self._held) > _KEPT:
            self._held.popitem(last=False)

    def drop(self, names: Iterable[str]) -> None:
        """Forget clusters that may have been written otherwise."""
        for name in names:
            self._held.pop(name, None)


def _bare(sample: Sample) -> Sample:
    return replace(sample, text="", raw="", exception=None)
