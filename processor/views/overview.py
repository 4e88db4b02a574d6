"""The content of the overview: what is happening now, what is new, growing or back, with counts. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from processor.model import Priority, Status
from processor.views.incidents import incidents_among
from processor.views.rates import is_back, is_new

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from processor.model import Cluster, WorkerState
    from processor.views.incidents import IncidentRow
    from processor.views.row import Row
    from processor.views.snapshot import Snapshot

SHOWN: Final = 8
_LATELY: Final = timedelta(hours=24)
_AT_WORK: Final = timedelta(minutes=10)
"""A worker that runs commits, if only its heartbeat, far more often."""


class Overview(NamedTuple):
    """The first few of each kind, and the counts of all.

    A cluster is in at most one of them. Muted or resolved clusters are left out unless they are back.

    Attributes:
        now: incidents that need attention: ongoing, or ended since yesterday and not settled.
        alone: P0 clusters outside incidents.
        above: of the counts "new", "growing" and "back", those that are listed in `now` and `alone`.
    """

    now: Sequence[IncidentRow]
    alone: Sequence[Row]
    back: Sequence[Row]
    new: Sequence[Row]
    growing: Sequence[Row]
    counts: Mapping[str, int]
    above: Mapping[str, int]


def overview_of(snapshot: Snapshot) -> Overview:
    """Return the overview of a snapshot."""
    active = [row for row in snapshot.rows.values() if _concerns(row)]
    now = [one for one in snapshot.incidents if one.active and snapshot.reference - one.incident.last_seen <= _LATELY]
    told = {row.cluster.id for one in now for row in one.rows}
    others = [row for row in active if row.cluster.id not in told]
    alone = [row for row in others if row.cluster.triage.priority is Priority.P0]
    back = [row for row in others if row not in alone and is_back(row.cluster)]
    rest = [row for row in others if row not in alone and not is_back(row.cluster)]
    new = [row for row in rest if is_new(row.cluster, snapshot.reference)]
    growing = [row for row in rest if row.figures.growing and not is_new(row.cluster, snapshot.reference)]
    above = _above(now, alone, snapshot.reference)
    priorities = [row.cluster.triage.priority for row in active]
    statuses = [row.cluster.triage.status for row in snapshot.rows.values()]
    return Overview(
        now=now[:SHOWN],
        alone=sorted(alone, key=lambda row: (-row.cluster.last_seen.timestamp(), row.cluster.id))[:SHOWN],
        back=sorted(back, key=lambda row: (-row.cluster.last_seen.timestamp(), row.cluster.id))[:SHOWN],
        new=sorted(new, key=lambda row: (_rank(row), -row.cluster.first_seen.timestamp(), row.cluster.id))[:SHOWN],
        growing=sorted(growing, key=lambda row: (_rank(row), -row.figures.steepness, row.cluster.id))[:SHOWN],
        counts={
            "clusters": len(snapshot.rows),
            "open": statuses.count(Status.OPEN),
            "acknowledged": statuses.count(Status.ACKNOWLEDGED),
            "muted": statuses.count(Status.MUTED),
            "resolved": statuses.count(Status.RESOLVED),
            "incidents": len(now),
            "incidents_going_on": sum(not one.incident.over for one in now),
            "members": len(told),
            "P0": priorities.count(Priority.P0),
            "P1": priorities.count(Priority.P1),
            "urgent": priorities.count(Priority.P0) + priorities.count(Priority.P1),
            "new": len(new) + above["new"],
            "growing": len(growing) + above["growing"],
            "back": len(back) + above["back"],
            "last_hour": sum(row.figures.hour for row in snapshot.rows.values()),
        },
        above=above,
    )


def _above(now: Sequence[IncidentRow], alone: Sequence[Row], reference: datetime) -> dict[str, int]:
    return {
        "new": sum(all(is_new(row.cluster, reference) for row in one.rows) for one in now)
        + sum(is_new(row.cluster, reference) for row in alone),
        "growing": sum(any(row.growing(reference) for row in one.active) for one in now)
        + sum(row.growing(reference) for row in alone),
        "back": sum(one.back for one in now) + sum(is_back(row.cluster) for row in alone),
    }


def incident_ids(clusters: Sequence[Cluster], now: datetime) -> dict[str, str]:
    """Return cluster id -> incident id for every cluster in an incident."""
    return {row.cluster.id: one.id for one in incidents_among(clusters, now) for row in one.rows}


def lag_of(worker: WorkerState, snapshot: Snapshot) -> float | None:
    """Return a worker's lag in seconds; None for one that has ended."""
    return worker.lag_s if snapshot.at - worker.heartbeat_at <= _AT_WORK else None


def _concerns(row: Row) -> bool:
    return row.cluster.triage.status in (Status.OPEN, Status.ACKNOWLEDGED) or is_back(row.cluster)


def _rank(row: Row) -> tuple[str, int]:
    return (row.cluster.triage.priority or "P9", -row.cluster.severity)
