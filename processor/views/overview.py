"""The overview's content: what is new, what grows, what came back, and how many there are of each. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from processor.model import Priority, Status
from processor.views.rates import is_back, is_new

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from processor.views.snapshot import Row, Snapshot

SHOWN: Final = 8


class Overview(NamedTuple):
    """The first few of each kind, and the counts of all.

    A cluster is in one of them at most. One that is muted or resolved, and not back, is nobody's concern.
    """

    back: Sequence[Row]
    new: Sequence[Row]
    growing: Sequence[Row]
    counts: Mapping[str, int]


def overview_of(snapshot: Snapshot) -> Overview:
    """The overview of a snapshot."""
    active = [row for row in snapshot.rows.values() if _concerns(row)]
    back = [row for row in active if is_back(row.cluster)]
    rest = [row for row in active if not is_back(row.cluster)]
    new = [row for row in rest if is_new(row.cluster, snapshot.reference)]
    growing = [row for row in rest if row.figures.growing and not is_new(row.cluster, snapshot.reference)]
    urgent = sum(row.cluster.triage.priority in (Priority.P0, Priority.P1) for row in active)
    statuses = [row.cluster.triage.status for row in snapshot.rows.values()]
    return Overview(
        back=sorted(back, key=lambda row: (-row.cluster.last_seen.timestamp(), row.cluster.id))[:SHOWN],
        new=sorted(new, key=lambda row: (_rank(row), -row.cluster.first_seen.timestamp(), row.cluster.id))[:SHOWN],
        growing=sorted(growing, key=lambda row: (-row.figures.steepness, _rank(row), row.cluster.id))[:SHOWN],
        counts={
            "clusters": len(snapshot.rows),
            "open": statuses.count(Status.OPEN),
            "acknowledged": statuses.count(Status.ACKNOWLEDGED),
            "muted": statuses.count(Status.MUTED),
            "resolved": statuses.count(Status.RESOLVED),
            "urgent": urgent,
            "new": len(new),
            "growing": len(growing),
            "back": len(back),
            "last_hour": sum(row.figures.hour for row in snapshot.rows.values()),
        },
    )


def _concerns(row: Row) -> bool:
    return row.cluster.triage.status in (Status.OPEN, Status.ACKNOWLEDGED) or is_back(row.cluster)


def _rank(row: Row) -> tuple[str, int]:
    return (row.cluster.triage.priority or "P9", -row.cluster.severity)
