"""The worklog's facts: what the state knows about a period, gathered and counted. Pure.

Promises: every figure is a sum over committed state, nothing is estimated, and what the state does not know is left
out. Must not render, redact, read a clock or do IO; `markdown` and `as_json` render these facts.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from processor.model import Priority, Status
from processor.model.notes import FOR_BUDGET
from processor.triage.policy import priority_of, rule_for
from processor.triage.variants import is_waiting

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from processor.model import AuditRecord, Cluster, IssueRef, Totals, WorkerState
    from processor.model.notes import RelatedIssue
    from processor.triage.deploys import View
    from processor.triage.incidents import Incident
    from processor.triage.policy import Policy
    from processor.triage.related import Link

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC).date()


class Stage(StrEnum):
    """A cluster's stage on its way to an issue."""

    REPORTED = "reported"
    AWAITED = "awaits its issue"
    WAITING = FOR_BUDGET
    BELOW = "below the threshold"
    COVERED = "covered by its incident"
    VARIANT = "waits as a variant"
    SETTLED = "settled"
    MUTED = "muted"
    GIVEN_UP = "given up"


class Period(Struct, frozen=True):
    """Whole UTC days, both included; None is open. The state keeps the past by day."""

    since: date | None = None
    until: date | None = None

    def entries(self, cluster: Cluster) -> int:
        """Return the cluster's entries in the period; days beyond the ninety kept count only if it is open."""
        if self.since is None and self.until is None:
            return cluster.count
        return sum(n for day, n in cluster.days.items() if self.holds(_EPOCH + timedelta(days=day)))

    def holds(self, day: date) -> bool:
        """Return whether it includes this day."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


class Item(Struct, frozen=True):
    """One cluster of the worklog.

    Attributes:
        entries: in the period.
        impact: the sentence of the policy's rule.
        history: what people and the controller did, oldest first.
        links: to other clusters, with their evidence.
        precedents: issues written by people about it.
        deploys: its relation to its service's revisions.
        reported_in: the issue of the incident that covers it, or below which it waits as a variant.
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


class Worklog(Struct, frozen=True):
    """The content of the document.

    Attributes:
        at: time of the last commit, decision or entry in the state.
        first, last: event time of the entries' first and last, cut to the period.
        totals: of the whole state, whatever the period.
        items: the most urgent and most frequent first.
        troubles: problems of issue delivery, each a sentence.
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
        """Return the items at one of these stages."""
        return tuple(item for item in self.items if item.stage in stages)


def gather(
    clusters: Sequence[Cluster],
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
    """Return the facts of a period, of one service or all (""); `speaks_for`: silent cluster -> owner of its issue."""
    period, trail = period or Period(), _trail(audit)
    chosen = [one for one in clusters if service in ("", one.stream.service) and period.entries(one)]
    found = [
        replace(item, links=(links or {}).get(item.cluster.id, ()), deploys=(deploys or {}).get(item.cluster.id))
        for item in _items(chosen, policy, period, trail, _reported_in(clusters, speaks_for or {}))
    ]
    shown = {item.cluster.id for item in found}
    return Worklog(
        at=_newest(clusters, workers, trail),
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


def _trail(audit: Iterable[AuditRecord]) -> dict[str, list[AuditRecord]]:
    """Return the records of each cluster, oldest first."""
    trail: dict[str, list[AuditRecord]] = {}
    for record in sorted(audit, key=lambda one: one.at):
        trail.setdefault(record.cluster_id, []).append(record)
    return trail


def _reported_in(clusters: Sequence[Cluster], speaks_for: Mapping[str, str]) -> dict[str, IssueRef | None]:
    """Return the issue that covers each silent cluster or variant, None while there is none yet."""
    issues = {name: one.triage.issue for one in clusters for name in (one.id, *one.aliases)}
    below = {one.id: one.triage.notes.variant_of for one in clusters if is_waiting(one)}
    return {silent: issues.get(owner) for silent, owner in {**speaks_for, **below}.items()}


def _items(
    clusters: Iterable[Cluster],
    policy: Policy,
    period: Period,
    trail: Mapping[str, list[AuditRecord]],
    covered: Mapping[str, IssueRef | None],
) -> list[Item]:
    """Return an item for each cluster, the most urgent and most frequent first."""
    found = [
        replace(
            _item(cluster, policy, period, trail, covered=cluster.id in covered), reported_in=covered.get(cluster.id)
        )
        for cluster in clusters
    ]
    return sorted(found, key=lambda item: (item.priority, -item.entries, item.cluster.first_seen, item.cluster.id))


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
        return Stage.VARIANT if is_waiting(cluster) else Stage.COVERED
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
