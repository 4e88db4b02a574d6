"""What another policy or other masks would have done with the same entries. Pure; nothing is written anywhere."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from processor.model import Change
from processor.triage import incident_owner, variants
from processor.triage.policy import evaluate, priority_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from processor.model import Cluster, Priority
    from processor.triage.policy import Policy


class Outlook(Struct, frozen=True):
    """The clusters that one configuration produces, and the issues it would open.

    Attributes:
        entries: cluster id by the entry's insert_id.
        priorities: of an incident: of the cluster whose issue it is.
        opened: the clusters that get an issue.
        speaks_for: cluster -> the one whose issue tells of it, for the members of an incident and for variants.
    """

    clusters: Mapping[str, Cluster]
    entries: Mapping[str, str]
    priorities: Mapping[str, Priority]
    opened: frozenset[str]
    speaks_for: Mapping[str, str] = field(default_factory=dict)

    def issue_of(self, cluster_id: str) -> str:
        """Return the cluster whose issue covers this one, "" where none does."""
        owner = self.speaks_for.get(cluster_id, cluster_id)
        return owner if owner in self.opened else ""


class Difference(Struct, frozen=True):
    """What changes between two outlooks; ids are those of the old one where the new one has none.

    Attributes:
        opened: clusters of the new one that get an issue, and none of whose entries were told of before.
        silenced: clusters of the old one that had an issue, and none of whose entries are told of any more.
        repriced: (new cluster, old priority, new priority), where both are told of.
        merged: (old clusters, the new one that holds entries of all of them).
        split: (old cluster, the new ones that hold its entries).
    """

    opened: tuple[str, ...]
    silenced: tuple[str, ...]
    repriced: tuple[tuple[str, Priority, Priority], ...]
    merged: tuple[tuple[tuple[str, ...], str], ...]
    split: tuple[tuple[str, tuple[str, ...]], ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes for people."""
        return not (self.opened or self.silenced or self.repriced or self.merged or self.split)


def outlook(clusters: Iterable[Cluster], entries: Mapping[str, str], policy: Policy, now: datetime) -> Outlook:
    """Return what a policy would do about these clusters if nobody had been notified yet."""
    by_id = {cluster.id: cluster for cluster in clusters}
    plan = incident_owner.make(tuple(by_id.values()), policy, now)
    crossing = {
        cluster_id: replace(cluster, triage=replace(cluster.triage, announced=cluster.occurrences))
        for cluster_id, cluster in by_id.items()
        if any(point.change is Change.NEW for point in evaluate(cluster, policy, now))
    }
    waits = variants.below((by_id | crossing).values(), policy, covered=plan.speaks_for)
    speaks_for = {**plan.speaks_for, **waits}
    return Outlook(
        clusters=by_id,
        entries={name: cluster_id for name, cluster_id in entries.items() if cluster_id in by_id},
        priorities={cluster_id: priority_of(cluster, policy) for cluster_id, cluster in by_id.items()}
        | {owner: incident_report.priority for owner, incident_report in plan.reports.items()},
        opened=frozenset(speaks_for.get(cluster_id, cluster_id) for cluster_id in crossing),
        speaks_for=speaks_for,
    )


def compare(before: Outlook, after: Outlook) -> Difference:
    """What changes for people; the order is that of the ids."""
    became: defaultdict[str, set[str]] = defaultdict(set)
    came_from: defaultdict[str, set[str]] = defaultdict(set)
    continues: defaultdict[str, set[str]] = defaultdict(set)
    for name, old in before.entries.items():
        new = after.entries.get(name)
        if new is not None:
            became[old].add(new)
            came_from[new].add(old)
            had, gets = before.issue_of(old), after.issue_of(new)
            if had and gets:
                continues[gets].add(had)
    repriced = []
    for new in sorted(after.opened):
        # With several predecessors the most urgent one is what people saw.
        urgent = min((before.priorities[old] for old in continues[new]), default=None)
        if urgent is not None and urgent != after.priorities[new]:
            repriced.append((new, urgent, after.priorities[new]))
    return Difference(
        opened=tuple(sorted(new for new in after.opened if not continues[new])),
        silenced=tuple(sorted(before.opened.difference(*continues.values()))),
        repriced=tuple(repriced),
        merged=tuple((tuple(sorted(olds)), new) for new, olds in sorted(came_from.items()) if len(olds) > 1),
        split=tuple((old, tuple(sorted(news))) for old, news in sorted(became.items()) if len(news) > 1),
    )
