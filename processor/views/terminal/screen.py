"""The live table as text: the content of a screen of a given size, and the effect of a key.

Pure: state, snapshot and size in; exactly `height` lines out, none wider than `width` cells. Log text has passed
`plain`, so no escape sequence and nothing invisible reaches the terminal.
"""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace
from rich.text import Text

from processor.text.terminal import plain
from processor.triage.operate import Wish, mark_of
from processor.views.overview import overview_of
from processor.views.query import SORTS, ListQuery
from processor.views.rates import age, ago, is_back
from processor.views.terminal.columns import WIDE, columns_for, fit, padded, priority_of, spark
from processor.views.terminal.listed import briefly, headline, incident_named, listed, row_named
from processor.views.terminal.tables import when

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from processor.views.row import Row
    from processor.views.snapshot import Snapshot

_STATUSES: Final = ("active", "open", "acknowledged", "muted", "resolved", "all")
MUTES: Final[Mapping[str, str]] = {"1": "2h", "2": "1d", "3": "7d", "4": "10x", "5": ""}
_VERBS: Final[Mapping[str, str]] = {"a": "acknowledge", "r": "resolve", "o": "reopen"}
_ASKS: Final[Mapping[str, str]] = {"m": "mute", "t": "assign"}
"""Keys that ask for more before they act."""
_ABOVE: Final = 4
_BELOW: Final = 2
_KEYS: Final = "Enter  / find  s sort  f status  a ack  t assign  m mute  r resolve  o reopen  q"
_DETAIL_KEYS: Final = "j/k scroll  a ack  t assign  m mute  r resolve  o reopen  q back"
_MUTE_KEYS: Final = "mute until 1: 2 h  2: 1 day  3: 7 days  4: ten times the count  5: reopened"


class Screen(Struct, frozen=True):
    """The user's position and input.

    Attributes:
        selected: id of the cluster under the cursor, "" for the first one.
        mode: list, detail, filter (typing), mute (choosing) or assign (typing).
        back: the mode before muting or assigning.
        name: the assignee as typed so far.
        scroll: first line of the detail.
        wish: an action to carry out now.
        message: the outcome of the last one.
    """

    query: ListQuery = ListQuery()
    selected: str = ""
    mode: str = "list"
    back: str = "list"
    scroll: int = 0
    name: str = ""
    message: str = ""
    wish: Wish | None = None
    done: bool = False


def press(screen: Screen, key: str, snapshot: Snapshot, height: int) -> Screen:
    """Return the screen after a key. Printable keys are themselves; others are named up, down, page-up, enter, ..."""
    screen = replace(screen, message="")
    if screen.mode == "filter":
        return _type(screen, key)
    if screen.mode in _ASKS.values():
        return _answer(screen, key, snapshot)
    if key in _VERBS:
        return _wish(screen, snapshot, _VERBS[key])
    if key in _ASKS and (row := _chosen(screen, snapshot)):
        # Named now: what is first may be another one by the time the choice is made.
        return replace(screen, mode=_ASKS[key], back=screen.mode, selected=row.cluster.id, name="")
    if screen.mode == "detail":
        step = {"j": 1, "down": 1, "k": -1, "up": -1, "page-down": height - 6, "page-up": 6 - height}.get(key, 0)
        leaves = key in ("q", "escape", "enter", "left")
        return replace(screen, mode="list" if leaves else "detail", scroll=max(0, screen.scroll + step))
    return _list_key(screen, key, snapshot, height)


def lines(screen: Screen, snapshot: Snapshot, now: datetime, width: int, height: int) -> list[Text]:
    """Return the whole screen, from top to bottom."""
    row = _chosen(screen, snapshot)
    is_detail = row is not None and (
        screen.mode == "detail" or (screen.mode in _ASKS.values() and screen.back == "detail")
    )
    top = _header(screen, snapshot, now)
    room = max(1, height - len(top) - _BELOW)
    body = _detail(row, snapshot, width) if is_detail and row else _table(screen, snapshot, width, room)
    if is_detail:
        start = min(screen.scroll, max(0, len(body) - room))
        body = body[start : start + room]
    body += [Text()] * (room - len(body))
    keys = {"mute": _MUTE_KEYS, "detail": _DETAIL_KEYS}.get(screen.mode, _KEYS)
    if screen.mode == "filter":
        keys = f"filter: {screen.query.q}_   Enter keep  Esc clear"
    if screen.mode == "assign":
        keys = f"assign to: {screen.name}_   Enter (nothing typed: me)  Esc not"
    made = [*top, *body, Text(screen.message, style="bold"), Text(keys, style="dim")]
    for line in made:
        line.truncate(width, overflow="ellipsis")
    return made[:height]


