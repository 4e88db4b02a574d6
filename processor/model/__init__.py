"""Every noun that flows through Log Gardener, frozen. Read top to bottom, this is the glossary.

Times are aware UTC `datetime`s unless a name says `minute` (whole minutes since the epoch) or `day`
(whole days since the epoch). Nothing here does IO or reads a clock.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

SCHEMA_VERSION = 1
"""Version of every stored document; a store refuses or upgrades any other, it never guesses."""


LEDGER_SLOT_S = 300
"""Entries of so many seconds of event time are kept in one slot of the ledger. A change forgets what is counted."""


class Severity(IntEnum):
    """Cloud Logging's `LogSeverity`, with its numbers."""

    DEFAULT = 0
    DEBUG = 100
    INFO = 200
    NOTICE = 300
    WARNING = 400
    ERROR = 500
    CRITICAL = 600
    ALERT = 700
    EMERGENCY = 800

    # The number's own, in C: an enum's is a call of Python, and every entry is counted under its severity.
    __hash__ = int.__hash__


class Kind(StrEnum):
    """What a message is grouped by: its words, its stack trace, or its HTTP request."""

    TEXT = "text"
    EXCEPTION = "exception"
    HTTP = "http"

    # The text's own, in C: an enum's is a call of Python, and every stream is looked up by its kind.
    __hash__ = str.__hash__


class Status(StrEnum):
    """What on-call decided about a cluster."""

    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    MUTED = "muted"
    RESOLVED = "resolved"


class Priority(StrEnum):
    """P0 wakes somebody, P3 can wait for the week."""

    P0 = "P0"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"


class Stream(NamedTuple):
    """Messages that may share a cluster: one project's service, one kind. Every stream has its own miner."""

    project: str
    service: str
    kind: Kind

    @property
    def key(self) -> str:
        """The stream as one string; part of what a cluster id is made from, so its form never changes."""
        return f"{self.project}/{self.service}/{self.kind}"


class Identity(NamedTuple):
    """What makes two deliveries the same log entry: (log_name, timestamp, insert_id), digested.

    Attributes:
        second: event time in whole seconds since the epoch; a ledger may be cut by it.
        digest: 16 bytes of BLAKE2b.
    """

    second: int
    digest: bytes


class HttpRequest(NamedTuple):
    """The part of `httpRequest` that grouping and on-call use. `url` may be a whole URL or a path.

    Attributes:
        outcome: how it ended, in words of a closed set (`failed_to_pick_backend`); "" where nothing says.
    """

    method: str
    url: str
    status: int
    outcome: str = ""


class Entry(NamedTuple):
    """One log entry, decoded and normalised: what every step sees instead of Cloud Logging's JSON.

    Attributes:
        timestamp: event time as logged; with log_name and insert_id the entry's identity.
        at: event time.
        severity: as logged, or inferred from the text when the entry has none.
        text: the message; empty when the entry has only an HTTP request or no payload at all.
        own: Log Gardener wrote this entry itself.
        raw: the entry as it was received, JSON.
        said: (start, end) of the parts of `text` that come from a schema and are never masked.
        wire: what the decoder read; only `processor.parsing.decode` looks inside (`labels`, `resource`, `origin`).
    """

    insert_id: str
    log_name: str
    timestamp: str
    at: datetime
    severity: Severity
    project: str
    service: str
    text: str
    http: HttpRequest | None
    own: bool
    raw: bytes
    wire: object
    said: tuple[tuple[int, int], ...] = ()


class ReceivedMessage(NamedTuple):
    """What a source hands over: the bytes of one entry and how to acknowledge them.

    Attributes:
        data: the entry's JSON.
        message_id: Pub/Sub's message id; a file source gives the byte offset.
        ack_id: opaque to everyone but the source.
        source: where it came from, for people ("file:export.json", a subscription).
        offset: byte offset in the source, -1 where that has no meaning.
        problem: a sentence, when the source already knows that `data` is not an entry.
        size: bytes it had where `data` is only their head; 0 is all of them.
    """

    data: bytes
    message_id: str
    ack_id: str = ""
    source: str = ""
    offset: int = -1
    problem: str = ""
    size: int = 0


