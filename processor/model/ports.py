"""Ports: the interfaces of a source, a store, an issue tracker and a clock, as the worker uses them.

A contract suite per port runs over every implementation (`tests/contract`). The docstrings state both the guarantees
for a caller and their limits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from processor.model import (
        AuditRecord,
        Checkpoint,
        Cluster,
        Committed,
        DeliveryHealth,
        Identity,
        Issue,
        IssueComment,
        IssueDraft,
        IssueEdit,
        IssueRef,
        ReceivedMessage,
        Rejected,
        Sample,
        Seen,
        Stream,
        StreamModel,
        Totals,
        Triage,
        WorkerState,
    )
    from processor.model.forget import Forget, Forgotten


class Clock(Protocol):
    """The only source of time outside a step's `now` parameter."""

    def now(self) -> datetime:
        """Return the time, aware UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait; return early if the process has to stop."""


class Source(Protocol):
    """A source of messages. Delivery is at least once, in any order."""

    def pull(self, max_messages: int, timeout_s: float) -> Sequence[ReceivedMessage]:
        """Return up to `max_messages`; an empty list after `timeout_s` without any. Raises `Transient`, `SourceError`.

        A returned message is not yet processed: it is delivered again until it is acknowledged.
        """

    def ack(self, messages: Sequence[ReceivedMessage]) -> None:
        """Acknowledge committed messages. Best effort: a lost acknowledgement causes a duplicate."""

    def release(self, messages: Sequence[ReceivedMessage]) -> None:
        """Return unprocessed messages, for early delivery to another reader."""

    def exhausted(self) -> bool:
        """Return whether no message can come any more (end of a file that is not followed)."""

    def close(self) -> None:
        """Release connections; un-acknowledged messages are delivered to the next reader."""


class Store(Protocol):
    """Cluster state. Every method may raise `Transient` (try again later) and `StateError` (stop)."""

    # --- the model ------------------------------------------------------------------------------------
    def load_model(self, known: Mapping[Stream, int]) -> Sequence[StreamModel]:
        """Return records of every stream whose revision is above `known` (0 if absent).

        A `StreamModel` holds only the records written after the known revision, in the order of writing.
        """

    def first_samples(self, ids: Collection[str]) -> Mapping[str, Sample]:
        """Return the earliest entry counted on each of these ids themselves; ids without entries are left out."""

    # --- counting -------------------------------------------------------------------------------------
    def seen(self, identities: Collection[Identity]) -> Seen:
        """Return which of these entries are already counted. The answer is passed back with the checkpoint."""

    def commit(self, checkpoint: Checkpoint) -> Committed:
        """Commit all of it or nothing, and never twice.

        Raises `Conflict` if another writer counted one of `fresh` or changed one of the streams first: nothing is
        applied; call `seen` and `load_model` again. After any other `Transient` the outcome is unknown; `seen` reveals
        it, and the same entries can safely be committed again.
        """

    # --- readers --------------------------------------------------------------------------------------
    @property
    def documents_read(self) -> int:
        """Documents read by the readers below, if every document is billed; always 0 if reading is free."""

    def clusters(self) -> Sequence[Cluster]:
        """Return every root cluster, including the counts of merged clusters, in no particular order."""

    def cluster(self, cluster_id: str) -> Cluster | None:
        """Return a root cluster; for an alias, the cluster that continues it."""

    def samples(self, cluster_id: str) -> Sequence[Sample]:
        """Return entries of a root cluster in order of time: first, about ten between, last; () for an unknown id.

        Those between are the same for any order of arrival and any number of workers.
        """

    def totals(self) -> Totals:
        """Return the totals over all workers, since the state was created."""

    def rejected(self, limit: int) -> Sequence[Rejected]:
        """Return quarantined messages, newest first."""

    def workers(self) -> Sequence[WorkerState]:
        """Return every worker that ever committed, newest heartbeat first."""

    def delivery(self) -> Sequence[DeliveryHealth]:
        """Return the last report of each issue tracker's health; () if there is none."""

    # --- decisions ------------------------------------------------------------------------------------
    def put_triage(self, cluster_id: str, triage: Triage, audit: Iterable[AuditRecord] = ()) -> Triage:
        """Store a decision with its audit trail; `triage.rev` is the revision that it is based on.

        Returns it with its new revision. Raises `Conflict` if somebody else decided in between.
        """

    def merge(self, loser_id: str, winner_id: str, audit: AuditRecord) -> None:
        """Merge two clusters on a person's decision: `loser_id` permanently becomes an alias of `winner_id`."""

    def split(self, cluster_id: str, audit: AuditRecord) -> Sequence[str]:
        """Split on a person's decision: detach an alias from its root, or all merged clusters from a root.

        The returned clusters permanently stay separate, with their own entries.
        """

    def audit(self, limit: int) -> Sequence[AuditRecord]:
        """Return actions, newest first."""

    def put_delivery(self, health: DeliveryHealth) -> None:
        """Replace the report of `health.tracker`."""

    def take_slot(self, name: str, now: datetime, spacing: timedelta) -> datetime:
        """Take and return the next time at which a limited action is allowed, over all users of the state.

        Two answers for the same name are at least `spacing` apart. Raises `Conflict` if others are always faster.
        """

    def end_session(self, session: str, expires_at: datetime) -> None:
        """Record that a session of the on-call page has ended; kept until it would have expired by itself."""

    def has_ended(self, session: str) -> bool:
        """Return whether a session was ended, by any process on this state."""

    def drop_rejected(self, ids: Collection[str]) -> None:
        """Remove replayed messages from quarantine."""

    def forget(self, what: Forget, audit: AuditRecord, *, dry_run: bool = False) -> Forgotten:
        """Remove matching data permanently from everything stored; with `dry_run` only return the amounts.

        The audit record is stored with the amounts. A cluster that is removed as a whole loses its counts, decisions
        and issue; similar entries are counted from zero again. The totals of ingested messages stay.
        """

    def redact_samples(self, before: datetime, *, after: str, limit: int) -> str:
        """Redact the stored samples of entries older than `before`, of the next `limit` clusters after that id.

        Returns the id to go on after, "" at the end. Samples that are redacted already stay as they are.
        """

    def close(self) -> None:
        """Release connections; safe to call twice."""


