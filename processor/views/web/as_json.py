"""The `.json` pages: the same figures as the pages, for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from processor.views.cluster_json import cluster_json, rejected_json, totals_json
from processor.views.rates import is_back, is_new
from processor.views.titles import title

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processor.model import AuditRecord, WorkerState
    from processor.views.incidents import IncidentRow
    from processor.views.overview import Overview
    from processor.views.query import ListQuery, Page
    from processor.views.relations import Relations
    from processor.views.row import Row
    from processor.views.snapshot import Snapshot


def state_json(snapshot: Snapshot) -> dict[str, Any]:
    """Return the fields about the origin of the figures, in every answer."""
    return {
        "read_at": snapshot.at.isoformat(),
        "reference_time": snapshot.reference.isoformat(),
        "problem": snapshot.problem or None,
        "delivery": list(snapshot.troubles),
    }


def row_json(row: Row) -> dict[str, Any]:
    """Return one cluster with its figures, as in `gardener show --json`."""
    return {
        **cluster_json(row.cluster),
        "title": title(row.cluster),
        "last_hour": row.figures.hour,
        "hour_before": row.figures.before,
        "growing": row.figures.growing,
        "back": is_back(row.cluster),
    }


def brief_json(row: Row) -> dict[str, Any]:
    """Return one cluster of a list, without its long fields."""
    whole = row_json(row)
    for name in ("minutes", "hours", "days", "facets", "values", "sample", "latest", "revisions"):
        del whole[name]
    return whole


def list_json(snapshot: Snapshot, page: Page[Row], query: ListQuery) -> dict[str, Any]:
    """Return one page of clusters."""
    return {
        **state_json(snapshot),
        "query": query.model_dump(),
        "total": page.total,
        "page": page.number,
        "pages": page.pages,
        "clusters": [{**brief_json(row), "incident": _incident_id(snapshot, row)} for row in page.rows],
    }


def overview_json(snapshot: Snapshot, overview: Overview) -> dict[str, Any]:
    """Return the overview."""
    return {
        **state_json(snapshot),
        "totals": totals_json(snapshot.totals),
        "counts": overview.counts,
        "incidents": [incident_json(one) for one in overview.now],
        "new": _briefs(overview.new),
        "growing": _briefs(overview.growing),
        "back": _briefs(overview.back),
        "workers": [_worker_json(worker) for worker in snapshot.workers],
        "rejected": [rejected_json(one) for one in snapshot.rejected[:5]],
        "actions": [audit_json(record) for record in snapshot.audit[:20]],
    }


def detail_json(snapshot: Snapshot, row: Row, relations: Relations) -> dict[str, Any]:
    """Return one cluster with its actions and relations."""
    mine = {row.cluster.id, *row.cluster.aliases}
    return {
        **state_json(snapshot),
        **row_json(row),
        "new": is_new(row.cluster, snapshot.reference),
        "actions": [audit_json(record) for record in snapshot.audit if record.cluster_id in mine],
        "variants": [one._asdict() for one in relations.variants],
        "incident": relations.incident and incident_json(relations.incident),
        "related": [
            {"cluster": link.other, "evidence": [str(one) for one in link.evidence]} for link in relations.links
        ],
    }


def audit_json(record: AuditRecord) -> dict[str, Any]:
    """Return one action."""
    return {
        "at": record.at.isoformat(),
        "who": record.who,
        "action": record.action,
        "cluster": record.cluster_id,
        "detail": record.detail,
    }


def _briefs(rows: Iterable[Row]) -> list[dict[str, Any]]:
    return [brief_json(row) for row in rows]


def incident_json(one: IncidentRow) -> dict[str, Any]:
    """Return one incident with its members and their sums."""
    incident, issue = one.incident, one.issue
    return {
        "id": one.id,
        "root": incident.root,
        "cause": one.cause,
        "priority": one.priority,
        "status": one.status,
        "assignee": one.assigned_to or None,
        "count": one.entries,
        "occurrences": one.occurrences,
        "failures_at_least": one.at_least,
        "last_hour": one.figures.hour,
        "hour_before": one.figures.before,
        "growing": one.figures.growing,
        "services": list(incident.services),
        "revision": incident.revision,
        "is_new_revision": incident.is_new_revision,
        "started_at": incident.started_at.isoformat(),
        "last_seen": incident.last_seen.isoformat(),
        "over": incident.over,
        "issue": issue and {"repository": issue.repository, "number": issue.number, "url": issue.url},
        "members": [
            {"cluster": member.id, "evidence": [str(each) for each in member.evidence]} for member in incident.members
        ],
    }


def incident_detail_json(snapshot: Snapshot, one: IncidentRow) -> dict[str, Any]:
    """Return one incident with its clusters and their actions."""
    return {
        **state_json(snapshot),
        **incident_json(one),
        "clusters": _briefs(one.rows),
        "actions": [audit_json(record) for record in one.history(snapshot.audit)],
    }


def _incident_id(snapshot: Snapshot, row: Row) -> str | None:
    found = snapshot.incident_ids.get(row.cluster.id)
    return found.id if found else None


def _worker_json(worker: WorkerState) -> dict[str, Any]:
    return {
        "id": worker.id,
        "last_commit": worker.heartbeat_at.isoformat(),
        "lag_s": worker.lag_s,
        "version": worker.version,
        "totals": totals_json(worker.totals),
    }
