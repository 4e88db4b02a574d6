"""Merge stored clusters into the root clusters that readers see; the same for every store.

A merged cluster permanently keeps its own counts. Readers add them up, so a merge never rewrites a count, and a worker
that does not know of it yet loses nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from processor.model import MAX_BETWEEN, Cluster, Sample, Severity, Triage
from processor.model.facets import OTHER
from processor.model.values import total

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from processor.model import ClusterDelta, Span, Stream, TemplateRecord

_K = TypeVar("_K")
_MAX_AHEAD: Final = timedelta(minutes=10)
MINUTES_KEPT: Final = 180
HOURS_KEPT: Final = 24
DAYS_KEPT: Final = 90
MAX_FACETS: Final = 24
MAX_FACET_VALUES: Final = 20
MAX_REVISIONS: Final = 50


class StoredCluster(Struct, frozen=True):
    """A cluster document: a record of the model and the counts under its id (None: nothing yet).

    Attributes:
        fragments: entries that are no occurrence; states from before the distinction have none.
        latest: the last entry, and earlier ones if several workers write concurrently; empty while only a single entry
            is known.
        ranks: of samples kept beside the document, in order.
    """

    record: TemplateRecord
    stream: Stream
    count: int
    first_seen: datetime | None
    last_seen: datetime | None
    sample: Sample | None
    severities: Mapping[Severity, int]
    minutes: Mapping[int, int]
    days: Mapping[int, int]
    facets: Mapping[str, Mapping[str, int]]
    revisions: Mapping[str, Span]
    fragments: int = 0
    latest: tuple[Sample, ...] = ()
    ranks: tuple[int, ...] = ()
    values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    hours: Mapping[int, int] = field(default_factory=dict)


def next_slot(last: datetime | None, now: datetime, spacing: timedelta) -> datetime:
    """Return the next slot; see `Store.take_slot`. A slot far in the future came from a wrong clock and is ignored."""
    return now if last is None or last - now > _MAX_AHEAD else max(now, last + spacing)


def root_of(cluster_id: str, merged_into: Mapping[str, str | None]) -> str:
    """Follow merges to the cluster that continues this one; a cycle (damaged state) ends at its smallest id."""
    path = [cluster_id]
    while (target := merged_into.get(path[-1])) is not None:
        if target in path:
            return min(path[path.index(target) :])
        path.append(target)
    return path[-1]


def released_by(cluster_id: str, merged_into: Mapping[str, str | None]) -> list[str]:
    """Return the clusters that a split detaches: this cluster if it is an alias, else all clusters merged into it."""
    if merged_into.get(cluster_id) is not None:
        return [cluster_id]
    return sorted(one for one in merged_into if one != cluster_id and root_of(one, merged_into) == cluster_id)


def merge_members(stored: Iterable[StoredCluster], triages: Mapping[str, Triage]) -> list[Cluster]:
    """Return root clusters with the counts of all merged clusters; those without any entry are left out."""
    documents = {document.record.id: document for document in stored}
    merged_into = {cluster_id: document.record.merged_into for cluster_id, document in documents.items()}
    members: dict[str, list[StoredCluster]] = {}
    for cluster_id, document in documents.items():
        members.setdefault(root_of(cluster_id, merged_into), []).append(document)
    clusters = []
    for root, group in members.items():
        head = documents.get(root)
        if head is not None:
            cluster = _merge_member(head, group, _triage(root, group, triages))
            if cluster is not None:
                clusters.append(cluster)
    return clusters


def _triage(root: str, group: Iterable[StoredCluster], triages: Mapping[str, Triage]) -> Triage:
    """Return the root's decision, or if there is none, that of the clusters merged into it.

    A generalised template is a new root; the decisions about its merged clusters, above all the oldest issue, continue
    there. Its revision is the root's own: none.
    """
    own = triages.get(root)
    if own is not None:
        return own
    earlier = sorted(
        ((document.record.id, triages[document.record.id]) for document in group if document.record.id in triages),
        key=lambda pair: (pair[1].issue is None, pair[1].issue.number if pair[1].issue else 0, pair[0]),
    )
    return replace(earlier[0][1], rev=0) if earlier else Triage()


def _merge_member(head: StoredCluster, group: Sequence[StoredCluster], triage: Triage) -> Cluster | None:
    counted = [document for document in group if document.count and document.sample is not None]
    if not counted:
        return None
    facets: dict[str, Counter[str]] = {}
    revisions: dict[str, Span] = {}
    severities = _sum(document.severities for document in counted)
    for document in counted:
        for name, values in document.facets.items():
            facets.setdefault(name, Counter()).update(values)
        for name, span in document.revisions.items():
            revisions[name] = revisions[name] + span if name in revisions else span
    last_seen = max(document.last_seen for document in counted if document.last_seen is not None)
    samples = [document.sample for document in counted if document.sample is not None]
    return Cluster(
        id=head.record.id,
        stream=head.stream,
        template=head.record.template,
        sample=min(samples, key=_age),
        severity=max(severities, default=Severity.DEFAULT),
        count=sum(document.count for document in counted),
        first_seen=min(document.first_seen for document in counted if document.first_seen is not None),
        last_seen=last_seen,
        severities=dict(severities),
        minutes=newest(_sum(one.minutes for one in counted), int(last_seen.timestamp()) // 60, MINUTES_KEPT),
        hours=newest(_sum(one.hours for one in counted), int(last_seen.timestamp()) // 3_600, HOURS_KEPT),
        days=newest(_sum(one.days for one in counted), int(last_seen.timestamp()) // 86_400, DAYS_KEPT),
        facets={name: bounded(values, MAX_FACET_VALUES) for name, values in sorted(facets.items())},
        revisions=revisions,
        aliases=tuple(sorted(document.record.id for document in group if document is not head)),
        overflow=head.record.overflow,
        triage=triage,
        occurrences=sum(document.count - document.fragments for document in counted),
        latest=max([*samples, *(one for document in counted for one in document.latest)], key=_age),
        values=total(document.values for document in counted),
    )


def _sum(counts: Iterable[Mapping[_K, int]]) -> Counter[_K]:
    found: Counter[_K] = Counter()
    for one in counts:
        found.update(one)
    return found


def samples_of(members: Iterable[StoredCluster], between: Iterable[Sample]) -> tuple[Sample, ...]:
    """Return the samples of a root cluster, in order of time: the first, those of the lowest ranks, the last.

    Args:
        members: the root and all clusters merged into it.
        between: the samples kept of all members between their first and last.
    """
    counted = [one for one in members if one.sample is not None]
    firsts = [one.sample for one in counted if one.sample is not None]
    if not firsts:
        return ()
    first = min(firsts, key=_age)
    last = max([*firsts, *(one for member in counted for one in member.latest)], key=_age)
    others = {(one.rank, *one.age): one for one in (*firsts, *between) if one.age != first.age}
    kept = [others[place] for place in sorted(others)[:MAX_BETWEEN]]
    found = {one.age: one for one in (first, *kept, last)}
    return tuple(found[age] for age in sorted(found))


class SampleChange(Struct, frozen=True):
    """A delta's changes to a cluster's samples.

    Attributes:
        first, latest: after the delta; `latest` is None while only a single entry is known.
        put: newly kept between.
        ranks: of all kept between, in order.
        dropped: ranks that are no longer kept.
    """

    first: Sample
    latest: Sample | None
    put: tuple[Sample, ...]
    ranks: tuple[int, ...]
    dropped: tuple[int, ...]


Clean = Callable[[Sample], Sample]
"""Returns a sample in its stored form; called only for stored samples."""


def newer_sample(stored: StoredCluster, delta: ClusterDelta, clean: Clean) -> Sample | None:
    """Return the delta's last sample, if it is later than all known samples."""
    known = [*stored.latest, *(() if stored.sample is None else (stored.sample,))]
    return clean(delta.latest) if all(one.age < delta.latest.age for one in known) else None


