"""Entries: a message, the log entry decoded from it, and its grouping key."""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

if TYPE_CHECKING:
    from datetime import datetime


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

    # The number's own hash, in C: an enum's is a Python call, and every entry is counted under its severity.
    __hash__ = int.__hash__


class Kind(StrEnum):
    """The kind of text that a message is grouped by: its words, its stack trace, or its HTTP request."""

    TEXT = "text"
    EXCEPTION = "exception"
    HTTP = "http"

    # The text's own hash, in C: an enum's is a Python call, and every stream is looked up by its kind.
    __hash__ = str.__hash__


class Stream(NamedTuple):
    """Messages that may share a cluster: a project's service, a kind. Every stream has its own miner."""

    project: str
    service: str
    kind: Kind

    @property
    def key(self) -> str:
        """The stream as a string, part of the source of cluster ids, so its form never changes."""
        return f"{self.project}/{self.service}/{self.kind}"


class Identity(NamedTuple):
    """The key that makes two deliveries the same log entry: (log_name, timestamp, insert_id), digested.

    Attributes:
        second: event time in whole seconds since the epoch; a ledger may be partitioned by it.
        digest: 16 bytes of BLAKE2b.
    """

    second: int
    digest: bytes


class HttpRequest(NamedTuple):
    """The part of `httpRequest` that grouping and on-call use. `url` may be a whole URL or a path.

    Attributes:
        outcome: the outcome, in words of a closed set (`failed_to_pick_backend`); "" if unknown.
    """

    method: str
    url: str
    status: int
    outcome: str = ""


class Entry(NamedTuple):
    """A log entry, decoded and normalised; every step works on it instead of Cloud Logging's JSON.

    Attributes:
        timestamp: event time as logged; with log_name and insert_id the entry's identity.
        at: event time.
        severity: as logged, or inferred from the text if the entry has none.
        text: the message; empty if the entry has only an HTTP request or no payload at all.
        own: Log Gardener wrote this entry itself.
        occurrence: False for an entry that only continues another entry: the further lines of a stack trace.
        said: (start, end) of the parts of `text` that come from a schema and are never masked.
        raw: the entry as received, JSON.
        wire: the decoder's parsed form; only `processor.parsing.decode` looks inside (`labels`, `resource`, `origin`).
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
    occurrence: bool = True
    said: tuple[tuple[int, int], ...] = ()


class ReceivedMessage(NamedTuple):
    """A source's message: the bytes of an entry and the id for its acknowledgement.

    Attributes:
        data: the entry's JSON.
        message_id: Pub/Sub's message id; a file source gives the byte offset.
        ack_id: opaque except to the source.
        source: its origin, for display ("file:export.json", a subscription).
        offset: byte offset in the source, -1 where that has no meaning.
        problem: a sentence, if the source already knows that `data` is not an entry.
        size: original size in bytes if `data` is only the head; 0 if `data` is complete.
    """

    data: bytes
    message_id: str
    ack_id: str = ""
    source: str = ""
    offset: int = -1
    problem: str = ""
    size: int = 0


class Rejected(Struct, frozen=True):
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
