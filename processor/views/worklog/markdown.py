"""The worklog as a document: Markdown for people and GitHub. Pure.

Promises: log text appears only through `processor.text.markdown` and only after `redact`; every box that is ticked is
true of the state, every next step follows from it, and the same state gives the same bytes. Bounded: beyond
`MAX_DETAILS` clusters only sums are written. Must not gather facts (`processor.views.worklog.facts`) or do IO.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from processor.issues import body as report
from processor.issues import headline
from processor.issues.sample import sample_json
from processor.text import markdown as neutral
from processor.views.worklog import checklist as worklog_steps
from processor.views.worklog import facts

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from processor.model import Totals
    from processor.views.worklog.facts import Item, Worklog

    Redact = Callable[[str], str]

MAX_DETAILS: Final = 50
_MAX_TROUBLE: Final = 500
_MAX_TITLE: Final = 160
_MAX_NAME: Final = 120
_MAX_TEMPLATE: Final = 2_000
_MAX_SAMPLE: Final = 4_000
_MAX_ROWS: Final = 8
_MAX_HISTORY: Final = 10
_DETAILED: Final = ("status", "route", "module", "function", "logger", "error group")


def markdown(log: Worklog, redact: Redact) -> str:
    """The whole document; GitHub renders it, and it reads well as text."""
    shown = log.items[:MAX_DETAILS]
    parts = [
        *_head(log, redact),
        *(f"**{neutral.prose(redact(one), max_chars=_MAX_TROUBLE)}**" for one in log.troubles),
        "## Executive summary",
        *_summary(log, redact),
        *_incidents(log, redact),
        "## Clusters",
        *(part for number, item in enumerate(shown, start=1) for part in _cluster(number, item, log, redact)),
        _beyond(log),
        "## Processing status",
        "\n".join(f"- [{'x' if box.done else ' '}] {box.text}" for box in worklog_steps.boxes(log)),
        "## Next steps",
        _numbered(worklog_steps.next_steps(log)),
        "## Technical notes",
        neutral.block(redact(_technical(log)), max_chars=_MAX_SAMPLE),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def totals_line(totals: Totals) -> str:
    """The sum that always holds."""
    return (
        f"ingested {totals.ingested:,} = counted {totals.counted:,} + duplicates {totals.duplicates:,}"
        f" + rejected {totals.rejected:,} + ignored {totals.ignored:,}"
    )


def name_of(item: Item, redact: Redact) -> str:
    """A cluster's name on one inert line."""
    return neutral.prose(redact(headline.name(item.cluster)), max_chars=_MAX_TITLE)


def _head(log: Worklog, redact: Redact) -> Iterable[str]:
    services = ", ".join(neutral.prose(redact(name or "(unnamed)"), max_chars=_MAX_NAME) for name in log.services[:10])
    more = f" and {len(log.services) - 10} more" if len(log.services) > 10 else ""  # noqa: PLR2004  # as sliced above
    levels = ", ".join(f"{level.name} {n:,}" for level, n in facts.severities(log.items).items())
    yield f"# Log Gardener worklog{f': {services}{more}' if services else ''}"
    lines = [
        f"**Date:** {log.at:%Y-%m-%d} (the state as of {log.at:%H:%M:%S} UTC)",
        f"**Service:** {services}{more}" if services else "**Service:** none",
        f"**Analysis period:** {_period(log)}",
        f"**Log collection:** {_count(log.entries, 'entry', 'entries')} in {_count(len(log.items), 'cluster')}"
        + (f"; by severity, over their whole life: {levels}" if levels else ""),
        f"**The sum:** {totals_line(log.totals)} (the whole state, {_count(log.workers, 'worker')})",
    ]
    yield "  \n".join(lines)


def _period(log: Worklog) -> str:
    if log.first is None or log.last is None:
        return "no entries"
    hours = (log.last - log.first).total_seconds() / 3600
    length = f"{hours:.0f} hours" if hours >= 1 else f"{hours * 60:.0f} minutes"
    return f"{_when(log.first)} to {_when(log.last)} UTC ({length})"


def _summary(log: Worklog, redact: Redact) -> Iterable[str]:
    if not log.items:
        yield "No entries in this period."
        return
    yield (
        f"{_count(log.entries, 'log entry', 'log entries')} of {_count(len(log.services), 'service')} in"
        f" {_count(len(log.items), 'cluster')}, the most urgent and most frequent first."
    )
    rows = ["| # | Priority | Entries | Share | Problem | Issue |", "|--:|---|--:|--:|---|---|"]
    for number, item in enumerate(log.items[:MAX_DETAILS], start=1):
        rows.append(
            f"| {number} | {item.priority} | {item.entries:,} | {_share(item, log)} | {name_of(item, redact)}"
            f" | {_stage(item)} |"
        )
    yield "\n".join(rows)


