"""An incident as printed by `gardener show` before the requested cluster. Pure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from processor.text.terminal import plain
from processor.views.rates import ago, is_back
from processor.views.terminal.tables import when
from processor.views.titles import title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from processor.triage.incidents import Incident
    from processor.views.incidents import IncidentRow

_MEMBERS: Final = 8
_LATELY: Final = timedelta(hours=1)


def incident_detail(one: IncidentRow | None, redact: Callable[[str], str], now: datetime) -> Iterable[Table]:
    """Yield cause, extent, time span, assignee and clusters; nothing if there is no incident."""
    if one is None:
        return
    facts = Table(box=None, pad_edge=False, show_header=False)
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column(overflow="fold")
    incident, issue = one.incident, one.issue
    came = "came with" if incident.is_new_revision else "first seen in"
    rows = {
        "incident": redact(one.cause),
        "status": f"{_state(incident, now)}, {one.status}, priority {one.priority or 'not set'}",
        "assigned to": one.assigned_to or "nobody",
        "since": f"{when(incident.started_at)} UTC, {ago(incident.started_at, now)}"
        + (f", {came} {incident.revision}" if incident.revision else ""),
        "last seen": f"{when(incident.last_seen)} UTC, {ago(incident.last_seen, now)}",
        "services": ", ".join(incident.services),
        "count": f"{one.entries:,} entries in {len(one.rows)} clusters, at least {one.at_least:,} failures",
        "issue": issue.url if issue else "none",
    }
    for name, value in rows.items():
        facts.add_row(name, Text(plain(value)))
    for index, row in enumerate(one.rows[:_MEMBERS]):
        cluster = row.cluster
        status = "back" if is_back(cluster) else cluster.triage.status
        said = f"{cluster.id}  {cluster.triage.priority or '-'}  {status}  {cluster.count:,}  {redact(title(cluster))}"
        facts.add_row("" if index else "clusters", Text(plain(said), no_wrap=True, overflow="ellipsis"))
    if len(one.rows) > _MEMBERS:
        facts.add_row("", f"and {len(one.rows) - _MEMBERS} more")
    yield facts


def _state(incident: Incident, now: datetime) -> str:
    if incident.over:
        return "over"
    # Of an old export nothing tells how it ended.
    return "going on" if now - incident.last_seen <= _LATELY else "going on when last seen"
