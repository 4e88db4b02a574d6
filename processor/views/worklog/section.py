"""One section of the worklog: a problem with its sample, its impact and its history, as Markdown. Pure.

Promises: log text appears only through `processor.text.markdown` and only after `redact`.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from processor.issues import body as report
from processor.issues import headline
from processor.issues.sample import sample_json
from processor.model.facets import CODE
from processor.text import markdown as neutral
from processor.views.worklog import sums
from processor.views.worklog.facts import Stage
from processor.views.worklog.problems import numbers, reach

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from processor.views.redacted import Redact
    from processor.views.worklog.facts import Item, Worklog
    from processor.views.worklog.problems import Problem

_MAX_TITLE: Final = 160
_MAX_NAME: Final = 120
_MAX_TEMPLATE: Final = 2_000
_MAX_SAMPLE: Final = 4_000
_MAX_ROWS: Final = 8
_MAX_HISTORY: Final = 10
_MAX_MEMBERS: Final = 20


def title_of(problem: Problem, redact: Redact) -> str:
    """Return a problem's title on one inert line."""
    return neutral.prose(redact(problem.title.split("\n", 1)[0]), max_chars=_MAX_TITLE)


def section(problem: Problem, log: Worklog, redact: Redact) -> Iterable[str]:
    """Yield the section of one problem."""
    cluster = problem.lead.cluster
    severities = sums.severities(problem.items)
    levels = ", ".join(f"{level.name} {n:,}" for level, n in severities.items())
    total = sum(item.cluster.count for item in problem.items)
    whole = "" if problem.entries == total else f", {total:,} over its whole life"
    occurrences = sum(item.cluster.occurrences for item in problem.items)
    told = "" if occurrences == total else f" ({count(occurrences, 'occurrence')})"
    given_up, part = problem.told.given_up, share(problem, log)
    yield f"### Cluster {problem.number}: {title_of(problem, redact)}"
    yield "  \n".join(
        [
            f"**Severity:** {problem.priority} ({levels})",
            f"**Frequency:** {count(problem.entries, 'entry', 'entries')}{told}, {part} of this worklog{whole}",
            f"**Cluster:** {_clusters(problem)}",
            f"**Issue:** {stage(problem)}{f': {name(given_up, redact)}' if given_up else ''}",
        ]
    )
    yield "**Sample log:**"
    yield _sample(problem.lead, redact)
    yield "**Pattern:**"
    yield neutral.block(redact(cluster.template), max_chars=_MAX_TEMPLATE)
    yield f"**Impact:** {_impact(problem, log, redact)}"
    yield from _members(problem, redact)
    if breakdown := _breakdown({one: sums.facet(problem.items, one) for one in CODE}):
        yield neutral.block(redact(breakdown), max_chars=_MAX_TEMPLATE)
    yield "**History:**"
    yield _history(problem, redact)
    yield from _links(problem, log, redact)


def stage(problem: Problem) -> str:
    """Return its stage on the way to an issue, or the issue."""
    item = problem.told
    issue = item.cluster.triage.issue or item.reported_in
    if issue is None:
        return str(item.stage)
    link = report.issue_link(issue.number, issue.url)
    return f"{item.stage} below {link}" if item.stage is Stage.VARIANT else link


def share(problem: Problem, log: Worklog) -> str:
    """Return its share of all entries."""
    return f"{100 * problem.entries / log.entries:.1f}%" if log.entries else "0%"


def name(text: str, redact: Redact) -> str:
    """Return a name from the log, inert."""
    return neutral.prose(redact(text), max_chars=_MAX_NAME)


