"""The worklog as a document: Markdown for people and GitHub. Pure.

Promises: log text appears only through `processor.text.markdown` and only after `redact`; every ticked box is true of
the state, every next step follows from it, and the same state gives the same bytes. Bounded: beyond
`MAX_DETAILS` clusters only sums are written. Must not gather facts (`processor.views.worklog.facts`) or do IO.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processor.text import markdown as neutral
from processor.views.worklog import checklist as worklog_steps
from processor.views.worklog import sums
from processor.views.worklog.problems import problems
from processor.views.worklog.section import count, section, share, stage, title_of, when

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from processor.views.redacted import Redact
    from processor.views.worklog.facts import Worklog
    from processor.views.worklog.problems import Problem

MAX_DETAILS: Final = 50
_MAX_TROUBLE: Final = 500
_MAX_NAME: Final = 120
_MAX_SAMPLE: Final = 4_000
_MAX_ROWS: Final = 8


def markdown(log: Worklog, redact: Redact) -> str:
    """Return the whole document; GitHub renders it, and it is readable as text."""
    found = problems(log)
    parts = [
        *_head(log, redact),
        *(f"**{neutral.prose(redact(one), max_chars=_MAX_TROUBLE)}**" for one in log.troubles),
        "## Executive summary",
        *_summary(log, found, redact),
        "## Clusters",
        *(part for problem in found[:MAX_DETAILS] for part in section(problem, log, redact)),
        _beyond(found),
        "## Processing status",
        "\n".join(f"- [{'x' if box.done else ' '}] {box.text}" for box in worklog_steps.boxes(log)),
        "## Next steps",
        _numbered(worklog_steps.next_steps(log)),
        "## Technical notes",
        neutral.block(redact(_technical(log)), max_chars=_MAX_SAMPLE),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(log: Worklog, redact: Redact) -> Iterable[str]:
    services = ", ".join(neutral.prose(redact(name or "(unnamed)"), max_chars=_MAX_NAME) for name in log.services[:10])
    more = f" and {len(log.services) - 10} more" if len(log.services) > 10 else ""  # noqa: PLR2004  # as sliced above
    levels = ", ".join(f"{level.name} {n:,}" for level, n in sums.severities(log.items).items())
    yield f"# Log Gardener worklog{f': {services}{more}' if services else ''}"
    lines = [
        f"**Date:** {_days(log)}",
        f"**Service:** {services}{more}" if services else "**Service:** none",
        f"**Analysis period:** {_period(log)}",
        f"**Log collection:** {count(log.entries, 'entry', 'entries')} in {count(len(log.items), 'cluster')}"
        + (f"; by severity, over their whole life: {levels}" if levels else ""),
        f"**The sum:** {log.totals.equation} (the whole state, {count(log.workers, 'worker')})",
    ]
    yield "  \n".join(lines)


def _days(log: Worklog) -> str:
    """Return the days analysed, which differ from the time of reading."""
    first, last = log.first or log.at, log.last or log.at
    days = f"{first:%Y-%m-%d}" if first.date() == last.date() else f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"
    return f"{days} (from the state as of {log.at:%Y-%m-%d %H:%M:%S} UTC)"


def _period(log: Worklog) -> str:
    if log.first is None or log.last is None:
        return "no entries"
    hours = (log.last - log.first).total_seconds() / 3600
    length = f"{hours:.0f} hours" if hours >= 1 else f"{hours * 60:.0f} minutes"
    return f"{when(log.first)} to {when(log.last)} UTC ({length})"


def _summary(log: Worklog, found: Sequence[Problem], redact: Redact) -> Iterable[str]:
    if not log.items:
        yield "No entries in this period."
        return
    yield (
        f"{count(log.entries, 'log entry', 'log entries')} of {count(len(log.services), 'service')} in"
        f" {count(len(log.items), 'cluster')}, the most urgent and most frequent first."
    )
    rows = ["| # | Priority | Entries | Share | Problem | Issue |", "|--:|---|--:|--:|---|---|"]
    rows += [
        f"| {problem.number} | {problem.priority} | {problem.entries:,} | {share(problem, log)}"
        f" | {title_of(problem, redact)} | {stage(problem)} |"
        for problem in found[:MAX_DETAILS]
    ]
    yield "\n".join(rows)


def _beyond(found: Sequence[Problem]) -> str:
    rest = [item for problem in found[MAX_DETAILS:] for item in problem.items]
    if not rest:
        return ""
    entries = sum(item.entries for item in rest)
    return (
        f"{count(len(rest), 'more cluster')} with {count(entries, 'entry', 'entries')}: `gardener worklog --json`"
        " has them all."
    )


def _technical(log: Worklog) -> str:
    total = sum(item.cluster.count for item in log.items)
    sections = []
    runs = sums.revisions(log.items)
    if len(runs) == 1 and next(iter(runs.values()))[0] == total:
        sections.append(f"revision: {next(iter(runs))} (all {total:,} entries)")
    else:
        named = sum(n for n, _, _ in runs.values())
        lines = [f"  {n:>9,}  {name}, {when(first)} to {when(last)}" for name, (n, first, last) in runs.items()]
        lines += [f"  {total - named:>9,}  (no revision named)"] if named < total else []
        sections.append("\n".join(["revisions", *lines]))
    known, prefix, more = sums.instances(log.items)
    if known:
        shared = f", all beginning with {prefix}…" if prefix else ""
        sections.append(f"instances: {'more than ' if more else ''}{known:,}{shared}")
    for name, values in sums.labels(log.items).items():
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
