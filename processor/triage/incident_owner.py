"""Choose the cluster whose issue covers an incident; the other members open none meanwhile. Pure.

Promises: a cluster that has an issue of its own is never silenced; a silent one speaks for itself again once it
outlives the incident; what was once found to be one incident stays one, because who speaks for whom is remembered in
the clusters' notes. Must not do IO; `deciding` stores what is remembered.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from processor.model import Status
from processor.triage import incidents as finding
from processor.triage.features import burst_of
from processor.triage.policy import priority_of, rule_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from processor.model import Cluster, Priority
    from processor.triage.incidents import Incident
    from processor.triage.policy import Policy

_OUTLIVES: Final = timedelta(hours=1)
_OUTLIVING: Final = 5
_SETTLED: Final = (Status.MUTED, Status.RESOLVED)
_AT_REST: Final = timedelta(minutes=1)


class IncidentReport(Struct, frozen=True):
    """What the issue of an incident shows beside its own cluster's figures.

    Attributes:
        speaker: id of the cluster whose issue it is.
        clusters: all of them, the speaker first.
        priority: that of the most urgent.
        impact: the sentence of the rule that made it so.
    """

    owner: str
    incident: Incident
    clusters: tuple[Cluster, ...]
    priority: Priority
    impact: str

    @property
    def figures(self) -> tuple[object, ...]:
        """Everything that its words are made from."""
        counts = tuple(sorted((one.id, one.count) for one in self.clusters))
        reasons = tuple((member.id, tuple(map(str, member.evidence))) for member in self.incident.members)
        return (self.incident.cause, self.incident.revision, reasons, counts, str(self.priority))


class Plan(Struct, frozen=True):
    """Which issue covers which cluster.

    Attributes:
        speaks_for: silent cluster's id -> speaker's id.
        stories: speaker's id -> what its issue tells.
    """

    speaks_for: Mapping[str, str]
    reports: Mapping[str, IncidentReport]


def make(clusters: Sequence[Cluster], policy: Policy, now: datetime) -> Plan:
    """Plan for these clusters: remembered owners first, then newly found incidents."""
    by_id = {name: cluster for cluster in clusters for name in (cluster.id, *cluster.aliases)}
    found = finding.incidents(clusters, now)
    speaks_for: dict[str, str] = {}
    for cluster in clusters:
        owner = by_id.get(cluster.triage.notes.incident)
        if owner is not None and may_be_silent(cluster, owner) and not _is_refuted(cluster, owner, found, now):
            speaks_for[cluster.id] = owner.id
    for incident in found:
        members = [by_id[member.id] for member in incident.members]
        owner = _owner(incident, members, speaks_for, by_id)
        for name, before in list(speaks_for.items()):
            # Who speaks without an issue gives way to the member that has one already.
            if before in incident.ids and before != owner.id and by_id[before].triage.issue is None:
                speaks_for[name] = owner.id
        speakers = set(speaks_for.values())
        for cluster in members:
            if cluster.id not in speaks_for and cluster.id not in speakers and may_be_silent(cluster, owner):
                speaks_for[cluster.id] = owner.id
    return Plan(speaks_for, _reports(speaks_for, by_id, policy, now))


def _is_refuted(cluster: Cluster, owner: Cluster, found: Iterable[Incident], now: datetime) -> bool:
    """Whether the same rise, now that it has come to rest, shows that it does not belong to it after all.

    While a loop goes on, the newest failure has not had its consequences yet, so nothing is concluded.
    """
    if now - owner.last_seen < _AT_REST:
        return False
    onset = finding.Settings().onset
    rose = burst_of(cluster.minutes).start * 60
    return any(
        owner.id in one.ids
        and cluster.id not in one.ids
        and abs(rose - one.started_at.timestamp()) <= onset.total_seconds()
        for one in found
    )


def may_be_silent(cluster: Cluster, owner: Cluster) -> bool:
    """Whether another cluster's issue is enough: it has none of its own and does not outlive the other."""
    if cluster.id == owner.id or cluster.triage.issue is not None:
        return False
    over = int((owner.last_seen + _OUTLIVES).timestamp()) // 60
    return sum(n for minute, n in cluster.minutes.items() if minute > over) < _OUTLIVING


def _owner(
    incident: Incident, members: Sequence[Cluster], speaks_for: Mapping[str, str], by_id: Mapping[str, Cluster]
) -> Cluster:
    """Return the present owner, else the member whose issue came with the incident, else the root."""
    known = [by_id[speaks_for[one.id]] for one in members if one.id in speaks_for]
    known += [one for one in members if one.id in speaks_for.values()]
    root = by_id[incident.root]
    early = incident.started_at - finding.Settings().onset
    reported = [one for one in members if one.triage.issue is not None and one.first_seen >= early]
    if known and (not reported or any(one.triage.issue is not None for one in known)):
        return min(known, key=lambda one: (one.triage.issue is None, one.first_seen, one.id))
    return min(reported, key=lambda one: (one.id != root.id, one.first_seen, one.id), default=root)


def _reports(
    speaks_for: Mapping[str, str], by_id: Mapping[str, Cluster], policy: Policy, now: datetime
) -> dict[str, IncidentReport]:
    groups: dict[str, list[Cluster]] = {}
    for silent, owner in speaks_for.items():
        groups.setdefault(owner, [by_id[owner]]).append(by_id[silent])
    return {owner: _incident_report(group, policy, now) for owner, group in groups.items()}


def _incident_report(group: Sequence[Cluster], policy: Policy, now: datetime) -> IncidentReport:
    # What somebody has muted or resolved makes the rest no more urgent.
    told = [one for one in group if one.triage.status not in _SETTLED] or group
    urgent = min(told, key=lambda one: (priority_of(one, policy), one.first_seen, one.id))
    rule = rule_for(urgent, policy)
    return IncidentReport(
        owner=group[0].id,
        incident=finding.describe(group, now),
        clusters=tuple(group),
        priority=priority_of(urgent, policy),
        impact=rule.impact if rule else "",
    )
