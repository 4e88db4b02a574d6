"""Clusters for a terminal, or as plain text if the output is piped."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from processor.mining.merge_suggestions import proposals as merges
from processor.mining.split_suggestions import proposals
from processor.model.template import shown
from processor.text.terminal import plain
from processor.views.rates import ago, figures_of, plural
from processor.views.variants import status_word, variants_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from processor.model import Cluster, Rejected

_TIME: Final = "%Y-%m-%d %H:%M:%S"
_TEMPLATE_WIDTH: Final = 300
_VALUE_WIDTH: Final = 48
_PIPE_WIDTH: Final = 400


def console() -> Console:
    """Return standard output; rich drops colours for pipes, NO_COLOR and dumb terminals."""
    made = Console(highlight=False)
    # A pipe has no width; cutting its lines at 80 columns would lose text.
    return made if width() is not None else Console(highlight=False, width=_PIPE_WIDTH, no_color=True)


def width() -> int | None:
    """Return the columns of the screen, or those set by COLUMNS; None for a pipe."""
    made = Console()
    return made.width if made.is_terminal or os.environ.get("COLUMNS", "").isdigit() else None


def when(at: datetime) -> str:
    """Return a time for people, UTC, to the second."""
    return at.strftime(_TIME)


def cluster_detail(cluster: Cluster, others: Sequence[Cluster], now: datetime) -> Iterable[Table | Text | Padding]:
    """Yield everything about one cluster, part by part; `others` are compared with it."""
    facts = Table(box=None, pad_edge=False, show_header=False)
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column(overflow="fold")
    for name, value in _facts(cluster, others, now).items():
        if value:
            facts.add_row(name, Text(plain(value)))
    yield facts
    for one in proposals(cluster):
        yield Text(plain(f"{one.place} is {one.word!r} in {one.share:.0%} of the entries: possibly a separate problem"))
    for same in merges(cluster, others):
        differs = ", ".join(f"{here!r} for {there!r}" for here, there in same.words)
        yield Text(
            plain(
                f"{same.id} comes in the same minutes ({same.together:.0%}) and differs in {differs}: possibly the same"
                f" problem (`gardener merge {same.id} {cluster.id}`)"
            )
        )
    yield Padding(Text(_lines(cluster.latest.text or cluster.latest.raw), style="dim"), (0, 0, 0, 4))
    if cluster.revisions:
        yield _breakdown("per revision", ((name, span.entries) for name, span in cluster.revisions.items()))
    for name, values in cluster.facets.items():
        yield _breakdown(f"per {name}", values.items())


def _facts(cluster: Cluster, others: Sequence[Cluster], now: datetime) -> dict[str, str]:
    """Return what stands above the sample, "" for what there is nothing to say about: what, whose, how bad, since."""
    triage, issue = cluster.triage, cluster.triage.issue
    returned = f", came back {triage.regressions} times" if triage.regressions > 1 else ""
    return {
        "cluster": cluster.id,
        "template": shown(cluster.template, cluster.values),
        "status": f"{status_word(cluster)}{returned}, priority {triage.priority or 'not set'}",
        "assigned to": triage.assigned_to or "nobody",
        "stream": f"{cluster.stream.project} / {cluster.stream.service} / {cluster.stream.kind}",
        "severity": ", ".join(f"{level.name} {n:,}" for level, n in sorted(cluster.severities.items(), reverse=True)),
        "count": plural(cluster.count, "entry", "entries")
        + (f", {plural(cluster.occurrences, 'occurrence')}" if cluster.occurrences != cluster.count else ""),
        "last hour": _last_hour(cluster, now),
        "first seen": _seen(cluster.first_seen, now) + _in_revision(cluster.first_revision),
        "last seen": _seen(cluster.last_seen, now) + _in_revision(cluster.last_revision),
        "issue": f"{issue.url if issue else 'none'}{f' ({held})' if (held := triage.held_back) else ''}",
        "variants": ", ".join(map(str, variants_of(cluster, others))),
        "aliases": ", ".join(cluster.aliases),
        "sample": f"{cluster.latest.insert_id} at {when(cluster.latest.at)} UTC",
    }


def _last_hour(cluster: Cluster, now: datetime) -> str:
    """Return entries of the last hour against the hour before; "" if both are over: the times tell that."""
    rates = figures_of(cluster, now)
    if not rates.hour and not rates.before:
        return ""
    return plural(rates.hour, "entry", "entries") + (f", {rates.before:,} in the hour before" if rates.before else "")


def _seen(at: datetime, now: datetime) -> str:
    return f"{when(at)} UTC, {ago(at, now)}"


def explanation(one: dict[str, Any]) -> Table:
    """Return the steps from an entry to its cluster."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("text", Text(_cut(plain(one["text"]))))
    for mask in one["masks"]:
        table.add_row(f"mask {mask['mask']}", Text(plain(f"{mask['fragment']}  ->  {mask['becomes']}")))
    table.add_row("masked", Text(plain(one["masked"])))
    for place in one["places"]:
        known = ", ".join(f"{value} {n:,}" for value, n in place["values"].items())
        told = f"{place['key']}: {place['here'] or '(nothing)'}" + (f"  (counted: {known})" if known else "")
        table.add_row(f"at {place['mark']}", Text(_cut(plain(told))))
    for word in one["words"]:
        needs = f" ({word['evidence']} distinct make it one)" if word["evidence"] else ""
        role = "filled in" if word["filled_in"] else "said"
        table.add_row(role, Text(_cut(plain(f"{word['word']}  {word['why']}{needs}"))))
    table.add_row("path", Text(plain(f"{one['stream']['kind']} / {' / '.join(one['tree_path'])} tokens")))
    for near in one["nearest"]:
        line = f"{near['similarity']:.2f}  {near['cluster_id']}  {near['template']}"
        table.add_row("nearest", Text(_cut(plain(line))))
    table.add_row("cluster", Text(f"{one['cluster_id'] or 'a new one'}: {plain(one['reason'])}"))
    table.add_row("", "")
    return table