def with_samples(stored: StoredCluster, delta: ClusterDelta, clean: Clean) -> SampleChange:
    """Return the samples after the delta; a kept sample's text is read only if the first sample is displaced."""
    first = delta.sample if stored.sample is None else min(stored.sample, delta.sample, key=_age)
    latest = max((one for one in (*stored.latest, stored.sample, delta.latest) if one is not None), key=_age)
    displaced = stored.sample if first is delta.sample else delta.sample
    made = {} if displaced is None else {displaced.rank: displaced}
    fresh = (delta.sample, delta.latest)
    offered = {one.rank: one for one in delta.candidates}
    held = set(stored.ranks)
    kept = sorted((held | offered.keys() | made.keys()) - {first.rank})[:MAX_BETWEEN]
    put = [made.get(rank) or offered[rank].sample() for rank in kept if rank not in held]
    return SampleChange(
        clean(first) if any(first is one for one in fresh) else first,
        None if latest.age == first.age else clean(latest) if any(latest is one for one in fresh) else latest,
        tuple(one if one is stored.sample else clean(one) for one in put),
        tuple(kept),
        tuple(sorted(held - set(kept))),
    )


def _age(sample: Sample) -> tuple[datetime, str]:
    return sample.age


def summed(minutes: Mapping[int, int], together: int) -> Counter[int]:
    """Return the counts of minutes by hour (60 together) or by day (1440)."""
    found: Counter[int] = Counter()
    for minute, n in minutes.items():
        found[minute // together] += n
    return found


def newest(counts: Mapping[int, int], last: int, kept: int) -> dict[int, int]:
    """Return the counts of the last `kept` minutes, hours or days up to `last`, in order."""
    return {at: n for at, n in sorted(counts.items()) if last - kept < at <= last}


def bounded(values: Mapping[str, int], kept: int) -> dict[str, int]:
    """Return the most frequent values; the rest is summed under "(other)"."""
    ranked = sorted(((n, value) for value, n in values.items() if value != OTHER), key=lambda pair: (-pair[0], pair[1]))
    top = {value: n for n, value in ranked[:kept]}
    rest = sum(values.values()) - sum(top.values())
    return {**top, OTHER: rest} if rest else top
