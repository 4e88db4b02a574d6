"""The text of an incident's issue beside the figures of its own cluster. Pure; log text goes through `Wording`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processor.issues import headline
from processor.issues.body import came_back, going
from processor.issues.publish import HIDDEN
from processor.model.patterns import regex
from processor.text import markdown
from processor.triage.related import Sign

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processor.issues.publish import Wording
    from processor.model import Cluster, Priority
    from processor.triage.incident_owner import IncidentReport
    from processor.triage.related import Evidence

_MAX_LINE: Final = 160
_MAX_MEMBERS: Final = 50
_MAX_SERVICES: Final = 3
_QUALIFIED: Final = regex(r"\A(?:[A-Za-z_]\w*(?:\.|::|\\)){1,12}(?=[A-Z]\w*(?::|\Z))")
"""The package of an exception's class; a title names the class alone."""
_FIGURES: Final = frozenset({Sign.RISE, Sign.REQUESTS, Sign.WARNINGS})
"""Evidence whose detail is ours; of the others it is log text."""


def title(report: IncidentReport, wording: Wording) -> str:
    """Return one inert line: the services and the cause."""
    incident = report.incident
    names = ", ".join(wording.named(one) for one in incident.services[:_MAX_SERVICES])
    more = f" and {len(incident.services) - _MAX_SERVICES} more" if len(incident.services) > _MAX_SERVICES else ""
    return markdown.title(f"{names}{more}: {_cause(report, wording)}", max_chars=headline.MAX_TITLE)


def lead(report: IncidentReport, wording: Wording, priority: Priority) -> str:
    """Return priority, count and time span."""
    incident = report.incident
    entries = sum(cluster.count for cluster in report.clusters)
    first = min(cluster.first_seen for cluster in report.clusters)
    last = max(cluster.last_seen for cluster in report.clusters)
    again = "" if incident.started_at == first else f"; the last rise began at {incident.started_at:%Y-%m-%d %H:%M:%S}"
    seen = "It came with the new revision" if incident.is_new_revision else "First seen in revision"
    revision = markdown.prose(wording.named(incident.revision), max_chars=_MAX_LINE)
    return (
        f"**{priority}**, {entries:,} entries in {len(report.clusters)} clusters that belong together, first seen"
        f" {first:%Y-%m-%d %H:%M:%S}, last seen {last:%Y-%m-%d %H:%M:%S} UTC{again}."
        f"{f' {seen} {revision}.' if revision else ''}{came_back(report.clusters)}{going(report.clusters)}"
    )


def section(report: IncidentReport, wording: Wording) -> str:
    """Return every cluster with the reason why it belongs; the cause is in the title."""
    return "\n\n".join(["### Clusters of this incident", "\n".join(_member_lines(report, wording))])


def _reason(one: Evidence, cause: str, wording: Wording) -> str:
    """Return why a cluster belongs: figures of a rise are ours, shared words are log text; the cause is omitted."""
    said = one.detail if one.sign in _FIGURES else wording.said(one.detail)
    return str(one.sign) if one.detail == cause or said == HIDDEN else f"{one.sign}: {said}"


def _cause(report: IncidentReport, wording: Wording) -> str:
    """Return the cause; if the root raised it, the root's own headline, which also names the place."""
    root = next((one for one in report.clusters if one.id == report.incident.root), None)
    cause = report.incident.cause
    if root is None or (root.stream.kind == "exception" and not _names(root, cause)):
        return _QUALIFIED.sub("", wording.said(cause))
    return headline.said(root, wording)


def _names(root: Cluster, cause: str) -> bool:
    """Return whether the logged exception is the cause itself, not one that wraps it."""
    return headline.name(root).partition(":")[0] == cause.partition(":")[0]


def _member_lines(report: IncidentReport, wording: Wording) -> Iterable[str]:
    by_id = {cluster.id: cluster for cluster in report.clusters}
    members = [member for member in report.incident.members if member.id in by_id]
    told_before: set[str] = set()
    for member in members[:_MAX_MEMBERS]:
        cluster = by_id[member.id]
        counted = f"- `{cluster.id}` {cluster.count:,} entries"
        if member.id == report.incident.root:
            yield f"{counted}: the root"
            continue
        # Figures of one cluster are not repeated for the next.
        known = [(str(one.sign), _reason(one, report.incident.cause, wording)) for one in member.evidence]
        told = [sign if text in told_before else text for sign, text in known]
        told_before.update(text for _, text in known)
        why = "; ".join(told) or "was part of it when it began"
        said = markdown.prose(headline.said(cluster, wording), max_chars=_MAX_LINE)
        yield f"{counted}: {said} ({markdown.prose(why, max_chars=_MAX_LINE)})"
    if len(members) > _MAX_MEMBERS:
        yield f"- and {len(members) - _MAX_MEMBERS} more"
