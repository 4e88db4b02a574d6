"""Triage: decisions of people and the policy about a cluster."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from processor.model.notes import EMPTY, Notes

if TYPE_CHECKING:
    from datetime import datetime

    from processor.model.issue import IssueRef


class Status(StrEnum):
    """On-call's decision about a cluster."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    MUTED = "muted"
    RESOLVED = "resolved"


class Priority(StrEnum):
    """Priority: P0 wakes somebody, P3 can wait until the end of the week."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


class Triage(Struct, frozen=True):
    """The decisions of people and the controller about a cluster; written under compare-and-set on `rev`.

    Attributes:
        assignee: who is on it: whoever acknowledged it last, or was named since; "" is nobody.
        priority: set by the policy, or by a person (`priority_by`); None until evaluated.
        mute_until: muted until this time; None is no date.
        mute_until_count: muted until this number of occurrences; None is no bound.
        resolved_at: event time up to which the cluster is resolved.
        announced: occurrences at the last issue or comment; 0 is never.
        regressions: number of times it returned after it was resolved.
        quiet: it has been silent for so long that chance is unlikely.
        notes: the controller's own (intents, last writes), decoded once by the store's codec.
    """

    rev: int = 0
    status: Status = Status.OPEN
    priority: Priority | None = None
    priority_by: str = "policy"
    by: str = ""
    assignee: str = ""
    note: str = ""
    changed_at: datetime | None = None
    mute_until: datetime | None = None
    mute_until_count: int | None = None
    resolved_at: datetime | None = None
    resolved_revision: str = ""
    issue: IssueRef | None = None
    announced: int = 0
    regressions: int = 0
    quiet: bool = False
    notes: Notes = EMPTY

    @property
    def assigned_to(self) -> str:
        """Who is on it, "" for nobody; in states from before `assignee`, whoever acknowledged it."""
        return self.assignee or (self.by if self.status is Status.ACKNOWLEDGED else "")

    @property
    def held_back(self) -> str:
        """Why its issue is not written for now, for people; "" where it is, or where none is wanted."""
        if self.notes.abandoned:
            return self.notes.abandoned
        if self.issue is not None or self.status in (Status.MUTED, Status.RESOLVED):
            return ""
        return f"waits as a variant of {self.notes.variant_of}" if self.notes.variant_of else self.notes.waiting


class AuditRecord(Struct, frozen=True):
    """An action on a cluster, with its author and time."""

    at: datetime
    who: str
    action: str
    cluster_id: str
    detail: str = ""


class Change(StrEnum):
    """Changes of a cluster that are announced to people."""

    NEW = "new"
    ESCALATING = "escalating"
    REGRESSED = "regressed"
    QUIET = "quiet"
    UNMUTED = "unmuted"


class TurningPoint(Struct, frozen=True):
    """A change of a cluster, as the policy sees it.

    Attributes:
        count: the cluster's occurrences at that point.
        reason: a sentence for people, made of figures and the policy's words, never of log text.
    """

    change: Change
    count: int
    reason: str