def _stage(item: Item) -> str:
    issue = item.cluster.triage.issue
    if issue is None and item.reported_in is not None and item.stage is facts.Stage.COVERED:
        return f"in {report.issue_link(item.reported_in.number, item.reported_in.url)}"
    return report.issue_link(issue.number, issue.url) if issue is not None else str(item.stage)


def _incidents(log: Worklog, redact: Redact) -> Iterable[str]:
    if not log.incidents:
        return
    numbers = {item.cluster.id: number for number, item in enumerate(log.items, start=1)}
    names = {item.cluster.id: name_of(item, redact) for item in log.items}
    yield "## Incidents"
    for incident in log.incidents:
        yield f"### {neutral.prose(redact(incident.cause), max_chars=_MAX_TITLE)}"
        seen = "Came with the new revision" if incident.is_new_revision else "First seen in revision"
        revision = f" {seen} {_name(incident.revision, redact)}." if incident.revision else ""
        yield (
            f"{_count(len(incident.members), 'cluster')} rise together from {_when(incident.started_at)} UTC."
            f"{revision}{f' Root: cluster {numbers[incident.root]}.' if incident.root in numbers else ''}"
        )
        rows = []
        for member in incident.members:
            why = "; ".join(neutral.prose(redact(one), max_chars=_MAX_TITLE) for one in incident.reasons(member))
            number = f"cluster {numbers[member.id]}, " if member.id in numbers else ""
            rows.append(f"- {number}{names.get(member.id, f'`{member.id}`')}{f' ({why})' if why else ''}")
        yield "\n".join(rows)


def _cluster(number: int, item: Item, log: Worklog, redact: Redact) -> Iterable[str]:
    cluster = item.cluster
    levels = ", ".join(f"{level.name} {n:,}" for level, n in sorted(cluster.severities.items(), reverse=True))
    whole = "" if item.entries == cluster.count else f", {cluster.count:,} over its whole life"
    yield f"### Cluster {number}: {name_of(item, redact)}"
    yield "  \n".join(
        [
            f"**Severity:** {item.priority} ({levels})",
            f"**Frequency:** {_count(item.entries, 'entry', 'entries')}, {_share(item, log)} of this worklog{whole}",
            f"**Cluster:** `{cluster.id}` ({cluster.stream.kind})",
            f"**Issue:** {_stage(item)}{f': {_name(item.given_up, redact)}' if item.given_up else ''}",
        ]
    )
    yield "**Sample log:**"
    yield _sample(item, redact)
    yield "**Pattern:**"
    yield neutral.block(redact(cluster.template), max_chars=_MAX_TEMPLATE)
    yield f"**Impact:** {_impact(item)}"
    if breakdown := _breakdown(cluster.facets):
        yield neutral.block(redact(breakdown), max_chars=_MAX_TEMPLATE)
    yield "**History:**"
    yield _history(item, redact)
    yield from _links(item, log, redact)


def _sample(item: Item, redact: Redact) -> str:
    """The entry as JSON without what all entries share; as text where its JSON was cut."""
    kept = sample_json(item.cluster.sample.raw, redact)
    if kept is None:
        return neutral.block(redact(item.cluster.sample.text), max_chars=_MAX_SAMPLE)
    # Once for each value, once for the whole: a secret may be known by its key alone.
    return neutral.block(redact(json.dumps(kept, ensure_ascii=False, indent=2)), max_chars=_MAX_SAMPLE, info="json")


def _impact(item: Item) -> str:
    """The rule's sentence, and how far it reaches as far as the state knows."""
    known, _, more = facts.instances([item])
    reach = [
        f"{'more than ' if more else ''}{_count(known, 'instance')}" if known else "",
        _count(len(item.cluster.revisions), "revision") if item.cluster.revisions else "",
        _count(len(item.cluster.facets["route"]), "route") if "route" in item.cluster.facets else "",
    ]
    said = ", ".join(part for part in reach if part)
    return " ".join(part for part in (item.impact, f"Seen on {said}." if said else "") if part) or "not known."


