"""Clusters, samples, totals and rejected messages as JSON: one form for the command line and the page.

Promises: the fields that docs/json.md lists, and nothing that is not JSON. Must not redact, sort or select.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from processor.mining.merge_suggestions import proposals as merges
from processor.mining.split_suggestions import proposals as splits
from processor.triage.variants import is_waiting
from processor.views.variants import variants_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from processor.model import Cluster, Rejected, Sample, Totals


def cluster_json(cluster: Cluster, others: Sequence[Cluster] = ()) -> dict[str, Any]:
    """Return a cluster, compared with others; see docs/json.md."""
    triage = cluster.triage
    issue = triage.issue
    return {
        "id": cluster.id,
        "stream": cluster.stream._asdict(),
        "template": cluster.template,
        "sample": sample_json(cluster.sample),
        "latest": sample_json(cluster.latest),
        "severity": cluster.severity.name,
        "severities": {level.name: n for level, n in sorted(cluster.severities.items())},
        "priority": triage.priority,
        "status": triage.status,
        "assignee": triage.assigned_to or None,
        "count": cluster.count,
        "occurrences": cluster.occurrences,
        "first_seen": cluster.first_seen.isoformat(),
        "last_seen": cluster.last_seen.isoformat(),
        "first_revision": cluster.first_revision,
        "last_revision": cluster.last_revision,
        "revisions": _revisions(cluster),
        "minutes": {str(minute): n for minute, n in cluster.minutes.items()},
        "hours": {str(hour): n for hour, n in cluster.hours.items()},
        "days": {str(day): n for day, n in cluster.days.items()},
        "facets": cluster.facets,
        "values": cluster.values,
        "split_proposals": [one._asdict() for one in splits(cluster)],
        "merge_proposals": [one._asdict() for one in merges(cluster, others)],
        "aliases": list(cluster.aliases),
        "overflow": cluster.overflow,
        "issue": issue and {"repository": issue.repository, "number": issue.number, "url": issue.url},
        "issue_held_back": triage.held_back,
        "variant_of": triage.notes.variant_of if is_waiting(cluster) else None,
        "variants": [one._asdict() for one in variants_of(cluster, others)],
    }


def _revisions(cluster: Cluster) -> dict[str, Any]:
    return {
        name: {
            "count": span.entries,
            "first_seen": span.first_seen.isoformat(),
            "last_seen": span.last_seen.isoformat(),
        }
        for name, span in sorted(cluster.revisions.items(), key=lambda pair: pair[1].first_seen)
    }


def sample_json(sample: Sample) -> dict[str, Any]:
    """Return a sample."""
    return {
        "insert_id": sample.insert_id,
        "timestamp": sample.at.isoformat(),
        "text": sample.text,
        "raw": sample.raw,
        "exception": sample.exception and sample.exception._asdict(),
    }


def totals_json(totals: Totals) -> dict[str, int]:
    """Return the totals."""
    return {
        "ingested": totals.ingested,
        "counted": totals.counted,
        "duplicates": totals.duplicates,
        "rejected": totals.rejected,
        "ignored": totals.ignored,
    }


def rejected_json(one: Rejected) -> dict[str, Any]:
    """Return a quarantined message."""
    return {
        "id": one.id,
        "reason": one.reason,
        "source": one.source,
        "offset": one.offset,
        "size": one.size,
        "at": one.at.isoformat(),
        "raw": one.raw.decode("utf-8", "replace"),
    }