def rejected_table(rejected: Sequence[Rejected]) -> Table:
    """Return one row per quarantined message."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("ID", "SOURCE", "OFFSET", "BYTES"):
        table.add_column(name, no_wrap=True, justify="right" if name in ("OFFSET", "BYTES") else "left")
    table.add_column("REASON", overflow="fold", ratio=1)
    table.add_column("BEGINS WITH", overflow="fold", ratio=1)
    for one in rejected:
        head = one.raw[:60].decode("utf-8", "replace")
        offset = "" if one.offset < 0 else str(one.offset)
        table.add_row(
            one.id,
            Text(plain(one.source)),
            offset,
            f"{one.size:,}",
            Text(plain(one.reason)),
            Text(plain(head)),
        )
    return table


def _breakdown(title: str, values: Iterable[tuple[str, int]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(escape(plain(title)), overflow="fold")
    table.add_column("count", justify="right")
    for name, n in sorted(values, key=lambda pair: (-pair[1], pair[0])):
        table.add_row(Text(_middle(plain(name))), f"{n:,}")
    return table


def _middle(text: str) -> str:
    """Cut the middle: instance ids are long and differ at both ends."""
    return text if len(text) <= _VALUE_WIDTH else f"{text[: _VALUE_WIDTH - 9]}…{text[-8:]}"


def _lines(text: str) -> str:
    return "\n".join(f"{_indent(line)}{plain(line)}" if line.strip() else "" for line in text.splitlines()[:60])


def _indent(line: str) -> str:
    """Return a trace's indentation, tabs as spaces, bounded."""
    wide = line.expandtabs(4)
    return " " * min(len(wide) - len(wide.lstrip(" ")), 20)


def _in_revision(revision: str) -> str:
    return f", in {revision}" if revision else ""


def _cut(text: str) -> str:
    return text if len(text) <= _TEMPLATE_WIDTH else text[: _TEMPLATE_WIDTH - 1] + "…"
