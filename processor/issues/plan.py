"""The desired state of a cluster's issue, and the next single step towards it. Pure.

`aim` says what the issue should be like, and `next_step` compares it with what was written last. Must not know how a
tracker is called.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from processor.issues import body as report
from processor.issues import headline, incident_body
from processor.issues.cloud_console import NOWHERE
from processor.issues.owners import assignees_of, owners_of
from processor.model import IssueDraft, IssueEdit, Kind, Status
from processor.parsing import stacktrace
from processor.triage import decide
from processor.triage.policy import priority_of, rule_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processor.issues.cloud_console import Places
    from processor.issues.publish import Wording
    from processor.model import Cluster, Issue, Priority
    from processor.model.notes import LastWritten, Notes, PendingComment
    from processor.triage.incident_owner import IncidentReport
    from processor.triage.policy import Policy

_PRIORITY_LABEL: Final = "priority: "


class DesiredIssue(Struct, frozen=True):
    """The desired state of an issue.

    Attributes:
        open: None leaves it as it is.
        figures: digest of all inputs of the body, which is rendered only when needed.
        incident_report: the incident that it tells of.
        variants: the clusters that wait below this issue.
    """

    title: str
    labels: tuple[str, ...]
    open: bool | None
    figures: str
    incident_report: IncidentReport | None = None
    variants: tuple[Cluster, ...] = ()


class Create(Struct, frozen=True):
    """Open the issue, which notifies people."""

    draft: IssueDraft
    aim: DesiredIssue


class Update(Struct, frozen=True):
    """Update the issue without notifying anybody."""

    aim: DesiredIssue


class Comment(Struct, frozen=True):
    """Post one comment, which notifies people."""

    owed: PendingComment
    body: str


Action = Create | Update | Comment


class IssueSettings(Struct, frozen=True):
    """Settings of issues.

    Attributes:
        auto_close: close issues of quiet problems; otherwise only label them.
        code_owners: (pattern, assignees) of a CODEOWNERS file, used if `owners` names nobody.
        places: targets of an issue's links.
        owners: (service pattern, module pattern, assignees); the last match decides.
    """

    policy: Policy
    wording: Wording
    auto_close: bool = False
    owners: tuple[tuple[str, str, tuple[str, ...]], ...] = ()
    places: Places = NOWHERE
    code_owners: tuple[tuple[str, tuple[str, ...]], ...] = ()


def aim(
    cluster: Cluster,
    notes: Notes,
    settings: IssueSettings,
    incident_report: IncidentReport | None = None,
    variants: tuple[Cluster, ...] = (),
) -> DesiredIssue:
    """Return what the issue should be like now."""
    flapping = decide.is_flapping(notes, cluster.last_seen)
    status = cluster.triage.status
    return DesiredIssue(
        title=incident_body.title(incident_report, settings.wording)
        if incident_report
        else headline.title(cluster, settings.wording),
        labels=report.labels(
            cluster, settings.wording, _priority(cluster, settings, incident_report), flapping=flapping
        ),
        open=None if status is Status.MUTED else status is not Status.RESOLVED,
        figures=figures(cluster, notes, settings, incident_report, variants),
        incident_report=incident_report,
        variants=variants,
    )


def _priority(cluster: Cluster, settings: IssueSettings, incident_report: IncidentReport | None) -> Priority:
    """Return the priority; an incident has that of its most urgent cluster, unless a person set one."""
    own = priority_of(cluster, settings.policy)
    return (
        own if incident_report is None or cluster.triage.priority_by != "policy" else min(own, incident_report.priority)
    )


def figures(
    cluster: Cluster,
    notes: Notes,
    settings: IssueSettings,
    incident_report: IncidentReport | None = None,
    variants: tuple[Cluster, ...] = (),
) -> str:
    """Return a digest that shows, without rendering, whether an issue may need a change."""
    triage = cluster.triage
    rule, flapping = rule_for(cluster, settings.policy), decide.is_flapping(notes, cluster.last_seen)
    parts = (
        *(report.VERSION, cluster.id, cluster.template, cluster.count, cluster.last_seen.isoformat()),
        *(_priority(cluster, settings, incident_report), rule.impact if rule else "", settings.wording.raw_samples),
        *(triage.quiet, str(triage.status), notes.earlier, flapping, cluster.aliases),
        *(notes.new_in, notes.gone_since, *(link.url for link in notes.links)),
        *(incident_report.figures if incident_report else ()),
        *((one.id, one.count) for one in variants),
    )
    return hashlib.blake2b(repr(parts).encode("utf-8", "replace"), digest_size=12).hexdigest()


def body(cluster: Cluster, notes: Notes, settings: IssueSettings, target: DesiredIssue) -> str:
    """Return our part of the issue's body."""
    told = target.incident_report
    rule, priority = rule_for(cluster, settings.policy), _priority(cluster, settings, told)
    return report.body(
        cluster,
        settings.wording,
        priority=priority,
        impact=told.impact if told else rule.impact if rule else "",
        notes=notes,
        lead=incident_body.lead(told, settings.wording, priority) if told else "",
        places=settings.places,
        incident=incident_body.section(told, settings.wording) if told else "",
        variants=target.variants,
    )


