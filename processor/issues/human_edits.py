"""People's changes to an issue: closing, reopening, a label, a `/garden` command. Pure; a person's decision wins.

Comments are hostile text until they are one of the commands below, word for word.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from processor.model import Priority, Status
from processor.model.errors import ConfigError
from processor.model.patterns import regex
from processor.triage.transitions import VERBS, Action, Until, apply, prioritise

if TYPE_CHECKING:
    from datetime import datetime

    from processor.model import Cluster, Issue, Triage

TENFOLD: Final = 10
_COMMAND: Final = regex(r" {0,3}/garden +(\S.{0,100})")
_FENCE: Final = regex(r" {0,3}(`{3,}|~{3,})")
_MUTE: Final = regex(r"mute(?: +(?:for +|until +)?([0-9a-z]{1,8}))?")
_RESOLVE: Final = regex(r"resolve( +(?:until|in) +(?:the +)?next +revision)?")
_PRIORITY: Final = regex(r"priority +(P[0-3]|auto)", re.IGNORECASE)
_ASSIGN: Final = regex(r"assign +(?:to +)?@?(\S{1,100})")
_MERGE: Final = regex(r"merge +#?([0-9a-z]{1,32})")
_LABEL: Final = regex(r"priority: (P[0-3])")


class Command(NamedTuple):
    """A parsed command.

    Attributes:
        target: of a merge, an issue's number or a cluster's id.
    """

    action: Action
    target: str = ""

    @property
    def verb(self) -> str:
        """A verb of `transitions`, or merge or split."""
        return self.action.verb


def commands(body: str) -> list[Command | None]:
    """Return the commands in a comment, in order, None for an invalid one. Quotes and code are skipped."""
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
    """Return the command after `/garden`, None if it is invalid."""
    if found := _MUTE.fullmatch(text):
        return _mute(found[1] or "")
    if found := _RESOLVE.fullmatch(text):
        return Command(Action("resolve", next_revision=bool(found[1])))
    if found := _PRIORITY.fullmatch(text):
        return Command(Action("priority", priority="" if found[1].lower() == "auto" else found[1].upper()))
    if found := _ASSIGN.fullmatch(text):
        return Command(Action("assign", assignee=found[1]))
    if found := _MERGE.fullmatch(text):
        return Command(Action("merge"), found[1])
    return Command(Action(text)) if text in ("reopen", "split", "acknowledge") else None


def _mute(until: str) -> Command | None:
    try:
        Until.parse(until)
    except ConfigError:
        return None
    return Command(Action("mute", until=until))


def obey(triage: Triage, command: Command, cluster: Cluster, *, by: str, now: datetime) -> Triage:
    """Return the triage after a command about this cluster alone; merge and split do not change it."""
    if command.verb not in VERBS:
        return triage
    return apply(replace(cluster, triage=triage), command.action, now=now, who=by).triage


def heard(cluster: Cluster, issue: Issue, now: datetime) -> Triage:
    """Return the triage after people's changes to the issue itself; the same object if there are none.

    `issue` must be read without lag: a listing from before our own last write would look like a person's change.
    """
    triage = cluster.triage
    written = triage.notes.written
    if written is None:
        return triage
    after = triage
    theirs = [
        found[1] for name in sorted(issue.labels) if name not in written.labels and (found := _LABEL.fullmatch(name))
    ]
    if len(theirs) == 1 and triage.priority != theirs[0]:
        after = prioritise(replace(cluster, triage=after), now=now, who="issue", priority=Priority(theirs[0])).triage
    if issue.open != written.open:
        after = _closed(after, cluster, issue, now) if not issue.open else _reopened(after, cluster, now)
        after = replace(after, notes=replace(after.notes, written=replace(written, open=issue.open)))
    return after


def _closed(triage: Triage, cluster: Cluster, issue: Issue, now: datetime) -> Triage:
    ours = triage.status is Status.RESOLVED and triage.by == "policy"
    if triage.status is Status.RESOLVED and not (ours and issue.reason in ("not_planned", "duplicate")):
        return triage
    if issue.reason in ("not_planned", "duplicate"):
        action = Action("mute", until=f"{TENFOLD}x")
    else:
        # A merged pull request closes the issue before its deploy: the present revision, if known, may still fail.
        action = Action("resolve", next_revision=bool(cluster.revisions), at=issue.closed_at)
    return obey(triage, Command(action), cluster, by="issue", now=now)


def _reopened(triage: Triage, cluster: Cluster, now: datetime) -> Triage:
    if triage.status in (Status.RESOLVED, Status.MUTED):
        return obey(triage, Command(Action("reopen")), cluster, by="issue", now=now)
    return triage
