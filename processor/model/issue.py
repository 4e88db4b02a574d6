"""Issues as every tracker has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class IssueRef:
    """One issue of one tracker.

    Attributes:
        repository: "owner/name", or the folder of a folder tracker.
        url: where a person opens it.
    """

    repository: str
    number: int
    url: str


@dataclass(frozen=True, slots=True)
class IssueDraft:
    """An issue to be made. Title and body are neutralised and redacted already."""

    repository: str
    title: str
    body: str
    labels: tuple[str, ...]
    assignees: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class IssueEdit:
    """What to change of an issue; None and empty leave as is. Doing it twice is doing it once.

    Attributes:
        reason: with `open=False`: completed, not_planned or duplicate.
        duplicate_of: with reason duplicate: the number of the issue that stays.
    """

    title: str | None = None
    body: str | None = None
    open: bool | None = None
    reason: str = ""
    duplicate_of: int = 0
    add_labels: tuple[str, ...] = ()
    remove_labels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Issue:
    """An issue as its tracker shows it.

    Attributes:
        reason: why it is closed: completed, not_planned, duplicate, or "".
        comments: how many it has.
        author: who opened it, "" where the tracker does not say.
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


@dataclass(frozen=True, slots=True)
class IssueComment:
    """A comment as its tracker shows it. `body` is somebody's text: hostile until neutralised."""

    id: int
    author: str
    body: str
    at: datetime
