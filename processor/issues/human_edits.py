"""What people say through an issue: closing it, reopening it, a label, a `/garden` command. Pure; a person's word wins.

Comments are hostile text until they are one of the commands below, word for word.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from processor.model import Priority, Status
from processor.model import notes as notebook

if TYPE_CHECKING:
    from datetime import datetime

    from processor.model import Cluster, Issue, Triage

TENFOLD: Final = 10
_COMMAND: Final = re.compile(r" {0,3}/garden +(\S.{0,100})")
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})")
_MUTE_FOR: Final = re.compile(r"mute +(\d{1,4})([hd])")
_MUTE_UNTIL: Final = re.compile(r"mute +until +(\d{1,6})x")
_PRIORITY: Final = re.compile(r"priority +(P[0-3])", re.IGNORECASE)
_MERGE: Final = re.compile(r"merge +#?([0-9a-z]{1,32})")
_LABEL: Final = re.compile(r"priority: (P[0-3])")


@dataclass(frozen=True, slots=True)
class Command:
    """One command, understood.

    Attributes:
        target: of a merge: an issue's number or a cluster's id.
        hours: of a mute with an end, else 0.
        times: of a mute until it has grown so many times, else 0.
    """

    verb: str
    target: str = ""
    hours: float = 0
    times: int = 0
    priority: Priority | None = None


def commands(body: str) -> list[Command | None]:
    """The commands in a comment, in order; None for one that is not understood. Quotes and code are skipped."""
    lines = [line for line in _unfenced(body).splitlines() if not line.lstrip().startswith(">")]
    return [parse(found[1].strip()) for line in lines if (found := _COMMAND.fullmatch(line))]


def _unfenced(body: str) -> str:
    fence = ""
    kept = []
    for line in body.replace("\r\n", "\n").split("\n"):
        mark = _FENCE.match(line)
        if fence:
            if mark and mark[1].startswith(fence) and not line.strip(" `~"):
                fence = ""
        elif mark:
            fence = mark[1]
        else:
            kept.append(line)
    return "\n".join(kept)


def parse(text: str) -> Command | None:
    """One command after `/garden`, None where it is not one."""
    if found := _MUTE_FOR.fullmatch(text):
        return Command("mute", hours=int(found[1]) * (24 if found[2] == "d" else 1))
    if found := _MUTE_UNTIL.fullmatch(text):
        return Command("mute", times=int(found[1])) if int(found[1]) > 1 else None
    if found := _PRIORITY.fullmatch(text):
        return Command("priority", priority=Priority(found[1].upper()))
    if found := _MERGE.fullmatch(text):
        return Command("merge", target=found[1])
    return Command(text) if text in ("resolve", "reopen", "split", "acknowledge") else None


def obey(triage: Triage, command: Command, cluster: Cluster, *, by: str, now: datetime) -> Triage:
    """The handling after a command that concerns this cluster alone."""
    said = replace(triage, by=by, changed_at=now)
    match command.verb:
        case "mute":
            return replace(
                said,
                status=Status.MUTED,
                mute_until=now + timedelta(hours=command.hours) if command.hours else None,
                mute_until_count=max(cluster.count, 1) * command.times if command.times else None,
            )
        case "priority":
            return replace(said, priority=command.priority, priority_by=by)
        case "resolve":
            return replace(said, status=Status.RESOLVED, resolved_at=now, mute_until=None, mute_until_count=None)
        case "acknowledge":
            return replace(said, status=Status.ACKNOWLEDGED, mute_until=None, mute_until_count=None)
        case "reopen":
            return replace(
                said,
                status=Status.OPEN,
                # What was never announced still has to be.
                announced=max(triage.announced, cluster.count) if triage.announced else 0,
                mute_until=None,
                mute_until_count=None,
                resolved_at=None,
                resolved_revision="",
            )
        case _:
            return triage


def heard(cluster: Cluster, issue: Issue, now: datetime) -> Triage:
    """The handling after what people did to the issue itself; the same object where they did nothing.

    `issue` must be read without lag: a listing from before our own last write would look like a person's deed.
    """
    triage, notes = cluster.triage, notebook.load(cluster.triage.memory)
    written = notes.written
    if written is None:
        return triage
    after = triage
    theirs = [
        found[1] for name in sorted(issue.labels) if name not in written.labels and (found := _LABEL.fullmatch(name))
    ]
    if len(theirs) == 1 and triage.priority != theirs[0]:
        after = replace(after, priority=Priority(theirs[0]), priority_by="issue", changed_at=now)
    if issue.open != written.open:
        after = _closed(after, cluster, issue, now) if not issue.open else _reopened(after, cluster, now)
        notes = notes.model_copy(update={"written": written.model_copy(update={"open": issue.open})})
        after = replace(after, memory=notebook.dump(notes))
    return after


def _closed(triage: Triage, cluster: Cluster, issue: Issue, now: datetime) -> Triage:
    if triage.status is Status.RESOLVED:
        return triage
    if issue.reason in ("not_planned", "duplicate"):
        return obey(triage, Command("mute", times=TENFOLD), cluster, by="issue", now=now)
    return obey(triage, Command("resolve"), cluster, by="issue", now=issue.closed_at or now)


def _reopened(triage: Triage, cluster: Cluster, now: datetime) -> Triage:
    if triage.status in (Status.RESOLVED, Status.MUTED):
        return obey(triage, Command("reopen"), cluster, by="issue", now=now)
    return triage
