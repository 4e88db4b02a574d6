"""The seams: what the worker asks of a source, a store, an issue tracker and a clock.

One contract suite per seam runs over every implementation (`tests/contract`). The docstrings say what a
caller may rely on and, as important, what it may not.
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
    """The only way to know the time outside a step's `now` parameter."""

    def now(self) -> datetime:
        """Aware UTC."""

    def sleep(self, seconds: float) -> None:
        """Wait; returns early when the process is asked to stop."""


class Source(Protocol):
    """Where messages come from. Delivery is at least once, in any order."""

    def pull(self, max_messages: int, timeout_s: float) -> Sequence[ReceivedMessage]:
        """Up to `max_messages`; an empty list after `timeout_s` without any. Raises `Transient`, `SourceError`.

        Returning a message does not mean that it was processed: it comes again until it is acknowledged.
        """

    def ack(self, messages: Sequence[ReceivedMessage]) -> None:
        """These are committed and need not come again. Best effort: a lost acknowledgement is a duplicate."""

    def release(self, messages: Sequence[ReceivedMessage]) -> None:
        """These were pulled and will not be processed here; give them to somebody else soon."""

    def exhausted(self) -> bool:
        """True once nothing more can ever come (end of a file that is not followed)."""

    def close(self) -> None:
        """Free what is held; un-acknowledged messages come back to the next reader."""


class Store(Protocol):
    """Cluster state. Every method may raise `Transient` (try again later) and `StateError` (stop)."""

    # --- the model ------------------------------------------------------------------------------------
    def load_model(self, known: Mapping[Stream, int]) -> Sequence[StreamModel]:
        """Records of every stream whose revision is above `known` (0 where absent).

        A `StreamModel` holds the records written after the known revision, in the order written, not all.
        """

    def first_samples(self, ids: Collection[str]) -> Mapping[str, Sample]:
        """The earliest entry counted on each of these ids themselves; those without one are left out."""

    # --- counting -------------------------------------------------------------------------------------
    def seen(self, identities: Collection[Identity]) -> Seen:
        """Which of these entries are counted already. The answer goes back with the checkpoint."""

    def commit(self, checkpoint: Checkpoint) -> Committed:
        """All of it or nothing, and never twice.

        Raises `Conflict` when another writer counted one of `fresh` or changed one of the streams first:
        nothing is applied, ask `seen` and `load_model` again. After any other `Transient` the outcome is
        unknown; asking `seen` again tells, and the same entries can safely be tried again.
        """

    # --- readers --------------------------------------------------------------------------------------
    @property
    def documents_read(self) -> int:
        """What the readers below have read so far where every document is billed; 0 for ever where reading is free."""

    def clusters(self) -> Sequence[Cluster]:
        """Every root cluster, merged ones folded in, in no particular order."""

    def cluster(self, cluster_id: str) -> Cluster | None:
        """One root cluster; an alias gives the cluster that continues it."""

    def samples(self, cluster_id: str) -> Sequence[Sample]:
        """Entries of a root cluster in order of time: the first, about ten between, the last; () for an unknown id.

        Those between are the same ones in whatever order and over however many workers the entries came.
        """

    def totals(self) -> Totals:
        """Over all workers, since the state was created."""

    def rejected(self, limit: int) -> Sequence[Rejected]:
        """The newest quarantined messages first."""

    def workers(self) -> Sequence[WorkerState]:
        """Every worker that ever committed, newest heartbeat first."""

    def delivery(self) -> Sequence[DeliveryHealth]:
        """The last report of each issue tracker's health; () where none was ever stored."""

    # --- decisions ------------------------------------------------------------------------------------
    def put_triage(self, cluster_id: str, triage: Triage, audit: Iterable[AuditRecord] = ()) -> Triage:
        """Store a decision with its audit trail; `handling.rev` is the revision it was made on.

        Returns it with its new revision. Raises `Conflict` when someone decided in between.
        """

    def merge(self, loser_id: str, winner_id: str, audit: AuditRecord) -> None:
        """A person says that these are one: `loser_id` becomes an alias of `winner_id`, for good."""

    def split(self, cluster_id: str, audit: AuditRecord) -> Sequence[str]:
        """A person says that these are different: an alias leaves its root, or all that was merged into a root.

        The clusters returned stand alone for good, with the entries counted on them.
        """

    def audit(self, limit: int) -> Sequence[AuditRecord]:
        """The newest actions first."""

    def put_delivery(self, health: DeliveryHealth) -> None:
        """Replace the report of `health.tracker`."""

    def take_slot(self, name: str, now: datetime, spacing: timedelta) -> datetime:
        """The next time at which a limited thing may be done, for all that share the state; it is taken by that.

        Two answers for one name are at least `spacing` apart. Raises `Conflict` when others are always faster.
        """

    def drop_rejected(self, ids: Collection[str]) -> None:
        """Take replayed messages out of quarantine."""

    def forget(self, what: Forget, audit: AuditRecord, *, dry_run: bool = False) -> Forgotten:
        """Take this out of everything stored, for good; with `dry_run` only say how much it is.

        The audit record is stored with how much has gone. A cluster that goes as a whole loses its counts, decisions
        and issue; entries like it are counted from nothing again. The account of all that was taken in stays.
        """

    def close(self) -> None:
        """Release connections; safe to call twice."""


class IssueTracker(Protocol):
    """Where issues are kept. One issue per key is the caller's duty; the tracker offers no such promise.

    Any method may raise `RateLimited` (not done, wait), `Transient` (a read that did not answer) and
    `RepositoryParked`. A write that got no answer raises `OutcomeUnknown`: only `create` and `comment` must
    then look (`listing`, `comments`) before they are repeated, `edit` may simply be repeated.
    """

    settle_s: float
    """A write that got no answer shows in a listing after this many seconds at the latest, or never."""
    body_interval_s: float
    """How often a body may be rewritten just because a count grew."""

    def reserve(self) -> None:
        """Wait until the next write may be made, so that it follows what is read next at once."""

    def repositories(self) -> Sequence[str]:
        """All repositories in use."""

    def repository(self, service: str) -> str:
        """The one that holds the issues of a service."""

    def listing(self, repository: str, since: datetime | None, *, labelled: bool = True) -> Sequence[Issue]:
        """Issues changed since then, open and closed; only those with our label unless `labelled` is False.

        May lag by `settle_s` and may, on a bad day, be empty: absence proves nothing by itself.
        """

    def get(self, ref: IssueRef) -> Issue:
        """The issue as it is now, without lag. Raises `IssueGone`, `IssueMoved`."""

    def create(self, draft: IssueDraft) -> Issue:
        """Make an issue; never tried twice. Raises `TrackerError` when it was refused."""

    def edit(self, ref: IssueRef, edit: IssueEdit) -> Issue:
        """Change an issue. Raises `IssueGone`, `IssueMoved`, `TrackerError`."""

    def comment(self, ref: IssueRef, body: str) -> None:
        """Add a comment; never tried twice. Raises `IssueLocked`, `IssueGone`, `IssueMoved`, `TrackerError`."""

    def comments(self, ref: IssueRef, since: datetime) -> Sequence[IssueComment]:
        """Comments made or changed since then, oldest first."""

    def may_steer(self, ref: IssueRef, author: str) -> bool:
        """Whether this person has write access to the repository."""

    def react(self, ref: IssueRef, comment: IssueComment, *, understood: bool) -> None:
        """Answer a command with a reaction; doing it twice is doing it once."""

    def close(self) -> None:
        """Release connections."""