class IssueTracker(Protocol):
    """An issue tracker. One issue per key is the caller's duty; the tracker does not guarantee it.

    Any method may raise `RateLimited` (not done, wait), `Transient` (a read without an answer) and `RepositoryParked`.
    A write without an answer raises `OutcomeUnknown`: `create` and `comment` must then be checked (`listing`,
    `comments`) before they are repeated; `edit` may simply be repeated.
    """

    settle_s: float
    """A write without an answer appears in a listing after this many seconds at the latest, or never."""
    body_interval_s: float
    """Minimum interval between rewrites of a body for a changed count alone."""

    def reserve(self) -> None:
        """Wait until the next write is allowed, so that it immediately follows the next read."""

    def repositories(self) -> Sequence[str]:
        """Return all repositories in use."""

    def repository(self, service: str) -> str:
        """Return the repository for the issues of a service."""

    def listing(self, repository: str, since: datetime | None, *, labelled: bool = True) -> Sequence[Issue]:
        """Return issues changed since then, open and closed; only those with our label unless `labelled` is False.

        May lag by `settle_s` and may wrongly be empty: absence alone proves nothing.
        """

    def get(self, ref: IssueRef) -> Issue:
        """Return the current issue, without lag. Raises `IssueGone`, `IssueMoved`."""

    def create(self, draft: IssueDraft) -> Issue:
        """Create an issue; never retried. Raises `TrackerError` if refused."""

    def edit(self, ref: IssueRef, edit: IssueEdit) -> Issue:
        """Change an issue. Raises `IssueGone`, `IssueMoved`, `TrackerError`."""

    def comment(self, ref: IssueRef, body: str) -> None:
        """Add a comment; never retried. Raises `IssueLocked`, `IssueGone`, `IssueMoved`, `TrackerError`."""

    def comments(self, ref: IssueRef, since: datetime) -> Sequence[IssueComment]:
        """Return comments created or changed since then, oldest first."""

    def may_steer(self, ref: IssueRef, author: str) -> bool:
        """Return whether this person has write access to the repository."""

    def react(self, ref: IssueRef, comment: IssueComment, *, understood: bool) -> None:
        """Add a reaction to a command; idempotent."""

    def close(self) -> None:
        """Release connections."""
