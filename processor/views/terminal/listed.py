"""An incident as one row for all its members, in the live table and `gardener clusters`. Pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from processor.views.query import Folded, folded, select
from processor.views.row import Row
from processor.views.titles import title

if TYPE_CHECKING:
    from processor.model import Cluster
    from processor.views.incidents import IncidentRow
    from processor.views.query import ListQuery
    from processor.views.snapshot import Snapshot

_PACKAGE: Final = re.compile(r"(?<![\w./-])(?:[a-z_]\w*[.])+(?=[A-Z]\w*(?:Error|Exception|Fault)\b)")
"""What stands before an exception's own name."""
WHOLE: Final = "incident:"
"""Before an id: the whole incident, not the one cluster."""


def listed(snapshot: Snapshot, query: ListQuery) -> list[Row]:
    """Return the matching clusters in the query's order, the members of an incident as one row."""
    items = folded(select(snapshot.rows, query), snapshot, query)
    return [_as_row(item.incident) if isinstance(item, Folded) else item for item in items]


def row_named(snapshot: Snapshot, name: str) -> Row | None:
    """Return the row of a name from `listed`, although its incident may have grown or ended since."""
    incident = incident_named(snapshot, name)
    return _as_row(incident) if incident else snapshot.row(name.removeprefix(WHOLE))


def incident_named(snapshot: Snapshot, name: str) -> IncidentRow | None:
    """Return the incident of a row, None if it is a cluster's."""
    return snapshot.incident_of(name.removeprefix(WHOLE)) if name.startswith(WHOLE) else None


def headline(cluster: Cluster) -> str:
    """Return the title of a row; log text."""
    return cluster.template if cluster.id.startswith(WHOLE) else title(cluster)


def briefly(said: str) -> str:
    """The same for a narrow screen: "[4 clusters] shop.pay.NoRate: x" is "[4] NoRate: x"."""
    return _PACKAGE.sub("", said.replace(" clusters]", "]", 1) if said.startswith("[") else said, count=1)


def as_cluster(one: IncidentRow, fitting: int = 0) -> Cluster:
    """Return the root with the sums over all members and the incident's triage; `fitting` members if not all match."""
    services = ", ".join(one.incident.services)
    many = f"{fitting} of {len(one.rows)}" if 0 < fitting < len(one.rows) else f"{len(one.rows)}"
    return replace(
        one.root,
        id=f"{WHOLE}{one.id}",
        stream=one.root.stream._replace(service=services),
        template=f"[{many} clusters] {one.cause}",
        severity=max(row.cluster.severity for row in one.rows),
        count=one.entries,
        occurrences=one.occurrences,
        first_seen=one.incident.started_at,
        last_seen=one.incident.last_seen,
        triage=replace(one.triage, status=one.status, priority=one.priority, issue=one.issue, assignee=one.assigned_to),
    )


def _as_row(one: IncidentRow) -> Row:
    return Row(as_cluster(one), one.figures, "")
