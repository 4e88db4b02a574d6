"""Incidents for readers: one row for all clusters with one cause, its members folded. Pure.

Promises: a cluster is in one incident at most; what the controller has found to be one incident stays one, and new
members join it; the same clusters give the same incidents in any order. What makes an incident is
`processor.triage.incidents`' business.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from processor.model import Status, Triage
from processor.triage import incidents as finding
from processor.triage import related
from processor.triage.policy import rule_for
from processor.views.rates import Rates, figures_of, has_before, is_back, reference_time
from processor.views.row import Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from processor.model import AuditRecord, Cluster, IssueRef, Priority
    from processor.triage.incidents import Incident
    from processor.triage.policy import Policy

_SETTLED: Final = (Status.MUTED, Status.RESOLVED)


class IncidentRow(Struct, frozen=True):
    """One incident with its members' rows and the sums over them.

    Attributes:
        id: part of its URL: the cluster whose issue reports it, or the root if there is no issue.
        rows: the members' rows, the root first, then in order of appearance.
        figures: entries of all members together.
    """

    id: str
    incident: Incident
    rows: tuple[Row, ...]
    figures: Rates

    @property
    def cause(self) -> str:
        """The cause with its values; log text."""
        return self.incident.cause or self.rows[0].cluster.template

    @property
    def root(self) -> Cluster:
        """The cluster that names the cause."""
        return self.rows[0].cluster

    @property
    def entries(self) -> int:
        """Entries of all members."""
        return sum(row.cluster.count for row in self.rows)

    @property
    def occurrences(self) -> int:
        """Sum of the members' occurrences: a failed request may be counted once by each member that recorded it."""
        return sum(row.cluster.occurrences for row in self.rows)

    @property
    def at_least(self) -> int:
        """Minimum number of failures: the occurrences of the largest member, which recorded each failure once."""
        return max(row.cluster.occurrences for row in self.rows)

    @property
    def priority(self) -> Priority | None:
        """Priority of the most urgent member; muted or resolved members count only if all of them are."""
        return self.urgent.triage.priority

    @property
    def urgent(self) -> Cluster:
        """The most urgent member, whose rule states the impact on users."""
        clusters = (row.cluster for row in self.active or self.rows)
        return min(clusters, key=lambda one: (one.triage.priority or "P9", one.first_seen, one.id))

    def impact(self, policy: Policy | None) -> str:
        """Impact on users by the policy's rule, as in the issue; "" if no rule states one."""
        rule = rule_for(self.urgent, policy) if policy else None
        return rule.impact if rule else ""

    def growing(self, reference: datetime) -> bool:
        """Whether there are far more than in the hour before, if there was one; see `Rates.growing`."""
        return self.figures.growing and self._has_before(reference)

    def change(self, reference: datetime) -> str:
        """Change against the hour before, "" if every member is younger."""
        return self.figures.change if self._has_before(reference) else ""

    def _has_before(self, reference: datetime) -> bool:
        return any(has_before(row.cluster, reference) for row in self.rows)

    @property
    def is_settled_in_part(self) -> bool:
        """Whether a member is not open, so that it can be reopened."""
        return any(row.cluster.triage.status is not Status.OPEN for row in self.rows)

    @property
    def triage(self) -> Triage:
        """Triage of the cluster that stands for the incident."""
        return next((row.cluster.triage for row in self.rows if row.cluster.id == self.id), self.root.triage)

    @property
    def assigned_to(self) -> str:
        """Who is on it, "" for nobody: of the cluster that stands for it, else of any member that concerns somebody."""
        named = (row.cluster.triage.assigned_to for row in self.active)
        return (self.triage.assigned_to if self.active else "") or next(filter(None, named), "")

    @property
    def is_now(self) -> bool:
        """Whether it is ongoing and needs attention: it is listed before single clusters."""
        return bool(self.active) and not self.incident.over

    @property
    def issue(self) -> IssueRef | None:
        """The issue that reports it."""
        issues = (row.cluster.triage.issue for row in self.rows)
        return self.triage.issue or next((one for one in issues if one is not None), None)

    @property
    def back(self) -> bool:
        """Whether a member was settled and has been seen again."""
        return any(is_back(row.cluster) for row in self.rows)

    @property
    def active(self) -> tuple[Row, ...]:
        """Members that need attention: neither muted nor resolved, or back."""
        return tuple(row for row in self.rows if _concerns(row.cluster))

    @property
    def status(self) -> Status:
        """Status of the members if they agree; otherwise of those that still need attention."""
        active = {row.cluster.triage.status for row in self.active}
        if not active:
            statuses = {row.cluster.triage.status for row in self.rows}
            return Status.MUTED if Status.MUTED in statuses else Status.RESOLVED
        is_owned = self.triage.status is Status.ACKNOWLEDGED or active == {Status.ACKNOWLEDGED}
        return Status.ACKNOWLEDGED if is_owned else Status.OPEN

    @property
    def mark(self) -> str:
        """Identifies a person's last decision about any member; a member that joins meanwhile does not change it."""
        changes = [row.cluster.triage.changed_at for row in self.rows]
        return max((at.isoformat() for at in changes if at is not None), default="never")

    def reached(self, action: str) -> tuple[Row, ...]:
        """Return the members affected by an action: those that need attention; otherwise, and for reopening, all."""
        if action == "reopen":
            return tuple(row for row in self.rows if row.cluster.triage.status is not Status.OPEN) or self.rows
        return self.active or self.rows

    def history(self, audit: Iterable[AuditRecord]) -> list[AuditRecord]:
        """Return people's actions on any of its members, the newest first."""
        mine = {name for row in self.rows for name in (row.cluster.id, *row.cluster.aliases)}
        return [record for record in audit if record.cluster_id in mine]