@dataclass(frozen=True, slots=True)
class Rejected:
    """A message that could not be decoded, and why. Kept in quarantine, readable and replayable.

    Attributes:
        id: digest of source, offset and content: the same bad line replayed is the same document.
        raw: the bytes received, cut to the quarantine's bound.
        size: bytes received before the cut.
    """

    id: str
    reason: str
    raw: bytes
    size: int
    source: str
    offset: int
    at: datetime


class Masked(NamedTuple):
    """An entry's stream and its message with every value masked."""

    stream: Stream
    message: str


@dataclass(frozen=True, slots=True)
class TemplateRecord:
    """What is stored of the Drain model: one record per cluster, inside the cluster's document.

    Attributes:
        id: public cluster id, minted once from stream and seed.
        seed: the first masked message; the id and the path in the prefix tree come from it.
        template: the seed with its earned wildcards.
        merged_into: the cluster that continues this one; the id still resolves.
        overflow: this is the stream's catch-all after its bound on clusters was reached.
        literal: a person split this message off; it stays its own cluster.
    """

    id: str
    seed: str
    template: str
    merged_into: str | None = None
    overflow: bool = False
    literal: bool = False


class Span(NamedTuple):
    """How often and when one value (a revision) was seen."""

    entries: int
    first_seen: datetime
    last_seen: datetime

    def __add__(self, other: Span) -> Span:  # type: ignore[override]  # not concatenation: spans add up
        """The span that covers both."""
        return Span(
            self.entries + other.entries,
            min(self.first_seen, other.first_seen),
            max(self.last_seen, other.last_seen),
        )


@dataclass(frozen=True, slots=True)
class Sample:
    """One real entry of a cluster.

    Attributes:
        text: its message, cut to 4,000 characters.
        raw: its JSON, cut to 16 KiB; log text, hostile until neutralised.
    """

    insert_id: str
    at: datetime
    text: str
    raw: str


@dataclass(frozen=True, slots=True)
class ClusterDelta:
    """What one checkpoint adds to one cluster. Adding deltas in any order gives the same cluster.

    Attributes:
        minutes: entries by whole minute of event time.
        facets: entries by facet name and value.
        revisions: entries by revision, with first and last event time.
    """

    id: str
    stream: Stream
    count: int
    first_seen: datetime
    last_seen: datetime
    sample: Sample
    severities: Mapping[Severity, int]
    minutes: Mapping[int, int]
    facets: Mapping[str, Mapping[str, int]]
    revisions: Mapping[str, Span]


@dataclass(frozen=True, slots=True)
class Totals:
    """The sum that always holds: ingested = counted + duplicates + rejected + ignored."""

    counted: int = 0
    duplicates: int = 0
    rejected: int = 0
    ignored: int = 0

    @property
    def ingested(self) -> int:
        """Every message taken from the source."""
        return self.counted + self.duplicates + self.rejected + self.ignored

    def __add__(self, other: Totals) -> Totals:
        """Both together."""
        return Totals(
            self.counted + other.counted,
            self.duplicates + other.duplicates,
            self.rejected + other.rejected,
            self.ignored + other.ignored,
        )


@dataclass(frozen=True, slots=True)
class TemplateChanges:
    """New or changed records of one stream, to be stored only if the stream is still at `base_rev`."""

    stream: Stream
    base_rev: int
    records: tuple[TemplateRecord, ...]


