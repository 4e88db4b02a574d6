"""The state machine of people's decisions about a cluster: one function per verb, one `Until`, one `Action`.

Pure: a cluster as it was read goes in, the new `Triage` and its `AuditRecord` come out; whoever called stores both
with `Store.put_triage`. The revision of the triage is kept, so a decision made on an old view meets `Conflict`.
The page, the command line, the live table, comments on issues and a closed issue all build an `Action` and come here.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec.structs import replace

from processor.model import AuditRecord, Priority, Status, Triage
from processor.model.errors import ConfigError
from processor.model.notes import Replaced, decided
from processor.triage.durations import duration

if TYPE_CHECKING:
    from datetime import datetime

    from processor.model import Cluster

VERBS: Final = ("acknowledge", "assign", "mute", "resolve", "reopen", "priority")
"""What changes the triage of one cluster; merge and split change which clusters there are."""
_TIMES: Final = re.compile(r"([1-9]\d{0,4})x", re.ASCII)
_LEAST_TIMES: Final = 2
_MAX_MUTE: Final = timedelta(days=366)
_MAX_NOTE: Final = 500
_MAX_NAME: Final = 100
NOBODY: Final = "nobody"


class Action(NamedTuple):
    """A requested decision, built alike by page, command line, live table and comments; not yet validated.

    Attributes:
        until: end of a mute, see `Until.parse`.
        assignee: of an assign: a name, "me", or "nobody" (also "").
        priority: P0 to P3, or "" to give it back to the policy.
        next_revision: of a resolve: the fix comes with the next deploy.
        at: when it was asked, where that was before `now`.
    """

    verb: str
    until: str = ""
    priority: str = ""
    next_revision: bool = False
    note: str = ""
    at: datetime | None = None
    assignee: str = ""


class Until(NamedTuple):
    """When a mute ends by itself; neither is until somebody reopens the cluster."""

    length: timedelta | None = None
    times: int = 0

    @classmethod
    def parse(cls, text: str) -> Until:
        """Read 90m, 2h, 7d (time from now), 10x (ten times the present count), or "" for no end.

        Raises:
            ConfigError: it is none of these, or beyond a year, or reached already.
        """
        if not text:
            return cls()
        if times := _TIMES.fullmatch(text):
            if int(times[1]) < _LEAST_TIMES:
                raise ConfigError(f"mute until {text!r}: the count has already been reached; write at least 2x")
            return cls(times=int(times[1]))
        try:
            length = duration(text)
        except ValueError:
            length = timedelta()
        if not length:
            raise ConfigError(f"mute until {text!r}: write 90m, 2h, 7d, or 10x for ten times the present count")
        if length > _MAX_MUTE:
            raise ConfigError(f"mute until {text!r}: the maximum is a year; leave it out to mute until it is reopened")
        return cls(length)


class Decision(NamedTuple):
    """What to store: the handling and who did it."""

    triage: Triage
    audit: AuditRecord


def apply(cluster: Cluster, action: Action, *, now: datetime, who: str) -> Decision:
    """Return the decision that the action makes about the cluster.

    Raises:
        ConfigError: the action makes no sense; says which part.
    """
    match action.verb:
        case "acknowledge":
            return acknowledge(cluster, now=now, who=who, note=action.note)
        case "assign":
            return assign(cluster, now=now, who=who, assignee=action.assignee, note=action.note)
        case "mute":
            return mute(cluster, now=now, who=who, until=action.until, note=action.note)
        case "resolve":
            later = action.next_revision
            return resolve(cluster, now=now, who=who, until_next_revision=later, note=action.note, at=action.at)
        case "reopen":
            return reopen(cluster, now=now, who=who, note=action.note)
        case "priority":
            if action.priority not in ("", *Priority):
                raise ConfigError(f"there is no priority {action.priority!r}; there are {', '.join(Priority)}")
            priority = Priority(action.priority) if action.priority else None
            return prioritise(cluster, now=now, who=who, priority=priority, note=action.note)
        case _:
            raise ConfigError(f"there is no action {action.verb!r}; there are {', '.join(VERBS)}")


def acknowledge(cluster: Cluster, *, now: datetime, who: str, note: str = "") -> Decision:
    """Mark the cluster as being worked on, by this person."""
    triage = replace(_cleared(cluster, Status.ACKNOWLEDGED), assignee=who[:_MAX_NAME])
    return _decided(cluster, triage, now, who, "acknowledge", note=note)


def assign(cluster: Cluster, *, now: datetime, who: str, assignee: str, note: str = "") -> Decision:
    """Name who is on it; the status stays. Raises `ConfigError` for what is no name.

    Resolving and reopening end an assignment; muting and a priority do not.
    """
    name = " ".join(assignee.split())
    if len(name) > _MAX_NAME or not name.isprintable():
        raise ConfigError(f"assign to {name[:_MAX_NAME]!r}: a name has at most {_MAX_NAME} printable characters")
    # Somebody who was acknowledged to be on it is on it no more.
    before = replace(cluster.triage, status=Status.OPEN) if _is_let_go(cluster, name) else cluster.triage
    name = {"me": who, NOBODY: ""}.get(name.lower(), name)
    triage = replace(before, assignee=name[:_MAX_NAME], changed_at=now)
    if triage.status is Status.OPEN:
        triage = replace(triage, by=who, note=note[:_MAX_NOTE] or triage.note)
    audit = AuditRecord(now, who, "assign", cluster.id, _joined(f"to {name or NOBODY}", note))
    return Decision(_remembering(cluster.triage, triage), audit)


def mute(cluster: Cluster, *, now: datetime, who: str, until: str = "", note: str = "") -> Decision:
    """Silence the cluster.

    Args:
        cluster: as it was read.
        now: aware UTC.
        who: the person, as the audit trail shall name them.
        until: see `Until.parse`.
        note: why, for the next person on call.

    Raises:
        ConfigError: `until` is no end of a mute.
    """
    end = Until.parse(until)
    triage = replace(
        _cleared(cluster, Status.MUTED),
        mute_until=now + end.length if end.length else None,
        mute_until_count=max(cluster.occurrences, 1) * end.times if end.times else None,
    )
    return _decided(cluster, triage, now, who, "mute", mute_end(triage) or "until reopened", note)


def mute_end(triage: Triage) -> str:
    """When a mute ends by itself, "until 2026-03-01 12:00 UTC" or "until 400 entries"; "" for one that does not."""
    if triage.mute_until_count:
        return f"until {triage.mute_until_count:,} occurrences"
    return f"until {triage.mute_until:%Y-%m-%d %H:%M} UTC" if triage.mute_until else ""


def resolve(
    cluster: Cluster,
    *,
    now: datetime,
    who: str,
    until_next_revision: bool = False,
    note: str = "",
    at: datetime | None = None,
) -> Decision:
    """Resolve the cluster; when it is seen again later, that is a regression.

    Args:
        cluster: as it was read.
        now: aware UTC.
        who: the person, as the audit trail shall name them.
        until_next_revision: the fix comes with the next deploy, so the revision seen last may still fail.
        note: why, for the next person on call.
        at: when it was settled, where that was before `now`; entries up to here, by event time, belong to the problem.
    """
    revision = cluster.last_revision if until_next_revision else ""
    triage = replace(
        _cleared(cluster, Status.RESOLVED),
        # A source's clock may run ahead of ours.
        resolved_at=cluster.last_seen if cluster.last_seen > now else at or now,
        resolved_revision=revision,
        assignee="",
    )
    detail = f"in the revision after {revision}" if revision else ""
    return _decided(cluster, triage, now, who, "resolve", detail, note)


def reopen(cluster: Cluster, *, now: datetime, who: str, note: str = "") -> Decision:
    """Undo an acknowledgement, a mute or a resolution; growth counts from here, not from the last comment."""
    triage = replace(_cleared(cluster, Status.OPEN), assignee="")
    if triage.announced:
        triage = replace(triage, announced=max(triage.announced, cluster.occurrences))
    return _decided(cluster, triage, now, who, "reopen", note=note)


def prioritise(cluster: Cluster, *, now: datetime, who: str, priority: Priority | None, note: str = "") -> Decision:
    """Set a person's priority, which the policy no longer changes; None gives it back to the policy."""
    before = cluster.triage
    triage = replace(before, priority=priority, priority_by=who if priority else "policy", changed_at=now)
    if before.status is Status.OPEN:
        # Whoever is on it, has muted or resolved it, stays the one who did.
        triage = replace(triage, by=who, note=note[:_MAX_NOTE] or before.note)
    detail = _joined(priority or "as the policy says", note)
    return Decision(_remembering(before, triage), AuditRecord(now, who, "priority", cluster.id, detail))


