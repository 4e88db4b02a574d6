"""An incident as printed by `gardener show` before the requested cluster. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.table import Table
from rich.text import Text

from processor.text.terminal import plain
from processor.views.rates import is_back
from processor.views.terminal.tables import when
from processor.views.titles import title

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from processor.views.incidents import IncidentRow

_MEMBERS: Final = 8
_WIDTH: Final = 100


def incident_detail(one: IncidentRow | None, redact: Callable[[str], str]) -> Iterable[Table]:
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
        "status": f"{'over' if incident.over else 'going on'}, {one.status}, priority {one.priority or 'not set'}",
        "assigned to": one.assigned_to or "nobody",
        "since": f"{when(incident.started_at)} UTC" + (f", {came} {incident.revision}" if incident.revision else ""),
        "last seen": f"{when(incident.last_seen)} UTC",
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
        facts.add_row("" if index else "clusters", Text(plain(said)[:_WIDTH]))
    if len(one.rows) > _MEMBERS:
        facts.add_row("", f"and {len(one.rows) - _MEMBERS} more")
    yield facts
