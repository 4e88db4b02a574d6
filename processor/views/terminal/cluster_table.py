"""The list of clusters as a table that fits: one line each, fewer columns on a narrow screen. Pure."""

from __future__ import annotations

from collections import Counter
from operator import itemgetter
from typing import TYPE_CHECKING, Final, NamedTuple

from rich.table import Table
from rich.text import Text

from processor.model import Severity, Status
from processor.text.terminal import plain
from processor.views.query import incidents_first
from processor.views.rates import is_back
from processor.views.search import searched, terms
from processor.views.terminal.listed import WHOLE, as_cluster, briefly, headline
from processor.views.variants import status_word

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from processor.model import Cluster
    from processor.views.incidents import IncidentRow

_TIME: Final = "%Y-%m-%d %H:%M"
_TITLE_LEAST: Final = 32
"""Columns of the title below which another column gives way."""
_TITLE_MOST: Final = 300
_SERVICE_MOST: Final = 24
_STATUS_MOST: Final = 16
_GAP: Final = 2
_LAST: Final = (Status.MUTED, Status.RESOLVED)


class Column(NamedTuple):
    """One column: its head, its content, its maximum width, and the order in which it is dropped (0: never)."""

    head: str
    cell: Callable[[Cluster], str]
    most: int = 20
    gives_way: int = 0
    right: bool = False


class Filter(NamedTuple):
    """Criteria of a list; empty means everything."""

    statuses: Collection[str] = ()
    priorities: Collection[str] = ()
    service: str = ""
    search: str = ""
    me: str = ""

    def takes(self, cluster: Cluster) -> bool:
        """Return whether a cluster is listed."""
        triage = cluster.triage
        if self.statuses and triage.status not in self.statuses:
            return False
        if self.priorities and (triage.priority or "-") not in self.priorities:
            return False
        if self.service.lower() not in cluster.stream.service.lower():
            return False
        wanted = terms(self.search, self.me)
        everything = searched(cluster) if wanted else ""
        return all(term.fits(cluster, everything) for term in wanted)


EVERYTHING: Final = Filter()


def ranked(found: Iterable[Cluster], only: Filter = EVERYTHING) -> list[Cluster]:
    """Return the listed clusters: those that need attention first, then by priority, severity and count."""
    return sorted(
        filter(only.takes, found),
        key=lambda c: (
            0 if _wants_somebody(c) else _LAST.index(c.triage.status) + 1,
            c.triage.priority or "P9",
            -c.severity,
            -c.count,
            c.first_seen,
            c.id,
        ),
    )


def folded(found: Sequence[Cluster], incidents: Iterable[IncidentRow]) -> list[Cluster]:
    """Return the list with an incident's members as one row; ongoing ones first, with single P0 clusters."""
    within = {row.cluster.id: one for one in incidents for row in one.rows}
    fitting = Counter(within[one.id].id for one in found if one.id in within)
    listed: dict[str, tuple[tuple[bool, bool, str, bool], Cluster]] = {}
    for cluster in found:
        incident = within.get(cluster.id)
        settled = not (incident.active if incident else _wants_somebody(cluster))
        if incident is None:
            listed[cluster.id] = ((settled, *incidents_first(cluster.triage.priority)), cluster)
        elif incident.id not in listed:
            rank = incidents_first(incident.priority, is_now=incident.is_now, is_incident=True)
            listed[incident.id] = ((settled, *rank), as_cluster(incident, fitting[incident.id]))
    return [cluster for _, cluster in sorted(listed.values(), key=itemgetter(0))]


def _status(cluster: Cluster) -> str:
    """Return the status and the assignee; a variant waits below another cluster's issue."""
    word = status_word(cluster)
    short = "ack" if word == Status.ACKNOWLEDGED else word
    return " ".join([short, plain(cluster.triage.assigned_to)]).rstrip()


def _wants_somebody(cluster: Cluster) -> bool:
    return cluster.triage.status not in _LAST or is_back(cluster)


COLUMNS: Final = (
    Column("ID", lambda c: c.id.removeprefix(WHOLE)),
    Column("PRI", lambda c: c.triage.priority or "-"),
    Column("STATUS", _status, most=_STATUS_MOST),
    Column("SEVERITY", lambda c: c.severity.name, gives_way=3),
    Column("COUNT", lambda c: f"{c.count:,}", right=True),
    Column("LAST SEEN (UTC)", lambda c: c.last_seen.strftime(_TIME), gives_way=1),
    Column("SERVICE", lambda c: plain(c.stream.service), most=_SERVICE_MOST, gives_way=2),
)


def cluster_table(clusters: Sequence[Cluster], width: int | None) -> Table:
    """Return one row and one line per cluster, in the given order; `width` None means a pipe, where nothing is cut."""
    widths = {column.head: _width(column, clusters) for column in COLUMNS}
    shown = [*COLUMNS]
    while width is not None and width - _taken(shown, widths) < _TITLE_LEAST:
        giving = min((one for one in shown if one.gives_way), key=lambda one: one.gives_way, default=None)
        if giving is None:
            break
        shown.remove(giving)
    title_most = _TITLE_MOST if width is None else max(width - _taken(shown, widths), 1)
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold", expand=False)
    for column in shown:
        table.add_column(column.head, no_wrap=True, justify="right" if column.right else "left")
    table.add_column("TEMPLATE", no_wrap=True, overflow="crop")
    for cluster in clusters:
        cells = [Text(_cut(column.cell(cluster), column.most), style=_style(column.head, cluster)) for column in shown]
        table.add_row(
            *cells,
            Text(
                _cut(_fitting(plain(headline(cluster)), title_most), title_most),
                style="bold" if cluster.id.startswith(WHOLE) else "",
            ),
        )
    return table


def _width(column: Column, clusters: Sequence[Cluster]) -> int:
    most = max((Text(column.cell(cluster)).cell_len for cluster in clusters), default=0)
    return max(len(column.head), min(most, column.most))


def _taken(columns: Sequence[Column], widths: dict[str, int]) -> int:
    return sum(widths[column.head] + _GAP for column in columns)


def _cut(text: str, most: int) -> str:
    """Cut a text to a number of terminal columns; wide characters take two."""
    found = Text(text)
    found.truncate(most, overflow="ellipsis")
    return found.plain


def _fitting(said: str, most: int) -> str:
    return said if len(said) <= most else briefly(said)


def _style(head: str, cluster: Cluster) -> str:
    if head == "SEVERITY":
        return "red" if cluster.severity >= Severity.ERROR else "yellow"
    return "" if _wants_somebody(cluster) else "dim"