def incident_rows(rows: Mapping[str, Row], ids: Mapping[str, str], reference: datetime) -> tuple[IncidentRow, ...]:
    """Return every incident among these clusters: ongoing ones first, then the most urgent, then the latest."""
    clusters = [row.cluster for row in rows.values()]
    groups = _remembered(clusters, ids)
    owners = {one.id: owner for owner, group in groups.items() for one in group}
    by_id = {one.id: one for one in clusters}
    for incident in (*finding.incidents(clusters, reference), *_muted(clusters, reference)):
        known = [owners[member.id] for member in incident.members if member.id in owners]
        owner = known[0] if known else incident.root
        joined = [by_id[member.id] for member in incident.members if member.id not in owners]
        groups.setdefault(owner, []).extend(joined)
        owners |= {one.id: owner for one in joined}
    made = [_row(owner, group, rows, reference) for owner, group in groups.items() if len(group) > 1]
    return tuple(sorted(made, key=_urgency))


def incidents_among(clusters: Sequence[Cluster], now: datetime) -> tuple[IncidentRow, ...]:
    """Return every incident among these clusters, for readers without a snapshot."""
    reference = reference_time(clusters, now)
    rows = {one.id: Row(one, figures_of(one, reference), "") for one in clusters}
    ids = {name: one.id for one in clusters for name in (one.id, *one.aliases)}
    return incident_rows(rows, ids, reference)


def owner_of(cluster: Cluster, ids: Mapping[str, str]) -> str:
    """Return the id of the cluster whose issue reports this one, "" for none; see `Notes.incident`."""
    return ids.get(cluster.triage.notes.incident, "")


def _remembered(clusters: Sequence[Cluster], ids: Mapping[str, str]) -> dict[str, list[Cluster]]:
    """Return the incidents found by the controller: owner -> the owner and the clusters that its issue reports."""
    owners = {one.id: owner_of(one, ids) for one in clusters}
    # While the controller gives a whole incident to another owner, some of it may still name the one before.
    last = {name: owners.get(owner) or owner for name, owner in owners.items() if owner and owner != name}
    groups: dict[str, list[Cluster]] = {owner: [] for owner in last.values()}
    for cluster in related.latest(one for one in clusters if not one.overflow):
        if cluster.id in groups:
            groups[cluster.id].insert(0, cluster)
        elif cluster.id in last:
            groups[last[cluster.id]].append(cluster)
    return groups


def _muted(clusters: Iterable[Cluster], reference: datetime) -> tuple[Incident, ...]:
    """Return incidents that were muted as a whole: they stay together for viewing and reopening."""
    muted = [replace(one, triage=Triage()) for one in clusters if one.triage.status is Status.MUTED]
    return finding.incidents(muted, reference) if len(muted) > 1 else ()


def _row(owner: str, group: Sequence[Cluster], rows: Mapping[str, Row], reference: datetime) -> IncidentRow:
    incident = finding.describe(group, reference)
    members = tuple(rows[member.id] for member in incident.members)
    name = owner if owner in incident.ids else incident.root
    return IncidentRow(name, incident, members, _summed([row.figures for row in members]))


def _summed(figures: Sequence[Rates]) -> Rates:
    return Rates(
        sum(one.hour for one in figures),
        sum(one.before for one in figures),
        tuple(map(sum, zip(*(one.bars for one in figures), strict=True))),
    )


def _concerns(cluster: Cluster) -> bool:
    return cluster.triage.status not in _SETTLED or is_back(cluster)


def _urgency(one: IncidentRow) -> tuple[object, ...]:
    return (one.incident.over, one.priority or "P9", -one.incident.last_seen.timestamp(), one.id)
