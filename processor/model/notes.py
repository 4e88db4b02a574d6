"""The controller's notes about a cluster's issue, `Triage.notes`.

Every field of `Notes` has a default, so notes written by an older version can be read. Nothing here is log text. The
stored form is JSON, see `sinks.triage_json`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  # the store's codec resolves the fields' types when it runs
from typing import Final, Literal


@dataclass(frozen=True, slots=True)
class Intent:
    """A request that was about to be made. Until `until` nobody else touches the cluster; then somebody looks.

    Attributes:
        token: whose it is; made up for every intent.
        number: the comment's number.
    """

    action: Literal["create", "comment"]
    token: str
    at: datetime
    until: datetime
    number: int = 0


@dataclass(frozen=True, slots=True)
class PendingComment:
    """A comment that people have not seen yet; its number is part of its marker."""

    number: int
    change: str
    count: int
    reason: str


@dataclass(frozen=True, slots=True)
class LastWritten:
    """The issue as we wrote it last: what differs from it was somebody else.

    Attributes:
        figures: digest of what our part of the body was made from.
        labels: every label we ever added and did not take away again.
    """

    title: str
    figures: str
    labels: tuple[str, ...]
    open: bool
    at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class RelatedIssue:
    """An issue that has to do with this one, and why; see `processor.issues.related_issues`.

    Attributes:
        cluster: id of the cluster whose issue it is, "" for one that a person wrote.
    """

    number: int
    url: str
    why: str
    cluster: str = ""


@dataclass(frozen=True, slots=True)
class Notes:
    """The controller's notes about one cluster.

    Attributes:
        asked_at: when the last issue was asked for; what the cap per hour is counted from.
        comments: comments owed so far; the next one's number.
        came_back: when it regressed, the newest last.
        abandoned: why nothing is written for now, for people; "" while all is well.
        retry_at: when a refused write is tried again: an hour later, doubling.
        refused_at, refused_title, refusals: when, of which title and how often in a row it was refused.
        waiting: why its issue is not opened yet, for people; "" where it is not due.
        earlier: URL of the issue that this one continues.
        links: issues that have to do with this one.
        new_in, gone_since: what its service's revisions say of it; see `processor.triage.deploys.View`.
        incident: id of the cluster whose issue speaks for this one, "" while it speaks for itself.
        commands_at: up to when the issue's comments were searched for commands.
        heard_at: the issue's last change when it was listened to last.
        comments_heard: how many the issue had when they were listed; another number is a reason to look.
    """

    intent: Intent | None = None
    owed: tuple[PendingComment, ...] = ()
    comments: int = 0
    written: LastWritten | None = None
    asked_at: datetime | None = None
    came_back: tuple[datetime, ...] = ()
    abandoned: str = ""
    retry_at: datetime | None = None
    refused_at: datetime | None = None
    refused_title: str = ""
    refusals: int = 0
    waiting: str = ""
    earlier: str = ""
    links: tuple[RelatedIssue, ...] = ()
    new_in: str = ""
    gone_since: str = ""
    incident: str = ""
    commands_at: datetime | None = None
    comments_heard: int = 0
    heard_at: datetime | None = None
    command_ids: tuple[int, ...] = ()


EMPTY = Notes()
DELETED: Final = "the issue was deleted"
"""What `Notes.abandoned` says then."""
FOR_BUDGET: Final = "waits for the hourly budget"
"""What `Notes.waiting` says then."""