@dataclass(frozen=True, slots=True)
class StreamModel:
    """The stored records of one stream, in the order in which they were written.

    Attributes:
        rev: revision of the stream; grows by one with every commit that changes a record.
    """

    stream: Stream
    rev: int
    records: tuple[TemplateRecord, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """Which identities the ledger already holds, and the store's proof of what it looked at."""

    known: frozenset[bytes]
    token: object = None


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The atomic unit: everything that one batch of messages changes.

    Attributes:
        fresh: identities counted here, each once, none of them in `seen.known`.
        seen: what `Store.seen` answered for them.
        deltas: at most one per cluster; counts add up to `len(fresh)`.
        templates: at most one per stream.
    """

    worker: str
    at: datetime
    fresh: tuple[Identity, ...]
    seen: Seen
    deltas: tuple[ClusterDelta, ...]
    templates: tuple[TemplateChanges, ...]
    rejected: tuple[Rejected, ...]
    totals: Totals


@dataclass(frozen=True, slots=True)
class Committed:
    """What the store answers: the new count of every touched cluster, and the streams' new revisions."""

    counts: Mapping[str, int]
    revs: Mapping[Stream, int]


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
class Handling:
    """What people and the controller decided about a cluster; written under compare-and-set on `rev`.

    Attributes:
        priority: as the policy says, or a person (`priority_by`), None until evaluated.
        mute_until: muted until this time; None is no date.
        mute_until_count: muted until the count reaches this; None is no bound.
        resolved_at: event time up to which the cluster is settled.
        announced: the count at which people were told last, by an issue or a comment; 0 is never.
        regressions: times it came back after it was settled.
        quiet: it has not been seen for so long that silence by chance is unlikely.
        memory: the controller's own notes (intents, what was written), JSON-able; see `processor.model.notes`.
    """

    rev: int = 0
    status: Status = Status.OPEN
    priority: Priority | None = None
    priority_by: str = "policy"
    by: str = ""
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
    memory: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A root cluster as readers see it: its own counts and those of every cluster merged into it, summed.

    Attributes:
        severity: the highest severity seen.
        minutes: entries by minute, the last three hours before `last_seen`.
        days: entries by day, the last ninety days before `last_seen`.
        facets: entries by facet name and value; a bounded number of values, the rest under "(other)".
        aliases: ids merged into this one; each still resolves.
    """

    id: str
    stream: Stream
    template: str
    sample: Sample
    severity: Severity
    count: int
    first_seen: datetime
    last_seen: datetime
    severities: Mapping[Severity, int]
    minutes: Mapping[int, int]
    days: Mapping[int, int]
    facets: Mapping[str, Mapping[str, int]]
    revisions: Mapping[str, Span]
    aliases: tuple[str, ...] = ()
    overflow: bool = False
    handling: Handling = field(default_factory=Handling)

    @property
    def first_revision(self) -> str:
        """The revision that was seen first, "" where entries name none."""
        return min(self.revisions, key=lambda name: (self.revisions[name].first_seen, name), default="")

    @property
    def last_revision(self) -> str:
        """The revision that was seen last, "" where entries name none."""
        return max(self.revisions, key=lambda name: (self.revisions[name].last_seen, name), default="")


@dataclass(frozen=True, slots=True)
class WorkerState:
    """A worker's last sign of life and all that it ever counted."""

    id: str
    heartbeat_at: datetime
    version: str
    totals: Totals
    lag_s: float = 0.0


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """Who did what to which cluster, and when."""

    at: datetime
    who: str
    action: str
    cluster_id: str
    detail: str = ""


class Change(StrEnum):
    """What can happen to a cluster that people should hear of."""

    NEW = "new"
    ESCALATING = "escalating"
    REGRESSED = "regressed"
    QUIET = "quiet"
    UNMUTED = "unmuted"


@dataclass(frozen=True, slots=True)
class TurningPoint:
    """One change of a cluster, as the policy sees it.

    Attributes:
        count: the cluster's count at that point.
        reason: one sentence for people, made of figures and the policy's words, never of log text.
    """

    change: Change
    count: int
    reason: str


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


@dataclass(frozen=True, slots=True)
class IssueComment:
    """A comment as its tracker shows it. `body` is somebody's text: hostile until neutralised."""

    id: int
    author: str
    body: str
    at: datetime


class Grade(StrEnum):
    """How a check of the set-up came out."""

    WELL = "ok"
    SKIPPED = "skipped"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """What `gardener doctor` found of one part.

    Attributes:
        part: "subscription", "state", "GitHub", ...
        mend: the command or setting that mends it, "" when nothing is to do.
    """

    grade: Grade
    part: str
    text: str
    mend: str = ""
