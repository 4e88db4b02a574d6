"""Remove data from a stored cluster; the same for every store. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from processor.model.facets import OTHER
from processor.model.forget import FORGOTTEN
from sinks.stored_cluster import StoredCluster, root_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from processor.model import Sample
    from processor.model.forget import Forget


def wholly(stored: Iterable[StoredCluster], what: Forget) -> frozenset[str]:
    """Return the clusters to remove as a whole: each with its root and all clusters merged into it."""
    documents = {one.record.id: one for one in stored}
    merged_into = {name: one.record.merged_into for name, one in documents.items()}
    roots = {
        root_of(name, merged_into)
        for name, one in documents.items()
        if one.record.seed and (name in what.clusters or what.finds(one.record.seed) or what.finds(one.record.template))
    }
    return frozenset(name for name, one in documents.items() if one.record.seed and root_of(name, merged_into) in roots)


def emptied(stored: StoredCluster) -> StoredCluster:
    """Return the remainder of a removed cluster: an id, so that nobody counts on it without creating it again."""
    record = replace(stored.record, seed="", template="", merged_into=None, overflow=False, literal=False)
    return StoredCluster(record, stored.stream, 0, None, None, None, {}, {}, {}, {}, {})


def cleaned(stored: StoredCluster, what: Forget) -> StoredCluster:
    """Return the cluster without matching data; the same object if nothing matches."""
    return replace(
        stored,
        sample=None if stored.sample is None else without(stored.sample, what),
        latest=tuple(without(one, what) for one in stored.latest),
        facets=_counts(stored.facets, what),
        values=_counts(stored.values, what),
        revisions={name: span for name, span in stored.revisions.items() if not what.finds(name)},
    )


def without(sample: Sample, what: Forget) -> Sample:
    """Return the sample, or its remainder: its time."""
    texts = (sample.text, sample.raw, *(str(one) for one in sample.exception or ()))
    if sample.insert_id in what.entries or any(what.finds(text) for text in texts):
        return replace(sample, text=FORGOTTEN, raw="{}", exception=None)
    return sample


def all_without(samples: Sequence[Sample], what: Forget) -> list[tuple[Sample, Sample]]:
    """Return (before, after) of the changed samples."""
    pairs = [(one, without(one, what)) for one in samples]
    return [(before, after) for before, after in pairs if after is not before]


def _counts(held: Mapping[str, Mapping[str, int]], what: Forget) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for name, values in held.items():
        if what.finds(name):
            continue
        counts: Counter[str] = Counter()
        for value, n in values.items():
            counts[OTHER if what.finds(value) else value] += n
        found[name] = dict(counts)
    return found
