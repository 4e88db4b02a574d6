"""What incidents mean for issues: one cluster speaks for all, the others are silent while it does. Pure.

Promises: a cluster that has an issue of its own is never silenced; a silent one speaks for itself again once it
outlives the incident; what was once found to be one incident stays one, because who speaks for whom is remembered in
the clusters' notes. Must not do IO; `deciding` stores what is remembered.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from processor.issues import body as report
from processor.model import notes as notebook
from processor.text import markdown
from processor.triage import incidents as finding
from processor.triage.features import burst_of
from processor.triage.policy import priority_of, rule_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from processor.issues.body import Wording
    from processor.model import Cluster, Priority
    from processor.triage.incidents import Incident
    from processor.triage.policy import Policy

_OUTLIVES: Final = timedelta(hours=1)
_OUTLIVING: Final = 5
_AT_REST: Final = timedelta(minutes=1)
_MAX_TITLE: Final = 200
_MAX_LINE: Final = 160
_MAX_CAUSE: Final = 600
_MAX_MEMBERS: Final = 50


@dataclass(frozen=True, slots=True)
class IncidentReport:
    """What the issue of an incident tells beside the figures of its own cluster.

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


@dataclass(frozen=True, slots=True)
class Plan:
    """Who speaks for whom.

    Attributes:
        speaks_for: silent cluster's id -> speaker's id.
        stories: speaker's id -> what its issue tells.
    """

    speaks_for: Mapping[str, str]
    reports: Mapping[str, IncidentReport]


def make(clusters: Sequence[Cluster], policy: Policy, now: datetime) -> Plan:
    """The plan for these clusters: what is remembered first, then what is found."""
    by_id = {name: cluster for cluster in clusters for name in (cluster.id, *cluster.aliases)}
    found = finding.incidents(clusters, now)
    speaks_for: dict[str, str] = {}
    for cluster in clusters:
        owner = by_id.get(notebook.load(cluster.triage.memory).incident) if cluster.triage.memory else None
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
    """Who speaks already; else whose issue came with the incident; else the root."""
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
    urgent = min(group, key=lambda one: (priority_of(one, policy), one.first_seen, one.id))
    rule = rule_for(urgent, policy)
    return IncidentReport(
        owner=group[0].id,
        incident=finding.describe(group, now),
        clusters=tuple(group),
        priority=priority_of(urgent, policy),
        impact=rule.impact if rule else "",
    )


# --- words ------------------------------------------------------------------------------------------------
def title(incident_report: IncidentReport, wording: Wording) -> str:
    """One inert line: the services and the cause, with its values, for they name what is missing."""
    services = ", ".join(incident_report.incident.services[:3])
    return markdown.line(wording.redact(f"{services}: {incident_report.incident.cause}"), max_chars=_MAX_TITLE)


def lead(incident_report: IncidentReport, wording: Wording, priority: Priority) -> str:
    """How urgent, how much, since when."""
    incident = incident_report.incident
    entries = sum(cluster.count for cluster in incident_report.clusters)
    first = min(cluster.first_seen for cluster in incident_report.clusters)
    last = max(cluster.last_seen for cluster in incident_report.clusters)
    again = "" if incident.started_at == first else f"; the last rise began at {incident.started_at:%Y-%m-%d %H:%M:%S}"
    seen = "It came with the new revision" if incident.is_new_revision else "It was first seen in revision"
    revision = markdown.prose(wording.redact(incident.revision), max_chars=_MAX_LINE)
    return (
        f"**{priority}**, {entries:,} entries in {len(incident_report.clusters)} clusters that rise together,"
        " first seen"
        f" {first:%Y-%m-%d %H:%M:%S}, last seen {last:%Y-%m-%d %H:%M:%S} UTC{again}."
        f"{f' {seen} {revision}.' if revision else ''}"
    )


def section(incident_report: IncidentReport, wording: Wording) -> str:
    """The cause and every cluster with the reason why it belongs."""
    cause = markdown.block(wording.redact(incident_report.incident.cause), max_chars=_MAX_CAUSE)
    return "\n\n".join(
        ["### Most likely cause", cause, "### Clusters", "\n".join(_member_lines(incident_report, wording))]
    )


def _member_lines(incident_report: IncidentReport, wording: Wording) -> Iterable[str]:
    by_id = {cluster.id: cluster for cluster in incident_report.clusters}
    members = [member for member in incident_report.incident.members if member.id in by_id]
    for member in members[:_MAX_MEMBERS]:
        cluster = by_id[member.id]
        why = (
            "the root"
            if member.id == incident_report.incident.root
            else "; ".join(incident_report.incident.reasons(member))
        )
        said = markdown.prose(wording.redact(report.name(cluster)), max_chars=_MAX_LINE)
        reason = markdown.prose(wording.redact(why or "was part of it when it began"), max_chars=_MAX_LINE)
        yield f"- `{cluster.id}` {cluster.count:,} entries: {said} ({reason})"
    if len(members) > _MAX_MEMBERS:
        yield f"- and {len(members) - _MAX_MEMBERS} more"
