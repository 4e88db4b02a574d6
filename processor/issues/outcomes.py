"""A cluster's notes after an answer of the tracker. Pure."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

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
    """Return notes without a pending request."""
    return replace(notes, intent=None, **update)


def accepted(notes: Notes) -> Notes:
    """Return notes after a successful request, which clears refusals."""
    return replace(notes, abandoned="", retry_at=None, refused_at=None, refused_title="", refusals=0)


def refused(reason: str, title: str, now: datetime) -> Revise:
    """Return notes after a refusal: the next attempt is an hour later, then two, up to a day."""

    def revise(triage: Triage, notes: Notes) -> tuple[Triage, Notes]:
        wait = min(_BACK_OFF * 2 ** min(notes.refusals, 10), _MAX_BACK_OFF)
        told = {"abandoned": reason, "refused_at": now, "retry_at": now + wait, "refused_title": title}
        return triage, without_intent(notes, **told, refusals=notes.refusals + 1)

    return revise


def forgiven(triage: Triage, notes: Notes) -> tuple[Triage, Notes]:
    """Return notes that allow a retry; the number of consecutive refusals is kept until it succeeds."""
    return triage, replace(accepted(notes), refusals=notes.refusals)


def nothing(triage: Triage, notes: Notes) -> tuple[Triage, Notes]:
    """Return notes after a request that was not carried out."""
    return triage, without_intent(notes)


def said(number: int) -> Revise:
    """Return notes after a posted comment, which is no longer pending."""

    def revise(triage: Triage, notes: Notes) -> tuple[Triage, Notes]:
        owed = tuple(one for one in notes.owed if one.number != number)
        return triage, without_intent(notes, owed=owed)

    return revise


def unheard(number: int, *, restart: bool) -> Revise:
    """Return notes for a locked issue, which accepts no comment: a regression gets a new issue, others are dropped."""

    def revise(triage: Triage, notes: Notes) -> tuple[Triage, Notes]:
        triage, notes = said(number)(triage, notes)
        return decide.start_over(triage, notes) if restart else (triage, notes)

    return revise


def expected_open(before: Issue, answer: Issue, edit: IssueEdit | None) -> bool:
    """Return whether the issue is open as far as we know: as we wrote it, otherwise as last read."""
    if edit is None or edit.open is None:
        return before.open
    # Closed by a person before our close arrived: their reason counts.
    theirs = edit.open is False and not answer.open and answer.reason not in (edit.reason, "")
    return before.open if theirs else edit.open


def deleted(triage: Triage, notes: Notes) -> tuple[Triage, Notes]:
    """Return notes after a person deleted the issue: it is not opened again."""
    muted = replace(triage, status=Status.MUTED, by="issue", mute_until=None, mute_until_count=None)
    return muted, without_intent(notes, abandoned=DELETED, owed=())


def ref_of(cluster: Cluster) -> IssueRef:
    """Return its issue. Raises `TrackerError` if it has none."""
    ref = cluster.triage.issue
    if ref is None:
        raise TrackerError(f"cluster {cluster.id} has no issue")
    return ref
