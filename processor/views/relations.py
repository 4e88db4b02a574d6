"""What belongs to a cluster: the incident it is part of, and the clusters related to it, each with its evidence. Pure.

The same answers as the issues and the worklog give: an incident that the controller has found stays what it was
found to be; where there is no controller it is found here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from processor.triage import incidents, related
from processor.triage.features import features
from processor.triage.related import Link, Sign

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from processor.model import Cluster, IssueRef
    from processor.triage.incidents import Incident
    from processor.views.snapshot import Snapshot

_SIGNS: Final = list(Sign)


class Relations(NamedTuple):
    """A cluster's relations; the strongest links first, without the members of its incident.

    Attributes:
        told_in: the issue of its incident, where the cluster has none of its own.
    """

    incident: Incident | None
    links: Sequence[Link]
    reported_in: IssueRef | None


def kin_of(cluster: Cluster, snapshot: Snapshot) -> Relations:
    """The relations of one cluster. Of very many clusters only those seen last are compared."""
    incident = _remembered(cluster, snapshot) or next(
        (one for one in snapshot.incidents if cluster.id in one.ids), None
    )
    members = [] if incident is None else [snapshot.row(member.id) for member in incident.members]
    issues = [row.cluster.triage.issue for row in members if row is not None]
    latest = related.latest(row.cluster for row in snapshot.rows.values())
    links = [link for link in _links(cluster, latest) if incident is None or link.other not in incident.ids]
    reported_in = None if cluster.triage.issue else next((issue for issue in issues if issue), None)
    return Relations(incident, links, reported_in)


def _links(cluster: Cluster, others: Iterable[Cluster]) -> list[Link]:
    """What `related.links` says of one cluster, at the cost of one row of its table."""
    known = {one.id: one for one in features([*(one for one in others if one.id != cluster.id), cluster])}
    one = known.pop(cluster.id, None)
    evidence = {name: related.evidence(one, other) for name, other in known.items()} if one else {}
    found = [Link(name, each) for name, each in evidence.items() if each]
    return sorted(found, key=lambda link: (min(_SIGNS.index(each.sign) for each in link.evidence), link.other))


def _remembered(cluster: Cluster, snapshot: Snapshot) -> Incident | None:
    """The incident of those for which one cluster's issue speaks, this one among them."""
    owner = _owner(cluster, snapshot) or cluster.id
    group = [
        row.cluster
        for row in snapshot.rows.values()
        if row.cluster.id == owner or _owner(row.cluster, snapshot) == owner
    ]
    return incidents.describe(group, snapshot.reference) if len(group) > 1 else None


def _owner(cluster: Cluster, snapshot: Snapshot) -> str:
    """Id of the cluster that the controller's notes name, "" for none; see `processor.model.notes.Notes.incident`."""
    return snapshot.ids.get(str(cluster.triage.memory.get("incident", "")), "")
