"""Notes: the controller's record of a cluster's issue, in `Triage.notes`.

Every field of `Notes` has a default, so notes written by an older version are readable. Nothing here is log text. For
the stored JSON, see `sinks.triage_json`.
"""

from __future__ import annotations

from datetime import datetime  # noqa: TC003  # the store's codec resolves the fields' types when it runs
from typing import Any, Final, Literal

from msgspec import Struct


class Intent(Struct, frozen=True, omit_defaults=True):
    """A request that was about to be made.

    Until `until`, no other worker touches the cluster; then its outcome is checked.

    Attributes:
        token: identifies the owner; new for every intent.
        number: the comment's number.
    """

    action: Literal["create", "comment"]
    token: str
    at: datetime
    until: datetime
    number: int = 0


class PendingComment(Struct, frozen=True):
    """A comment that is not yet posted; its number is part of its marker."""

    number: int
    change: str
    count: int
    reason: str


class LastWritten(Struct, frozen=True):
    """The issue as last written; any difference was made by somebody else.

    Attributes:
        figures: digest of the inputs of our part of the body.
        labels: every label that we added and did not remove again.
    """

    title: str
    figures: str
    labels: tuple[str, ...]
    open: bool
    at: datetime
    updated_at: datetime


class RelatedIssue(Struct, frozen=True, omit_defaults=True):
    """An issue related to this one, and why; see `processor.issues.related_issues`.

    Attributes:
        cluster: id of the issue's cluster, "" for an issue that a person wrote.
    """

    number: int
    url: str
    why: str
    cluster: str = ""


class Replaced(Struct, frozen=True, omit_defaults=True):
    """The decision that a person's last decision replaced; for its fields see `Triage`.

    Attributes:
        became: the status that the last decision set.
    """

    became: str
    status: str
    priority: str | None = None
    priority_by: str = "policy"
    by: str = ""
    assignee: str = ""
    note: str = ""
    changed_at: datetime | None = None
    mute_until: datetime | None = None
    mute_until_count: int | None = None
    resolved_at: datetime | None = None
    resolved_revision: str = ""


_DECIDED: Final = tuple(name for name in Replaced.__struct_fields__ if name != "became")


def decided(source: object) -> dict[str, Any]:
    """Return what a person decides, by the names of the fields, from a `Triage` or a `Replaced`."""
    return {name: getattr(source, name) for name in _DECIDED}


class Notes(Struct, frozen=True, omit_defaults=True):
    """The controller's notes about a cluster.

    Attributes:
        asked_at: when the last issue was requested; basis of the cap per hour.
        comments: number of comments to date, and the number of the next comment.
        came_back: times of regressions, newest last.
        abandoned: why nothing is written for now, for people; "" in normal operation.
        retry_at: when a refused write is retried: after an hour, doubling.
        refused_at, refused_title, refusals: time and title of the refusal, and the number of refusals in a row.
        waiting: why its issue is not opened yet, for people; "" if it is not due.
        earlier: URL of the issue that this issue continues.
        links: related issues.
        new_in, gone_since: from its service's revisions; see `processor.triage.deploys.View`.
        incident: id of the cluster whose issue covers this one, "" if it has its own.
        variant_of: id of the cluster below whose issue this one waits, for readers; see `processor.triage.variants`.
        replaced: the decision before a person's last one, to take that one back; None after that.
        commands_at: time up to which the issue's comments were searched for commands.
        heard_at: the issue's last change at the last search.
        comments_heard: number of comments when they were last listed; another number triggers a search.
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
    variant_of: str = ""
    replaced: Replaced | None = None
    commands_at: datetime | None = None
    comments_heard: int = 0
    heard_at: datetime | None = None
    command_ids: tuple[int, ...] = ()


EMPTY = Notes()
DELETED: Final = "the issue was deleted"
"""Text of `Notes.abandoned` in that case."""
FOR_BUDGET: Final = "waits for the hourly budget"
"""Text of `Notes.waiting` in that case."""