def _breakdown(found: Mapping[str, Mapping[str, int]]) -> str:
    sections = []
    for name in _DETAILED:
        values = found.get(name, {})
        rows = sorted(values.items(), key=lambda pair: (-pair[1], pair[0]))
        lines = [f"  {n:>9,}  {value}" for value, n in rows[:_MAX_ROWS]]
        if len(rows) > _MAX_ROWS:
            lines.append(f"  {sum(n for _, n in rows[_MAX_ROWS:]):>9,}  (the rest)")
        if lines:
            sections.append("\n".join([name, *lines]))
    return "\n\n".join(sections)


def _history(item: Item, redact: Redact) -> str:
    cluster = item.cluster
    triage = cluster.triage
    first, last = (
        f" in revision {_name(name, redact)}" if name else ""
        for name in (cluster.first_revision, cluster.last_revision)
    )
    lines = [f"{_when(cluster.first_seen)} first seen{first}", f"{_when(cluster.last_seen)} last seen{last}"]
    if item.deploys and item.deploys.new_in:
        lines.append(f"new in revision {_name(item.deploys.new_in, redact)}")
    if item.deploys and item.deploys.gone_since:
        lines.append(f"gone since revision {_name(item.deploys.gone_since, redact)}")
    if triage.regressions:
        lines.append(f"came back {_count(triage.regressions, 'time')} after it was settled")
    if cluster.aliases:
        lines.append(f"merged into it: {', '.join(cluster.aliases)}")
    for record in item.history[-_MAX_HISTORY:]:
        what = neutral.prose(
            redact(f"{record.action} by {record.who}: {record.detail}".rstrip(": ")), max_chars=_MAX_TITLE
        )
        lines.append(f"{_when(record.at)} {what}")
    return "\n".join(f"- {line}" for line in lines)


def _links(item: Item, log: Worklog, redact: Redact) -> Iterable[str]:
    numbers = {other.cluster.id: number for number, other in enumerate(log.items, start=1)}
    # The members of its incident are listed there.
    told = frozenset().union(*(one.ids for one in log.incidents if item.cluster.id in one.ids))
    rows = [f"- {report.issue_link(one.number, one.url)}, written by a person: {one.why}" for one in item.precedents]
    rows += [
        f"- cluster {numbers[link.other]}: "
        + "; ".join(neutral.prose(redact(str(one)), max_chars=_MAX_TITLE) for one in link.evidence)
        for link in item.links
        if link.other in numbers and link.other not in told
    ]
    if rows:
        yield "**Related:**"
        yield "\n".join(rows[:_MAX_ROWS])


def _beyond(log: Worklog) -> str:
    rest = log.items[MAX_DETAILS:]
    if not rest:
        return ""
    entries = sum(item.entries for item in rest)
    return (
        f"{_count(len(rest), 'more cluster')} with {_count(entries, 'entry', 'entries')}: `gardener worklog --json`"
        " has them all."
    )


def _technical(log: Worklog) -> str:
    total = sum(item.cluster.count for item in log.items)
    sections = []
    runs = facts.revisions(log.items)
    if len(runs) == 1 and next(iter(runs.values()))[0] == total:
        sections.append(f"revision: {next(iter(runs))} (all {total:,} entries)")
    else:
        named = sum(n for n, _, _ in runs.values())
        lines = [f"  {n:>9,}  {name}, {_when(first)} to {_when(last)}" for name, (n, first, last) in runs.items()]
        lines += [f"  {total - named:>9,}  (no revision named)"] if named < total else []
        sections.append("\n".join(["revisions", *lines]))
    known, prefix, more = facts.instances(log.items)
    if known:
        shared = f", all beginning with {prefix}…" if prefix else ""
        sections.append(f"instances: {'more than ' if more else ''}{known:,}{shared}")
    for name, values in facts.labels(log.items).items():
        if len(values) == 1:
            ((value, n),) = values.items()
            share = f"all {n:,}" if n == total else f"{n:,} of {total:,}"
            sections.append(f"{name}: {value} ({share} entries)")
        else:
            rows = [f"  {n:>9,}  {value}" for value, n in list(values.items())[:_MAX_ROWS]]
            sections.append("\n".join([name, *rows]))
    return "\n".join(sections)


def _numbered(lines: Iterable[str]) -> str:
    return "\n".join(f"{number}. {line}" for number, line in enumerate(lines, start=1)) or "Nothing is left to do."


def _share(item: Item, log: Worklog) -> str:
    return f"{100 * item.entries / log.entries:.1f}%" if log.entries else "0%"


def _name(name: str, redact: Redact) -> str:
    return neutral.prose(redact(name), max_chars=_MAX_NAME)


def _count(n: int, one: str, many: str = "") -> str:
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def _when(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M}"
