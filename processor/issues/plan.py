"""What should be true of a cluster's issue, and the next single step towards it. Pure.

Two functions carry it: `decide` turns turning points into decisions (status, counts announced, comments owed), and
`next_step` compares what should be true with what was written last. Neither knows how a tracker is spoken to.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from processor.issues import body as report
from processor.issues.owners import assignees_of
from processor.model import Change, IssueDraft, IssueEdit, Status
from processor.model import notes as notebook
from processor.model.notes import Owed
from processor.triage import incident_owner as incident_plan
from processor.triage.policy import is_quiet, priority_of, rule_for

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from processor.issues.body import Wording
    from processor.model import Cluster, Handling, Issue, Priority, TurningPoint
    from processor.model.notes import Notes, Written
    from processor.triage.incident_owner import Story
    from processor.triage.policy import Policy

_MAX_OWED: Final = 10
_FLAPS: Final = 2
_FLAP_WITHIN: Final = timedelta(days=7)
_PRIORITY_LABEL: Final = "priority: "


@dataclass(frozen=True, slots=True)
class Aim:
    """What an issue should be like.

    Attributes:
        open: None leaves it as it is.
        figures: digest of everything that the body is made from; the body itself is rendered only when needed.
        story: the incident that it tells of.
    """

    title: str
    labels: tuple[str, ...]
    open: bool | None
    figures: str
    story: Story | None = None


@dataclass(frozen=True, slots=True)
class Create:
    """Open the issue; people are told by the issue itself."""

    draft: IssueDraft
    aim: Aim


@dataclass(frozen=True, slots=True)
class Rewrite:
    """Bring the issue up to date; nobody is told."""

    aim: Aim


@dataclass(frozen=True, slots=True)
class Say:
    """Write one comment; people are told."""

    owed: Owed
    body: str


Step = Create | Rewrite | Say


@dataclass(frozen=True, slots=True)
class Wishes:
    """How issues are kept.

    Attributes:
        auto_close: close what is quiet; otherwise it is only labelled.
        owners: (service pattern, module pattern, assignees); the last that fits decides.
    """

    policy: Policy
    wording: Wording
    auto_close: bool = False
    owners: tuple[tuple[str, str, tuple[str, ...]], ...] = ()


def decide(
    cluster: Cluster, points: Iterable[TurningPoint], wishes: Wishes, now: datetime, *, gone: bool = False
) -> Handling:
    """The cluster's handling after these turning points; the same object where nothing changed."""
    handling, notes = cluster.handling, notebook.load(cluster.handling.memory)
    if handling.priority_by == "policy":
        handling = replace(handling, priority=priority_of(cluster, wishes.policy))
    if handling.quiet and not gone and not is_quiet(cluster, wishes.policy, now):
        handling = replace(handling, quiet=False)
    if notes.abandoned == notebook.DELETED and handling.status is Status.OPEN:
        # Muted by its deletion, reopened by somebody: a new issue, which has no older one to refer to.
        handling, notes = start_over(replace(handling, issue=None), notes)
    for point in points:
        handling, notes = _decide_one(cluster, handling, notes, point, wishes)
    memory = notebook.dump(notes)
    changed = replace(handling, memory=memory if memory or handling.memory else handling.memory)
    return cluster.handling if changed == cluster.handling else changed


def _decide_one(
    cluster: Cluster, handling: Handling, notes: Notes, point: TurningPoint, wishes: Wishes
) -> tuple[Handling, Notes]:
    match point.change:
        case Change.NEW:
            return replace(handling, announced=point.count), notes
        case Change.ESCALATING:
            return replace(handling, announced=point.count), _owe(notes, point, handling)
        case Change.UNMUTED:
            back = replace(handling, status=Status.OPEN, mute_until=None, mute_until_count=None)
            grown = handling.mute_until_count is not None and handling.announced > 0
            if grown:
                return replace(back, announced=point.count), _owe(notes, point, handling)
            return back, notes
        case Change.QUIET:
            if wishes.auto_close and not is_flapping(notes, cluster.last_seen):
                handling = replace(handling, status=Status.RESOLVED, resolved_at=cluster.last_seen, by="policy")
            return replace(handling, quiet=True), notes
        case Change.REGRESSED:
            return _regress(cluster, handling, notes, point, wishes)