def next_step(
    cluster: Cluster,
    settings: IssueSettings,
    repository: str,
    *,
    body_due: bool,
    incident_report: IncidentReport | None = None,
    variants: tuple[Cluster, ...] = (),
) -> Action | None:
    """Return the next step, None if the issue is as it should be.

    `body_due`: enough time has passed to rewrite the body for new figures alone. `incident_report`, `variants`: what
    its issue covers beside its own cluster.
    """
    triage, notes = cluster.triage, cluster.triage.notes
    spoken_for = triage.issue is None and bool(notes.incident or notes.variant_of)
    if notes.abandoned or notes.intent is not None or not triage.announced or spoken_for:
        return None
    if triage.issue is None:
        return (
            None
            if triage.status in (Status.MUTED, Status.RESOLVED)
            else _create(cluster, settings, repository, aim(cluster, notes, settings, incident_report, variants))
        )
    written = notes.written
    if written is None:
        return Update(aim(cluster, notes, settings, incident_report, variants))
    # The order matters: an issue is reopened before its comment notifies people.
    if written.figures != figures(cluster, notes, settings, incident_report, variants):
        target = aim(cluster, notes, settings, incident_report, variants)
        if body_due or _is_urgent(target, written):
            return Update(target)
    if notes.owed and triage.status is not Status.MUTED:
        return Comment(notes.owed[0], report.comment(cluster, notes.owed[0], settings.wording))
    return None


def _create(cluster: Cluster, settings: IssueSettings, repository: str, target: DesiredIssue) -> Create:
    text = body(cluster, cluster.triage.notes, settings, target)
    people = assignees_of(cluster, settings.owners) or owners_of(_own_files(cluster), settings.code_owners)
    return Create(IssueDraft(repository, target.title, text, target.labels, people), target)


def _own_files(cluster: Cluster) -> tuple[str, ...]:
    """Return the file in which the exception was raised."""
    found = stacktrace.describe(cluster.sample.text) if cluster.stream.kind == Kind.EXCEPTION else None
    return (found.file,) if found and found.file else ()


def _is_urgent(target: DesiredIssue, written: LastWritten) -> bool:
    """Return whether something that people act on has changed, not only figures."""
    return (
        target.open not in (None, written.open)
        or bool(set(target.labels) - set(written.labels))
        or bool(_stale(written.labels, target.labels))
        or target.title != written.title
    )


def edit_for(target: DesiredIssue, text: str, notes: Notes, issue: Issue) -> IssueEdit | None:
    """Return the smallest edit that reaches the aim without touching people's changes; None if none is needed.

    A title that we did not write is a person's; a label of ours that is gone was removed by a person.
    """
    written = notes.written
    # Our own label is how issues are found: it is put back, whoever removed it.
    ours = set(written.labels) - {report.LABEL} if written else set()
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


def labels_written(target: DesiredIssue, notes: Notes) -> tuple[str, ...]:
    """Return the labels to remember as ours after the edit."""
    before = set(notes.written.labels) if notes.written else set()
    return tuple(sorted((before | set(target.labels)) - _stale(before, target.labels)))


def _stale(ours: Iterable[str], wanted: Iterable[str]) -> set[str]:
    """Return our labels that no longer hold; the service never changes, so its label stays."""
    changing = {name for name in ours if name in (report.QUIET, report.FLAPPING) or name.startswith(_PRIORITY_LABEL)}
    return changing - set(wanted)
