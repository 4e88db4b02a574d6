"""A cluster's incident and related clusters, each with its evidence. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from processor.mining.merge_suggestions import proposals
from processor.triage import related
from processor.triage.features import features
from processor.triage.related import Link, Sign
from processor.views.variants import owner_of, variants_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from processor.mining.merge_suggestions import MergeProposal
    from processor.model import Cluster, IssueRef
    from processor.views.incidents import IncidentRow
    from processor.views.snapshot import Snapshot
    from processor.views.variants import Variant

_SIGNS: Final = list(Sign)


class Relations(NamedTuple):
    """A cluster's relations; the strongest links first, without the members of its incident and variants.

    Attributes:
        reported_in: the issue of its incident, if the cluster has none of its own.
        same: clusters that may be the same problem: they look alike and occur in the same minutes.
        variants: clusters that wait below this one's issue.
        waits_below: the cluster below whose issue this one waits.
    """

    incident: IncidentRow | None
    links: Sequence[Link]
    reported_in: IssueRef | None
    same: Sequence[MergeProposal] = ()
    variants: Sequence[Variant] = ()
    waits_below: Cluster | None = None


def kin_of(cluster: Cluster, snapshot: Snapshot) -> Relations:
    """Return the relations of one cluster. Of very many clusters only those seen last are compared."""
    incident = snapshot.incident_ids.get(cluster.id)
    members = incident.incident.ids if incident else frozenset()
    latest = related.latest(row.cluster for row in snapshot.rows.values())
    reported_in = incident.issue if incident and not cluster.triage.issue else None
    clusters = [row.cluster for row in snapshot.rows.values()]
    variants, owner = variants_of(cluster, clusters), owner_of(cluster, clusters)
    told = {*members, *(one.id for one in variants), *([owner.id] if owner else ())}
    links = [link for link in _links(cluster, latest) if link.other not in told]
    return Relations(incident, links, reported_in, proposals(cluster, latest), variants, owner)


def _links(cluster: Cluster, others: Iterable[Cluster]) -> list[Link]:
    """Return the result of `related.links` for one cluster, at the cost of one row of its table."""
    known = {one.id: one for one in features([*(one for one in others if one.id != cluster.id), cluster])}
    one = known.pop(cluster.id, None)
    evidence = {name: related.evidence(one, other) for name, other in known.items()} if one else {}
    found = [Link(name, each) for name, each in evidence.items() if each]
    return sorted(found, key=lambda link: (min(_SIGNS.index(each.sign) for each in link.evidence), link.other))