def _regress(
    cluster: Cluster, handling: Handling, notes: Notes, point: TurningPoint, wishes: Wishes
) -> tuple[Handling, Notes]:
    """Soon after it was settled the issue reopens, with a comment unless it flaps; later a new issue continues it."""
    settled = handling.resolved_at or cluster.last_seen
    back = replace(
        handling,
        status=Status.OPEN,
        announced=point.count,
        regressions=handling.regressions + 1,
        quiet=False,
        resolved_at=None,
        resolved_revision="",
    )
    flapped = is_flapping(notes, cluster.last_seen)
    notes = notes.model_copy(update={"came_back": (*notes.came_back, cluster.last_seen)[-_FLAPS * 2 :]})
    if handling.issue is not None and cluster.last_seen - settled > wishes.policy.reopen_within:
        return start_over(back, notes)
    return back, notes if flapped else _owe(notes, point, handling)


def start_over(handling: Handling, notes: Notes) -> tuple[Handling, Notes]:
    """The issue cannot or should not be used any more: the next one will refer to it."""
    earlier = handling.issue.url if handling.issue else notes.earlier
    fresh = {"written": None, "owed": (), "intent": None, "earlier": earlier, "abandoned": ""}
    return replace(handling, issue=None), notes.model_copy(update=fresh)


def _owe(notes: Notes, point: TurningPoint, handling: Handling) -> Notes:
    """One more comment; before there is an issue nothing is owed, it will say everything itself."""
    if handling.issue is None:
        return notes
    number = notes.comments + 1
    owed = Owed(number=number, change=point.change, count=point.count, reason=point.reason)
    return notes.model_copy(update={"comments": number, "owed": (*notes.owed, owed)[-_MAX_OWED:]})


def is_flapping(notes: Notes, at: datetime) -> bool:
    """It came back twice within a week: to close it by ourselves, or to comment, would only make noise."""
    return sum(at - _FLAP_WITHIN <= when for when in notes.came_back) >= _FLAPS


def aim(cluster: Cluster, notes: Notes, wishes: Wishes, story: Story | None = None) -> Aim:
    """What the issue should be like now."""
    flapping = is_flapping(notes, cluster.last_seen)
    status = cluster.handling.status
    return Aim(
        title=incident_plan.title(story, wishes.wording) if story else report.title(cluster, wishes.wording),
        labels=report.labels(cluster, _priority(cluster, wishes, story), flapping=flapping),
        open=None if status is Status.MUTED else status is not Status.RESOLVED,
        figures=figures(cluster, notes, wishes, story),
        story=story,
    )


def _priority(cluster: Cluster, wishes: Wishes, story: Story | None) -> Priority:
    """An incident is as urgent as the most urgent of its clusters, unless a person said otherwise."""
    own = priority_of(cluster, wishes.policy)
    return own if story is None or cluster.handling.priority_by != "policy" else min(own, story.priority)


def figures(cluster: Cluster, notes: Notes, wishes: Wishes, story: Story | None = None) -> str:
    """What tells, without rendering anything, whether an issue could need a change."""
    handling = cluster.handling
    rule, flapping = rule_for(cluster, wishes.policy), is_flapping(notes, cluster.last_seen)
    parts = (
        *(report.VERSION, cluster.id, cluster.template, cluster.count, cluster.last_seen.isoformat()),
        *(_priority(cluster, wishes, story), rule.impact if rule else "", wishes.wording.raw_samples),
        *(handling.quiet, str(handling.status), notes.earlier, flapping, cluster.aliases),
        *(notes.new_in, notes.gone_since, *(link.url for link in notes.links)),
        *(story.figures if story else ()),
    )
    return hashlib.blake2b(repr(parts).encode("utf-8", "replace"), digest_size=12).hexdigest()


