"""What an answer of the tracker makes of a cluster's notes. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from processor.model import Status
from processor.model.errors import TrackerError
from processor.model.notes import DELETED
from processor.triage import decide

if TYPE_CHECKING:
    from datetime import datetime

    from processor.model import Cluster, Issue, IssueEdit, IssueRef, Triage
    from processor.model.notes import Notes

_BACK_OFF: Final = timedelta(hours=1)
_MAX_BACK_OFF: Final = timedelta(days=1)
Revise = Callable[["Triage", "Notes"], "tuple[Triage, Notes]"]


def without_intent(notes: Notes, **update: Any) -> Notes:
    """Notes without a request under way."""
    return replace(notes, intent=None, **update)


def accepted(notes: Notes) -> Notes:
    """Notes after a request that succeeded: nothing is refused any more."""
    return replace(notes, abandoned="", retry_at=None, refused_at=None, refused_title="", refusals=0)


def refused(reason: str, title: str, now: datetime) -> Revise:
    """The tracker refused: the next try is an hour later, then two, up to a day."""

    def revise(triage: Triage, notes: Notes) -> tuple[Triage, Notes]:
        wait = min(_BACK_OFF * 2 ** min(notes.refusals, 10), _MAX_BACK_OFF)
        told = {"abandoned": reason, "refused_at": now, "retry_at": now + wait, "refused_title": title}
        return triage, without_intent(notes, **told, refusals=notes.refusals + 1)

    return revise


def forgiven(triage: Triage, notes: Notes) -> tuple[Triage, Notes]:
    """It is tried again; how often it was refused in a row stays known until it succeeds."""
    return triage, replace(accepted(notes), refusals=notes.refusals)


def nothing(triage: Triage, notes: Notes) -> tuple[Triage, Notes]:
    """The request was not carried out."""
    return triage, without_intent(notes)


def said(number: int) -> Revise:
    """The comment is written: it is owed no more."""

    def revise(triage: Triage, notes: Notes) -> tuple[Triage, Notes]:
        owed = tuple(one for one in notes.owed if one.number != number)
        return triage, without_intent(notes, owed=owed)

    return revise


def unheard(number: int, *, restart: bool) -> Revise:
    """A locked issue takes no comment: a regression gets a new issue, anything else is left unsaid."""

    def revise(triage: Triage, notes: Notes) -> tuple[Triage, Notes]:
        triage, notes = said(number)(triage, notes)
        return decide.start_over(triage, notes) if restart else (triage, notes)

    return revise


def expected_open(before: Issue, answer: Issue, edit: IssueEdit | None) -> bool:
    """Whether the issue is open as far as we know: as we wrote it, else as it was when we looked."""
    if edit is None or edit.open is None:
        return before.open
    # Closed by somebody with a reason of their own before our close came: theirs counts.
    theirs = edit.open is False and not answer.open and answer.reason not in (edit.reason, "")
    return before.open if theirs else edit.open


def deleted(triage: Triage, notes: Notes) -> tuple[Triage, Notes]:
    """Somebody deleted it: a person's word, so it is not opened again."""
    muted = replace(triage, status=Status.MUTED, by="issue", mute_until=None, mute_until_count=None)
    return muted, without_intent(notes, abandoned=DELETED, owed=())


def ref_of(cluster: Cluster) -> IssueRef:
    """Its issue. Raises `TrackerError` where it has none."""
    ref = cluster.triage.issue
    if ref is None:
        raise TrackerError(f"cluster {cluster.id} has no issue")
    return ref