def count(n: int, one: str, many: str = "") -> str:
    """Return a number with its noun."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def when(at: datetime) -> str:
    """Return a time for people, UTC."""
    return f"{at:%Y-%m-%d %H:%M}"


def _clusters(problem: Problem) -> str:
    cluster = problem.lead.cluster
    if problem.incident is None:
        return f"`{cluster.id}` ({cluster.stream.kind})"
    return (
        f"{count(len(problem.items), 'cluster')} of one incident, the cause is `{cluster.id}` ({cluster.stream.kind})"
    )


def _members(problem: Problem, redact: Redact) -> Iterable[str]:
    """Yield the clusters of an incident, each with the reason why it belongs."""
    incident = problem.incident
    if incident is None:
        return
    seen = "Came with the new revision" if incident.is_new_revision else "First seen in revision"
    revision = f" {seen} {name(incident.revision, redact)}." if incident.revision else ""
    going = "over" if incident.over else f"still going on at its last entry, {incident.last_seen:%Y-%m-%d %H:%M} UTC"
    began = f"{when(incident.started_at)} UTC, {going}.{revision}"
    yield f"**Incident:** {count(len(problem.items), 'cluster')} rise together from {began}"
    entries = {item.cluster.id: item for item in problem.items}
    rows = []
    for member in incident.members:
        if member.id in entries:
            item = entries[member.id]
            why = "; ".join(neutral.prose(redact(one), max_chars=_MAX_TITLE) for one in incident.reasons(member))
            said = neutral.prose(redact(headline.name(item.cluster)), max_chars=_MAX_TITLE)
            reason = why or ("the cause" if member.id == incident.root else "part of it when it began")
            rows.append(f"- {count(item.entries, 'entry', 'entries')}: {said} ({reason})")
    yield "\n".join(
        [*rows[:_MAX_MEMBERS], *([f"- and {len(rows) - _MAX_MEMBERS} more"] if len(rows) > _MAX_MEMBERS else [])]
    )


def _sample(item: Item, redact: Redact) -> str:
    """Return the entry as JSON without common fields; as text if its JSON was cut."""
    kept = sample_json(item.cluster.latest.raw, redact)
    if kept is None:
        return neutral.block(redact(item.cluster.latest.text), max_chars=_MAX_SAMPLE)
    # Once for each value, once for the whole: a secret may be known by its key alone.
    return neutral.block(redact(json.dumps(kept, ensure_ascii=False, indent=2)), max_chars=_MAX_SAMPLE, info="json")


def _impact(problem: Problem, log: Worklog, redact: Redact) -> str:
    """Return the rule's sentence and the known extent."""
    known, _, more = sums.instances(problem.items)
    revisions = {one for item in problem.items for one in item.cluster.revisions}
    seen = [
        f"{'more than ' if more else ''}{count(known, 'instance')}" if known else "",
        count(len(revisions), "revision") if revisions else "",
    ]
    told = "; ".join(neutral.prose(redact(part), max_chars=_MAX_TITLE) for part in reach(problem, log))
    rule = min(problem.items, key=lambda item: item.priority).impact
    where = ", ".join(part for part in seen if part)
    parts = (rule, f"{told[:1].upper()}{told[1:]}." if told else "", f"Seen on {where}." if where else "")
    return " ".join(part for part in parts if part) or "not known."


def _breakdown(found: Mapping[str, Mapping[str, int]]) -> str:
    sections = []
    for name in CODE:
        values = found.get(name, {})
        rows = sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
        lines = [f"  {n:>9,}  {value}" for value, n in rows[:_MAX_ROWS]]
        if len(rows) > _MAX_ROWS:
            lines.append(f"  {sum(n for _, n in rows[_MAX_ROWS:]):>9,}  (the rest)")
        if lines:
            sections.append("\n".join([name, *lines]))
    return "\n\n".join(sections)


def _history(problem: Problem, redact: Redact) -> str:
    item = problem.lead
    cluster = item.cluster
    triage = cluster.triage
    first, last = (
        f" in revision {name(one, redact)}" if one else "" for one in (cluster.first_revision, cluster.last_revision)
    )
    lines = [f"{when(cluster.first_seen)} first seen{first}", f"{when(cluster.last_seen)} last seen{last}"]
    if item.deploys and item.deploys.new_in:
        lines.append(f"new in revision {name(item.deploys.new_in, redact)}")
    if item.deploys and item.deploys.gone_since:
        lines.append(f"gone since revision {name(item.deploys.gone_since, redact)}")
    if triage.regressions:
        lines.append(f"came back {count(triage.regressions, 'time')} after it was settled")
    if cluster.aliases:
        lines.append(f"merged into it: {', '.join(cluster.aliases)}")
    for record in sorted((one for each in problem.items for one in each.history), key=lambda one: one.at)[
        -_MAX_HISTORY:
    ]:
        what = neutral.prose(
            redact(f"{record.action} by {record.who}: {record.detail}".rstrip(": ")), max_chars=_MAX_TITLE
        )
        lines.append(f"{when(record.at)} {what}")
    return "\n".join(f"- {line}" for line in lines)


def _links(problem: Problem, log: Worklog, redact: Redact) -> Iterable[str]:
    item = problem.lead
    places = numbers(log)
    # The members of its incident are listed there.
    told = {each.cluster.id for each in problem.items}
    rows = [f"- {report.issue_link(one.number, one.url)}, written by a person: {one.why}" for one in item.precedents]
    rows += [
        f"- cluster {places[link.other]}: "
        + "; ".join(neutral.prose(redact(str(one)), max_chars=_MAX_TITLE) for one in link.evidence)
        for link in item.links
        if link.other in places and link.other not in told
    ]
    if rows:
        yield "**Related:**"
        yield "\n".join(rows[:_MAX_ROWS])
