"""The worklog as JSON, for machines. Pure.

Promises: the same facts as the Markdown, every cluster, redacted; it is JSON, so log text in it is not neutralised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from processor.issues.sample import redacted, sample_json
from processor.views.cluster_json import totals_json
from processor.views.titles import raised, title
from processor.views.worklog import checklist as worklog_steps
from processor.views.worklog import sums
from processor.views.worklog.problems import numbers

if TYPE_CHECKING:
    from processor.triage.incidents import Incident
    from processor.views.redacted import Redact
    from processor.views.worklog.facts import Item, Worklog


def as_json(log: Worklog, redact: Redact) -> dict[str, Any]:
    """Return the facts of every cluster; log text is redacted but not neutralised."""
    places = numbers(log)
    return {
        "date": log.at.isoformat(),
        "services": list(log.services),
        "period": {
            "since": log.period.since and log.period.since.isoformat(),
            "until": log.period.until and log.period.until.isoformat(),
            "first": log.first and log.first.isoformat(),
            "last": log.last and log.last.isoformat(),
        },
        "totals": totals_json(log.totals),
        "workers": log.workers,
        "entries": log.entries,
        "severities": {level.name: n for level, n in sums.severities(log.items).items()},
        "clusters": [{**_cluster_json(item, redact), "problem": places[item.cluster.id]} for item in log.items],
        "incidents": [_incident_json(incident, redact) for incident in log.incidents],
        "status": [{"done": box.done, "text": box.text} for box in worklog_steps.boxes(log)],
        "next_steps": list(worklog_steps.next_steps(log)),
        "revisions": {
            redact(name): {"entries": n, "first_seen": first.isoformat(), "last_seen": last.isoformat()}
            for name, (n, first, last) in sums.revisions(log.items).items()
        },
        "labels": redacted(sums.labels(log.items), redact),
    }


def _cluster_json(item: Item, redact: Redact) -> dict[str, Any]:
    cluster, triage = item.cluster, item.cluster.triage
    issue = triage.issue or item.reported_in
    return {
        "id": cluster.id,
        "aliases": list(cluster.aliases),
        "stream": redacted(cluster.stream._asdict(), redact),
        "priority": item.priority,
        "severities": {level.name: n for level, n in sorted(cluster.severities.items(), reverse=True)},
        "entries": item.entries,
        "count": cluster.count,
        "occurrences": cluster.occurrences,
        "title": redact(raised(cluster) or title(cluster)),
        "template": redact(cluster.template),
        "sample": sample_json(cluster.latest.raw, redact) or redact(cluster.latest.text),
        "impact": item.impact,
        "first_seen": cluster.first_seen.isoformat(),
        "last_seen": cluster.last_seen.isoformat(),
        "first_revision": redact(cluster.first_revision),
        "last_revision": redact(cluster.last_revision),
        "new_in": redact(item.deploys.new_in) if item.deploys else "",
        "gone_since": redact(item.deploys.gone_since) if item.deploys else "",
        "facets": redacted({name: dict(values) for name, values in cluster.facets.items()}, redact),
        "status": triage.status,
        "stage": item.stage,
        "given_up": redact(item.given_up),
        "regressions": triage.regressions,
        "quiet": triage.quiet,
        "issue": issue and {"repository": issue.repository, "number": issue.number, "url": issue.url},
        "history": [
            {"at": one.at.isoformat(), "who": one.who, "action": one.action, "detail": redact(one.detail)}
            for one in item.history
        ],
        "precedents": [{"url": one.url, "number": one.number, "why": one.why} for one in item.precedents],
        "related": [
            {"cluster": link.other, "evidence": [redact(str(one)) for one in link.evidence]} for link in item.links
        ],
    }


def _incident_json(incident: Incident, redact: Redact) -> dict[str, Any]:
    return {
        "root": incident.root,
        "cause": redact(incident.cause),
        "revision": redact(incident.revision),
        "is_new_revision": incident.is_new_revision,
        "started_at": incident.started_at.isoformat(),
        "last_seen": incident.last_seen.isoformat(),
        "over": incident.over,
        "members": [
            {"cluster": member.id, "evidence": [redact(str(one)) for one in member.evidence]}
            for member in incident.members
        ],
    }
