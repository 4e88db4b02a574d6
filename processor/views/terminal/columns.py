"""The columns of the live table: content, width, and the screen width from which they are shown. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from rich.text import Text

from processor.model import Priority, Status
from processor.text.terminal import plain
from processor.views.rates import age, is_back
from processor.views.terminal.listed import WHOLE
from processor.views.variants import status_word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from processor.views.row import Row
    from processor.views.snapshot import Snapshot

_BLOCKS: Final = " ▁▂▃▄▅▆▇█"
WIDE: Final = 130
"""Columns of a screen with room for four more columns: a third of the last one is the cluster's."""
WIDEST: Final = 180
"""Columns of a screen with room for a fine trend and long names, too."""
_SHORT: Final[Mapping[str, str]] = {"open": "open", "acknowledged": "ack", "muted": "mute", "resolved": "done"}
_STYLES: Final[Mapping[Priority, str]] = {
    Priority.P0: "bold white on red",
    Priority.P1: "bold red",
    Priority.P2: "yellow",
    Priority.P3: "",
}


class Column(NamedTuple):
    """One column; `cell` returns its content, which may be too wide."""

    title: str
    width: int
    right: bool
    cell: Callable[[Row, Snapshot], str | Text]


def columns_for(width: int, changes: Iterable[str] = ("x",)) -> list[Column]:
    """Return the columns for a width: seven fit 80 cells; wider screens get finer trends and four more columns.

    A narrow screen leaves `changes` out if there are none, since everything is younger than an hour.
    """
    wide, widest = width >= WIDE, width >= WIDEST
    trend, together = (36, 1) if widest else (12, 3) if wide else (9, 4)
    columns = [
        Column("PRI", 3, False, priority_of),
        Column("3 H", trend, False, lambda row, _: spark(row.figures.bars, together)),
        Column("1 H", 6, True, lambda row, _: f"{row.figures.hour:,}"),
        Column("CHANGE", 6, True, _change),
        Column("ON IT", 16 if widest else 12 if wide else 7, False, _status),
        Column("ISSUE", 5, False, _issue),
        Column("AGE", 4, True, lambda row, s: age((s.reference - row.cluster.first_seen).total_seconds())),
    ]
    if not wide and not any(changes):
        columns = [one for one in columns if one.cell is not _change]
    if wide:
        columns += [
            Column("LAST", 4, True, lambda row, s: age((s.reference - row.cluster.last_seen).total_seconds())),
            Column("COUNT", 9, True, lambda row, _: f"{row.cluster.count:,}"),
            Column("SEVERITY", 9, False, lambda row, _: row.cluster.severity.name.lower()),
            Column("SERVICE", 22 if widest else 16, False, lambda row, _: plain(row.cluster.stream.service)),
        ]
    return columns


def priority_of(row: Row, _snapshot: Snapshot) -> Text:
    """Return the priority in its colour, a dash before the policy has set one."""
    priority = row.cluster.triage.priority
    return Text(priority, style=_STYLES[priority]) if priority else Text("-", style="dim")


def _change(row: Row, snapshot: Snapshot) -> Text:
    """Return the change; empty for clusters younger than an hour, which all grew from nothing."""
    growing = row.growing(snapshot.reference)
    return Text(row.change(snapshot.reference), style="bold yellow" if growing else "")


def _status(row: Row, _snapshot: Snapshot) -> Text:
    """Return the assignee, otherwise the status; "nobody" if there should be an assignee."""
    status, who = row.cluster.triage.status, row.cluster.triage.assigned_to
    is_pressing = row.cluster.triage.priority is Priority.P0 or row.cluster.id.startswith(WHOLE)
    if is_pressing and not who and status is Status.OPEN and not is_back(row.cluster):
        return Text("nobody", style="bold")
    if who:
        return Text(plain(who), style="green")
    word = status_word(row.cluster)
    return Text(_SHORT.get(word, word), style={"back": "bold yellow", "acknowledged": "green"}.get(word, ""))


def _issue(row: Row, _snapshot: Snapshot) -> str:
    issue = row.cluster.triage.issue
    return f"#{issue.number}" if issue else "-"


def spark(bars: Sequence[int], together: int) -> Text:
    """Return a sparkline of blocks, each the sum of this many bars."""
    sums = [sum(bars[at : at + together]) for at in range(0, len(bars), together)]
    peak = max(sums, default=0) or 1
    return Text("".join(_BLOCKS[-(-n * 8 // peak)] for n in sums), style="cyan")


def fit(text: str, column: Column) -> str:
    """Return a column's title, as wide as the column."""
    return text.rjust(column.width) if column.right else text.ljust(column.width)


def padded(text: Text, column: Column) -> Text:
    """Return a cell, cut and padded to the width of the column in terminal cells."""
    text.truncate(column.width, overflow="ellipsis")
    missing = column.width - text.cell_len
    if column.right:
        text.pad_left(missing)
    else:
        text.pad_right(missing)
    return text
