"""Issues in the form common to all trackers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from datetime import datetime


class IssueRef(Struct, frozen=True):
    """An issue of a tracker.

    Attributes:
        repository: "owner/name", or the folder of a folder tracker.
        url: its address for people.
    """

    repository: str
    number: int
    url: str


class IssueDraft(Struct, frozen=True):
    """An issue to create. Title and body are already escaped and redacted."""

    repository: str
    title: str
    body: str
    labels: tuple[str, ...]
    assignees: tuple[str, ...] = ()


class IssueEdit(Struct, frozen=True):
    """Changes to an issue; None and empty leave a field unchanged. Idempotent.

    Attributes:
        reason: with `open=False`: completed, not_planned or duplicate.
        duplicate_of: with reason duplicate: the number of the remaining issue.
    """

    title: str | None = None
    body: str | None = None
    open: bool | None = None
    reason: str = ""
    duplicate_of: int = 0
    add_labels: tuple[str, ...] = ()
    remove_labels: tuple[str, ...] = ()


class Issue(Struct, frozen=True):
    """An issue as its tracker shows it.

    Attributes:
        reason: of closing: completed, not_planned, duplicate, or "".
        comments: number of comments.
        author: the person who opened it, "" if the tracker does not report it.
    """

    ref: IssueRef
    title: str
    body: str
    labels: frozenset[str]
    open: bool
    reason: str
    created_at: datetime
    updated_at: datetime
    closed_at: datetime | None
    locked: bool = False
    comments: int = 0
    author: str = ""


class IssueComment(Struct, frozen=True):
    """A comment as its tracker shows it. `body` is a person's text: hostile until escaped."""

    id: int
    author: str
    body: str
    at: datetime