def body(cluster: Cluster, notes: Notes, wishes: Wishes, story: Story | None = None) -> str:
    """Our part of the issue's body."""
    rule, priority = rule_for(cluster, wishes.policy), _priority(cluster, wishes, story)
    return report.body(
        cluster,
        wishes.wording,
        priority=priority,
        impact=story.impact if story else rule.impact if rule else "",
        notes=notes,
        lead=incident_plan.lead(story, wishes.wording, priority) if story else "",
        incident=incident_plan.section(story, wishes.wording) if story else "",
    )


def next_step(
    cluster: Cluster, wishes: Wishes, repository: str, *, body_due: bool, story: Story | None = None
) -> Step | None:
    """The next thing to do, None when all is as it should be.

    `body_due`: enough time has passed to rewrite the body for new figures alone. `story`: it speaks for an incident.
    """
    handling, notes = cluster.handling, notebook.load(cluster.handling.memory)
    spoken_for = handling.issue is None and bool(notes.incident)
    if notes.abandoned or notes.intent is not None or not handling.announced or spoken_for:
        return None
    if handling.issue is None:
        return (
            None
            if handling.status in (Status.MUTED, Status.RESOLVED)
            else _create(cluster, notes, wishes, repository, story)
        )
    written = notes.written
    if written is None:
        return Rewrite(aim(cluster, notes, wishes, story))
    # The order matters: a reopened issue is open before its comment calls people to it.
    if written.figures != figures(cluster, notes, wishes, story):
        target = aim(cluster, notes, wishes, story)
        if body_due or _is_urgent(target, written):
            return Rewrite(target)
    if notes.owed and handling.status is not Status.MUTED:
        return Say(notes.owed[0], report.comment(cluster, notes.owed[0], wishes.wording))
    return None


def _create(cluster: Cluster, notes: Notes, wishes: Wishes, repository: str, story: Story | None) -> Create:
    target, text = aim(cluster, notes, wishes, story), body(cluster, notes, wishes, story)
    people = assignees_of(cluster, wishes.owners)
    return Create(IssueDraft(repository, target.title, text, target.labels, people), target)


def _is_urgent(target: Aim, written: Written) -> bool:
    """Something people act on has changed, not only figures."""
    return (
        target.open not in (None, written.open)
        or bool(set(target.labels) - set(written.labels))
        or bool(_stale(written.labels, target.labels))
        or target.title != written.title
    )


def edit_for(target: Aim, text: str, notes: Notes, issue: Issue) -> IssueEdit | None:
    """The smallest edit that brings the issue to its aim without touching what people did; None where there is none.

    A title that is not the one we wrote is somebody's; so is a label that we wrote and that is gone.
    """
    written = notes.written
    ours = set(written.labels) if written else set()
    whole = report.splice(text, issue.body)
    edit = IssueEdit(
        title=target.title if written and issue.title == written.title != target.title else None,
        body=whole if whole.rstrip() != issue.body.replace("\r\n", "\n").rstrip() else None,
        open=target.open if target.open not in (None, issue.open) else None,
        reason="completed" if target.open is False and issue.open else "",
        add_labels=tuple(name for name in target.labels if name not in ours and name not in issue.labels),
        remove_labels=tuple(name for name in sorted(_stale(ours, target.labels)) if name in issue.labels),
    )
    return None if edit == IssueEdit() else edit


def labels_written(target: Aim, notes: Notes) -> tuple[str, ...]:
    """What is remembered as ours after the edit."""
    before = set(notes.written.labels) if notes.written else set()
    return tuple(sorted((before | set(target.labels)) - _stale(before, target.labels)))


def _stale(ours: Iterable[str], wanted: Iterable[str]) -> set[str]:
    """Labels of ours that no longer hold; a service never changes, so its label never goes."""
    changing = {name for name in ours if name in (report.QUIET, report.FLAPPING) or name.startswith(_PRIORITY_LABEL)}
    return changing - set(wanted)
