"""The rows of the live table: an incident is one row, which stands for all its members. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from processor.views.query import Folded, folded, select
from processor.views.row import Row
from processor.views.titles import title

if TYPE_CHECKING:
    from processor.views.incidents import IncidentRow
    from processor.views.query import ListQuery
    from processor.views.snapshot import Snapshot

_WHOLE: Final = "incident:"
"""Before an id: the whole incident, not the one cluster."""


def listed(snapshot: Snapshot, query: ListQuery) -> list[Row]:
    """What fits the query, in its order, the members of an incident as one row."""
    items = folded(select(snapshot.rows, query), snapshot, query)
    return [_as_row(item.incident) if isinstance(item, Folded) else item for item in items]


def row_named(snapshot: Snapshot, name: str) -> Row | None:
    """The row under a name that `listed` gave, though its incident may have grown or ended since."""
    incident = incident_named(snapshot, name)
    return _as_row(incident) if incident else snapshot.row(name.removeprefix(_WHOLE))


def incident_named(snapshot: Snapshot, name: str) -> IncidentRow | None:
    """The incident that a row stands for, None for a cluster's."""
    return snapshot.incident_of(name.removeprefix(_WHOLE)) if name.startswith(_WHOLE) else None


def headline(row: Row) -> str:
    """What a row says: log text."""
    return row.cluster.template if row.cluster.id.startswith(_WHOLE) else title(row.cluster)


def _as_row(one: IncidentRow) -> Row:
    """The root's row with the sums over all members and what was decided about the incident."""
    services = ", ".join(one.incident.services)
    cluster = replace(
        one.root,
        id=f"{_WHOLE}{one.id}",
        stream=one.root.stream._replace(service=services),
        template=f"[{len(one.rows)} clusters] {one.cause}",
        severity=max(row.cluster.severity for row in one.rows),
        count=one.entries,
        occurrences=one.occurrences,
        first_seen=one.incident.started_at,
        last_seen=one.incident.last_seen,
        triage=replace(one.triage, status=one.status, priority=one.priority, issue=one.issue),
    )
    return Row(cluster, one.figures, "")
