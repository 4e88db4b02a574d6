"""The worklog's facts: what the state knows about a period, gathered and counted. Pure.

Promises: every figure is a sum over committed state, nothing is estimated, and what the state does not know is left
out. Must not render, redact, read a clock or do IO; `worklog_page` turns these facts into Markdown and JSON.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from processor.model import Priority, Severity, Status, facets
from processor.model.notes import FOR_BUDGET
from processor.triage.policy import priority_of, rule_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from processor.model import AuditRecord, Cluster, IssueRef, Totals, WorkerState
    from processor.model.notes import RelatedIssue
    from processor.triage.deploys import View
    from processor.triage.incidents import Incident
    from processor.triage.policy import Policy
    from processor.triage.related import Link

"""The store's name for what is beyond its bound on values of a facet."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC).date()
_MIN_PREFIX: Final = 4


class Stage(StrEnum):
    """How far a cluster has come on its way to an issue."""

    REPORTED = "reported"
    AWAITED = "awaits its issue"
    WAITING = FOR_BUDGET
    BELOW = "below the threshold"
    COVERED = "covered by its incident"
    SETTLED = "settled"
    MUTED = "muted"
    GIVEN_UP = "given up"


@dataclass(frozen=True, slots=True)
class Period:
    """Whole UTC days, both included; None is open. Days are what the state keeps of the past."""

    since: date | None = None
    until: date | None = None

    def entries(self, cluster: Cluster) -> int:
        """How many of the cluster's entries lie in it; days beyond the ninety kept count only in an open period."""
        if self.since is None and self.until is None:
            return cluster.count
        return sum(n for day, n in cluster.days.items() if self.holds(_EPOCH + timedelta(days=day)))

    def holds(self, day: date) -> bool:
        """Whether this day belongs to it."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Item:
    """One cluster of the worklog.

    Attributes:
        entries: in the period.
        impact: the sentence of the policy's rule.
        history: what people and the controller did, oldest first.
        links: to other clusters, with their evidence.
        precedents: issues that people wrote about it.
        deploys: what its service's revisions say of it.
        told_in: the issue of the incident that covers it.
    """

    cluster: Cluster
    priority: Priority
    entries: int
    impact: str
    stage: Stage
    given_up: str = ""
    owed: int = 0
    history: tuple[AuditRecord, ...] = ()
    links: tuple[Link, ...] = ()
    precedents: tuple[RelatedIssue, ...] = ()
    deploys: View | None = None
    reported_in: IssueRef | None = None


@dataclass(frozen=True, slots=True)
class Worklog:
    """Everything the document says.

    Attributes:
        at: the newest thing in the state: the last commit, decision or entry.
        first, last: event time of the entries' first and last, cut to the period.
        totals: of the whole state, whatever the period.
        items: the most urgent and most frequent first.
        troubles: what people should know of the issues' delivery.
    """

    at: datetime
    period: Period
    service: str
    first: datetime | None
    last: datetime | None
    totals: Totals
    workers: int
    items: tuple[Item, ...]
    incidents: tuple[Incident, ...] = ()
    troubles: tuple[str, ...] = ()

    @property
    def entries(self) -> int:
        """Entries in the period, over all clusters shown."""
        return sum(item.entries for item in self.items)

    @property
    def services(self) -> tuple[str, ...]:
        """Names of the services, in alphabetical order."""
        return tuple(sorted({item.cluster.stream.service for item in self.items}))

    def of(self, *stages: Stage) -> tuple[Item, ...]:
        """The items at one of these stages."""
        return tuple(item for item in self.items if item.stage in stages)


def gather(
    clusters: Iterable[Cluster],
    totals: Totals,
    *,
    policy: Policy,
    workers: Sequence[WorkerState] = (),
    audit: Iterable[AuditRecord] = (),
    incidents: Sequence[Incident] = (),
    speaks_for: Mapping[str, str] | None = None,
    links: Mapping[str, tuple[Link, ...]] | None = None,
    deploys: Mapping[str, View] | None = None,
    period: Period | None = None,
    service: str = "",
    troubles: tuple[str, ...] = (),
) -> Worklog:
    """The facts of a period, of one service or of all (""); `speaks_for`: silent cluster -> whose issue tells of it."""
    period = period or Period()
    everything = tuple(clusters)
    trail: dict[str, list[AuditRecord]] = {}
    for record in sorted(audit, key=lambda one: one.at):
        trail.setdefault(record.cluster_id, []).append(record)
    spoken = speaks_for or {}
    issues = {cluster.id: cluster.triage.issue for cluster in everything}
    found = [
        replace(
            _item(cluster, policy, period, trail, covered=cluster.id in spoken),
            reported_in=issues.get(spoken.get(cluster.id, "")),
            links=(links or {}).get(cluster.id, ()),
            deploys=(deploys or {}).get(cluster.id),
        )
        for cluster in everything
        if service in ("", cluster.stream.service) and period.entries(cluster)
    ]
    found.sort(key=lambda item: (item.priority, -item.entries, item.cluster.first_seen, item.cluster.id))
    shown = {item.cluster.id for item in found}
    return Worklog(
        at=_newest(everything, workers, trail),
        period=period,
        service=service,
        first=_edge(period.since, min((item.cluster.first_seen for item in found), default=None), late=False),
        last=_edge(period.until, max((item.cluster.last_seen for item in found), default=None), late=True),
        totals=totals,
        workers=len(workers),
        items=tuple(found),
        incidents=tuple(one for one in incidents if one.ids & shown),
        troubles=troubles,
    )


def _item(
    cluster: Cluster,
    policy: Policy,
    period: Period,
    trail: Mapping[str, list[AuditRecord]],
    *,
    covered: bool,
) -> Item:
    notes = cluster.triage.notes
    rule = rule_for(cluster, policy)
    history = [record for name in (cluster.id, *cluster.aliases) for record in trail.get(name, ())]
    return Item(
        cluster=cluster,
        priority=priority_of(cluster, policy),
        entries=period.entries(cluster),
        impact=rule.impact if rule else "",
        stage=Stage.GIVEN_UP if notes.abandoned else _stage(cluster, covered=covered),
        given_up=notes.abandoned,
        owed=len(notes.owed),
        precedents=tuple(one for one in notes.links if not one.cluster),
        history=tuple(sorted(history, key=lambda record: record.at)),
    )


def _stage(cluster: Cluster, *, covered: bool) -> Stage:
    triage = cluster.triage
    if triage.status is Status.MUTED:
        return Stage.MUTED
    if triage.status is Status.RESOLVED:
        return Stage.SETTLED
    if triage.issue is not None:
        return Stage.REPORTED
    if covered:
        return Stage.COVERED
    if triage.held_back == FOR_BUDGET:
        return Stage.WAITING
    return Stage.AWAITED if triage.announced else Stage.BELOW


def _newest(
    clusters: Iterable[Cluster], workers: Iterable[WorkerState], trail: Mapping[str, list[AuditRecord]]
) -> datetime:
    known = [worker.heartbeat_at for worker in workers] or [cluster.last_seen for cluster in clusters]
    known += [record.at for records in trail.values() for record in records]
    return max(known, default=datetime(1970, 1, 1, tzinfo=UTC))


def _edge(day: date | None, seen: datetime | None, *, late: bool) -> datetime | None:
    if day is None or seen is None:
        return seen
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return min(seen, start + timedelta(days=1)) if late else max(seen, start)


# --- facts that the entries share -------------------------------------------------------------------------
def severities(items: Iterable[Item]) -> dict[Severity, int]:
    """Entries by severity over the clusters' whole life, the worst first."""
    found: dict[Severity, int] = {}
    for item in items:
        for level, n in item.cluster.severities.items():
            found[level] = found.get(level, 0) + n
    return dict(sorted(found.items(), reverse=True))