def _list_key(screen: Screen, key: str, snapshot: Snapshot, height: int) -> Screen:
    rows = listed(snapshot, screen.query)
    room = max(1, height - _ABOVE - _BELOW)
    steps = {"j": 1, "down": 1, "k": -1, "up": -1, "page-down": room, "page-up": -room}
    steps |= {"home": -len(rows), "end": len(rows), "g": -len(rows), "G": len(rows)}
    if key in steps and rows:
        at = min(max(_place(rows, screen.selected) + steps[key], 0), len(rows) - 1)
        return replace(screen, selected=rows[at].cluster.id)
    if key in ("enter", "right") and rows:
        return replace(screen, mode="detail", scroll=0, selected=rows[_place(rows, screen.selected)].cluster.id)
    if key == "s":
        return replace(screen, query=screen.query.model_copy(update={"sort": _next(list(SORTS), screen.query.sort)}))
    if key == "f":
        return replace(screen, query=screen.query.model_copy(update={"status": _next(_STATUSES, screen.query.status)}))
    if key == "/":
        return replace(screen, mode="filter")
    return replace(screen, done=key == "q")


def _type(screen: Screen, key: str) -> Screen:
    query = screen.query
    if key == "enter":
        return replace(screen, mode="list")
    if key == "escape":
        return replace(screen, mode="list", query=query.model_copy(update={"q": ""}))
    text = query.q[:-1] if key == "backspace" else query.q + key if len(key) == 1 else query.q
    return replace(screen, query=query.model_copy(update={"q": text[:200]}))


def _answer(screen: Screen, key: str, snapshot: Snapshot) -> Screen:
    """Handle the answer to "mute for how long" or "assign to whom"."""
    settled = replace(screen, mode=screen.back)
    if screen.mode == "mute":
        return _wish(settled, snapshot, "mute", until=MUTES[key]) if key in MUTES else settled
    if key == "enter":
        return _wish(settled, snapshot, "assign", assignee=screen.name.strip() or "me")
    if key == "escape":
        return settled
    text = screen.name[:-1] if key == "backspace" else screen.name + key if len(key) == 1 else screen.name
    return replace(screen, name=text[:100])


def _wish(screen: Screen, snapshot: Snapshot, action: str, *, until: str = "", assignee: str = "") -> Screen:
    row = _chosen(screen, snapshot)
    if row is None:
        return screen
    wish = Wish(row.cluster.id, action, seen=mark_of(row.cluster), until=until, assignee=assignee)
    return replace(screen, wish=wish)


def _chosen(screen: Screen, snapshot: Snapshot) -> Row | None:
    """Return the cluster that a key applies to: the one opened or being muted, otherwise the one under the cursor."""
    if screen.mode in ("detail", *_ASKS.values()):
        return row_named(snapshot, screen.selected)
    rows = listed(snapshot, screen.query)
    return rows[_place(rows, screen.selected)] if rows else None


def _place(rows: Sequence[Row], selected: str) -> int:
    return next((index for index, row in enumerate(rows) if row.cluster.id == selected), 0)


def _next(values: Sequence[str], value: str) -> str:
    return values[(values.index(value) + 1) % len(values)]


def _header(screen: Screen, snapshot: Snapshot, now: datetime) -> list[Text]:
    counts = overview_of(snapshot).counts
    query = screen.query
    worker = snapshot.workers[0].heartbeat_at if snapshot.workers else None
    title = Text("Log Gardener", style="bold")
    if counts["incidents_going_on"]:
        n = counts["incidents_going_on"]
        title.append(f"  {n} incident{'s' if n > 1 else ''}", style="bold red")
    title.append(
        f"  {counts['open']} open, {counts['new']} new, {counts['growing']} growing, {counts['back']} back", ""
    )
    title.append(f"  {counts['last_hour']:,} in 1 h", style="dim")
    what = f"{query.status}, by {SORTS[query.sort].lower()}" + (f", with {query.q!r}" if query.q else "")
    if snapshot.problem:
        since = snapshot.away_since or now
        second = Text(f"The state has not answered for {age((now - since).total_seconds())}: {snapshot.problem}")
        second.stylize("bold red")
    else:
        second = Text(snapshot.totals.equation, style="dim")
    third = Text(f"{now:%H:%M:%S} UTC  {what}  last commit {ago(worker, now) if worker else 'never'}", style="dim")
    if snapshot.rows and snapshot.reference != snapshot.at:
        third.append(f"  rates up to {when(snapshot.reference)} UTC", style="yellow")
    return [title, second, third]


