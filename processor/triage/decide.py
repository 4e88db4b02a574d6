"""Derive the new triage of a cluster from its turning points: status, announced count, pending comments. Pure.

`auto_close` resolves what is quiet; otherwise it is only marked.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from processor.model import Change, Status
from processor.model.notes import DELETED, PendingComment
from processor.triage.policy import is_quiet, priority_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from processor.model import Cluster, Triage, TurningPoint
    from processor.model.notes import Notes
    from processor.triage.policy import Policy

_MAX_OWED: Final = 10
_FLAPS: Final = 2
_FLAP_WITHIN: Final = timedelta(days=7)


def decide(
    cluster: Cluster,
    points: Iterable[TurningPoint],
    policy: Policy,
    now: datetime,
    *,
    gone: bool = False,
    auto_close: bool = False,
) -> Triage:
    """The cluster's handling after these turning points; the same object where nothing changed."""
    triage, notes = cluster.triage, cluster.triage.notes
    if triage.priority_by == "policy":
        triage = replace(triage, priority=priority_of(cluster, policy))
    if triage.quiet and not gone and not is_quiet(cluster, policy, now):
        triage = replace(triage, quiet=False)
    if notes.abandoned == DELETED and triage.status is Status.OPEN:
        # Muted by its deletion, reopened by somebody: a new issue, which has no older one to refer to.
        triage, notes = start_over(replace(triage, issue=None), notes)
    for point in points:
        triage, notes = _decide_one(cluster, triage, notes, point, policy, auto_close=auto_close)
    changed = replace(triage, notes=notes)
    return cluster.triage if changed == cluster.triage else changed


def _decide_one(
    cluster: Cluster, triage: Triage, notes: Notes, point: TurningPoint, policy: Policy, *, auto_close: bool
) -> tuple[Triage, Notes]:
    match point.change:
        case Change.NEW:
            return replace(triage, announced=point.count), notes
        case Change.ESCALATING:
            return replace(triage, announced=point.count), _owe(notes, point, triage)
        case Change.UNMUTED:
            back = replace(triage, status=Status.OPEN, mute_until=None, mute_until_count=None)
            grown = triage.mute_until_count is not None and triage.announced > 0
            if grown:
                return replace(back, announced=point.count), _owe(notes, point, triage)
            return back, notes
        case Change.QUIET:
            if auto_close and not is_flapping(notes, cluster.last_seen):
                triage = replace(
                    triage, status=Status.RESOLVED, resolved_at=cluster.last_seen, by="policy", assignee=""
                )
            return replace(triage, quiet=True), notes
        case Change.REGRESSED:
            return _regress(cluster, triage, notes, point, policy)


def _regress(
    cluster: Cluster, triage: Triage, notes: Notes, point: TurningPoint, policy: Policy
) -> tuple[Triage, Notes]:
    """Soon after it was settled the issue reopens, with a comment unless it flaps; later a new issue continues it."""
    settled = triage.resolved_at or cluster.last_seen
    back = replace(
        triage,
        status=Status.OPEN,
        announced=point.count,
        regressions=triage.regressions + 1,
        quiet=False,
        resolved_at=None,
        resolved_revision="",
    )
    flapped = is_flapping(notes, cluster.last_seen)
    notes = replace(notes, came_back=(*notes.came_back, cluster.last_seen)[-_FLAPS * 2 :])
    if triage.issue is not None and cluster.last_seen - settled > policy.reopen_within:
        return start_over(back, notes)
    return back, notes if flapped else _owe(notes, point, triage)


def start_over(triage: Triage, notes: Notes) -> tuple[Triage, Notes]:
    """The issue cannot or should not be used any more: the next one will refer to it."""
    earlier = triage.issue.url if triage.issue else notes.earlier
    fresh = replace(notes, written=None, owed=(), intent=None, earlier=earlier, abandoned="")
    return replace(triage, issue=None), fresh


def _owe(notes: Notes, point: TurningPoint, triage: Triage) -> Notes:
    """Add a pending comment; without an issue there is none, since the issue itself will contain everything."""
    if triage.issue is None:
        return notes
    number = notes.comments + 1
    owed = PendingComment(number=number, change=point.change, count=point.count, reason=point.reason)
    return replace(notes, comments=number, owed=(*notes.owed, owed)[-_MAX_OWED:])


def is_flapping(notes: Notes, at: datetime) -> bool:
    """It came back twice within a week: to close it by ourselves, or to comment, would only make noise."""
    return sum(at - _FLAP_WITHIN <= when for when in notes.came_back) >= _FLAPS