def facet(items: Iterable[Item], name: str) -> dict[str, int]:
    """Entries by value of one facet, the most frequent first."""
    found: dict[str, int] = {}
    for item in items:
        for value, n in item.cluster.facets.get(name, {}).items():
            found[value] = found.get(value, 0) + n
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))


def revisions(items: Iterable[Item]) -> dict[str, tuple[int, datetime, datetime]]:
    """Revision -> (entries, first seen, last seen), in the order in which they were first seen."""
    found: dict[str, tuple[int, datetime, datetime]] = {}
    for item in items:
        for name, span in item.cluster.revisions.items():
            n, first, last = found.get(name, (0, span.first_seen, span.last_seen))
            found[name] = (n + span.entries, min(first, span.first_seen), max(last, span.last_seen))
    return dict(sorted(found.items(), key=lambda pair: (pair[1][1], pair[0])))


def instances(items: Sequence[Item]) -> tuple[int, str, bool]:
    """(how many instances are known by name, the beginning that all names share or "", whether there are more)."""
    names = list(facet(items, facets.INSTANCE))
    known = [name for name in names if name != facets.OTHER]
    prefix = _beginning(known) if len(known) > 1 else ""
    return len(known), prefix if len(prefix) >= _MIN_PREFIX else "", len(known) < len(names)


def _beginning(names: Iterable[str]) -> str:
    """What all names begin with; the least and the greatest of them share no more than all do."""
    ordered = sorted(name.rstrip("…") for name in names)
    same = takewhile(lambda both: both[0] == both[1], zip(ordered[0], ordered[-1], strict=False))
    return "".join(char for char, _ in same)


def labels(items: Sequence[Item]) -> dict[str, dict[str, int]]:
    """Labels and places of the entries: name -> value -> entries."""
    names = sorted({name for item in items for name in item.cluster.facets})
    wanted = [
        name for name in names if facets.is_label(name) or name in (facets.LOCATION, facets.NAMESPACE, facets.CLUSTER)
    ]
    return {facets.bare(name): facet(items, name) for name in wanted}