def _table(screen: Screen, snapshot: Snapshot, width: int, room: int) -> list[Text]:
    rows = listed(snapshot, screen.query)
    columns = columns_for(width, [row.change(snapshot.reference) for row in rows])
    head = Text(" ".join(fit(column.title, column) for column in columns) + " CLUSTER", style="bold")
    if not rows:
        return [head, Text("  no cluster matches" if snapshot.rows else "  no clusters yet", style="dim")]
    at = _place(rows, screen.selected)
    first = max(0, at - (room - 2))
    made = [head]
    for index, row in enumerate(rows[first : first + room - 1], first):
        line = Text()
        for column in columns:
            cell = column.cell(row, snapshot)
            line.append_text(padded(cell if isinstance(cell, Text) else Text(cell), column)).append(" ")
        said = plain(headline(row.cluster))
        is_incident = incident_named(snapshot, row.cluster.id) is not None
        line.append(said if width >= WIDE else briefly(said), style="bold" if is_incident else "")
        line.truncate(width, overflow="ellipsis", pad=index == at)
        if index == at:
            line.stylize("reverse")
        made.append(line)
    return made


def _detail(row: Row, snapshot: Snapshot, width: int) -> list[Text]:
    cluster = row.cluster
    made = [
        priority_of(row, snapshot) + Text(f" {cluster.id}  {cluster.stream.service}  {cluster.severity.name.lower()}")
    ]
    made += [Text(part, style="bold") for part in wrap(plain(headline(row.cluster)), width)[:8]]
    if (whole := incident_named(snapshot, cluster.id)) and (impact := whole.impact(snapshot.policy)):
        made.append(Text(plain(impact)))
    made += [Text(), *_facts(row, snapshot.at), Text(), Text("five minutes each, three hours", style="dim")]
    made.append(spark(row.figures.bars, 1))
    made += _members(row, snapshot)
    revisions = {name: span.entries for name, span in cluster.revisions.items()}
    for title, counts in (("revision", revisions), *cluster.facets.items()):
        ranked = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:4]
        made.append(
            Text(f"{plain(title):<11} ", style="dim") + Text("  ".join(f"{plain(v)[:40]} {n:,}" for v, n in ranked))
        )
    made += [Text(), Text(f"latest sample, {when(cluster.latest.at)} UTC", style="dim")]
    for line in (cluster.latest.text or cluster.latest.raw).splitlines()[:200]:
        indent = " " * min(len(line) - len(line.lstrip(" ")), 20)
        made += [Text(indent + part) for part in wrap(plain(line), max(20, width - 20)) or [""]]
    return made


def _members(row: Row, snapshot: Snapshot) -> list[Text]:
    """Return the clusters of an incident, each with the reason why it belongs."""
    one = incident_named(snapshot, row.cluster.id)
    if one is None:
        return []
    made = [Text(), Text("clusters, the origin first", style="dim")]
    for member, each in zip(one.incident.members, one.rows, strict=True):
        why = "; ".join(one.incident.reasons(member)) or "where it began"
        made.append(
            priority_of(each, snapshot)
            + Text(f" {each.figures.hour:>6,}/h  {plain(each.cluster.stream.service)}  {plain(headline(each.cluster))}")
            + Text(f"  {plain(why)}", style="dim")
        )
    return made


def _facts(row: Row, now: datetime) -> list[Text]:
    cluster = row.cluster
    triage = cluster.triage
    by = f" by {triage.by}" if triage.by else ""
    until = f" until {when(triage.mute_until)} UTC" if triage.mute_until else ""
    until = f" until {triage.mute_until_count:,} entries" if triage.mute_until_count else until
    note = f": {triage.note}" if triage.note else ""
    facts = {
        "status": f"{'back, ' if is_back(cluster) else ''}{triage.status}{by}{until}{note}",
        "count": f"{cluster.count:,}; {row.figures.hour:,} in the last hour, {row.figures.before:,} in the one before",
        "first seen": f"{when(cluster.first_seen)} UTC, {ago(cluster.first_seen, now)} {cluster.first_revision}",
        "last seen": f"{when(cluster.last_seen)} UTC, {ago(cluster.last_seen, now)} {cluster.last_revision}",
        "assigned to": triage.assigned_to or "nobody",
        "issue": triage.issue.url if triage.issue else "none",
    }
    return [Text(f"{name:<12}", style="dim") + Text(plain(value)) for name, value in facts.items()]