def merge_audit(loser: Cluster, winner: Cluster, *, now: datetime, who: str, note: str = "") -> AuditRecord:
    """The trail of `Store.merge`. Raises `ConfigError` where the two cannot be one."""
    if loser.id == winner.id:
        raise ConfigError(f"{loser.id} cannot be merged into itself; name another cluster")
    if loser.stream != winner.stream:
        raise ConfigError(f"{loser.id} and {winner.id} are of different services or kinds and cannot be merged")
    return AuditRecord(now, who, "merge", loser.id, _joined(f"into {winner.id}", note))


def split_audit(cluster: Cluster, apart: str, *, now: datetime, who: str, note: str = "") -> AuditRecord:
    """The trail of `Store.split`; `apart` is the one that leaves, "" is all. Raises `ConfigError` where none can."""
    if not cluster.aliases or apart not in ("", *cluster.aliases):
        raise ConfigError(
            f"{apart} was never merged into {cluster.id}" if apart else f"nothing was ever merged into {cluster.id}"
        )
    return AuditRecord(now, who, "split", cluster.id, _joined(apart or ", ".join(cluster.aliases), note))


def stand_alone(cluster: Cluster, *, now: datetime, who: str, note: str = "") -> Decision:
    """Give a cluster that waits as a variant an issue of its own: what a person decided about never waits."""
    triage = replace(cluster.triage, by=who, note=note[:_MAX_NOTE] or cluster.triage.note, changed_at=now)
    detail = _joined(f"from {cluster.triage.notes.variant_of}", note)
    return Decision(_remembering(cluster.triage, triage), AuditRecord(now, who, "split", cluster.id, detail))


def _is_let_go(cluster: Cluster, name: str) -> bool:
    return cluster.triage.status is Status.ACKNOWLEDGED and name.lower() in ("", NOBODY)


def _cleared(cluster: Cluster, status: Status) -> Triage:
    """A status replaces the one before it with everything that belonged to that one."""
    return replace(
        cluster.triage,
        status=status,
        mute_until=None,
        mute_until_count=None,
        resolved_at=None,
        resolved_revision="",
    )


def _decided(
    cluster: Cluster, triage: Triage, now: datetime, who: str, action: str, detail: str = "", note: str = ""
) -> Decision:
    changed = replace(triage, by=who, note=note[:_MAX_NOTE], changed_at=now)
    audit = AuditRecord(now, who, action, cluster.id, _joined(detail, note))
    return Decision(_remembering(cluster.triage, changed), audit)


def _remembering(before: Triage, after: Triage) -> Triage:
    """Keep the decision that is replaced, so that this one can be taken back; see `undo`."""
    replaced = Replaced(became=after.status, **decided(before))
    return replace(after, notes=replace(after.notes, replaced=replaced))


def _joined(detail: str, note: str) -> str:
    return ": ".join(part for part in (detail, note[:_MAX_NOTE]) if part)
