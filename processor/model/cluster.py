"""Clusters: templates, samples, the delta of a checkpoint, and the cluster as readers see it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct, field
from msgspec.structs import force_setattr

from processor.model.triage import Triage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processor.model.entry import Entry, Severity, Stream


GROUPING_VERSION: Final = 2
"""Version of the rules that turn an entry into a masked message. Incremented with every change that changes an id."""


class TemplateRecord(Struct, frozen=True):
    """The stored form of the Drain model: a record per cluster, inside the cluster's document.

    Attributes:
        id: public cluster id, created once from stream and seed.
        seed: the first masked message, source of the id and of the path in the prefix tree; "" after it is forgotten.
        template: the seed with its wildcards.
        merged_into: the cluster that continues this cluster; the id still resolves.
        overflow: this is the stream's catch-all after its bound on clusters was reached.
        literal: a person split this message off; it stays a separate cluster.
        grouping: version of the rules that made the seed. A root of an older version is regrouped at the first start of
            a newer program (`processor.ingest.upgrade`); merged clusters stay unchanged.
    """

    id: str
    seed: str
    template: str
    merged_into: str | None = None
    overflow: bool = False
    literal: bool = False
    grouping: int = GROUPING_VERSION


class Span(NamedTuple):
    """Occurrences of a value (a revision), with first and last time."""

    entries: int
    first_seen: datetime
    last_seen: datetime

    def __add__(self, other: Span) -> Span:  # type: ignore[override]  # not concatenation: spans add up
        """Return the span that covers both."""
        return Span(
            self.entries + other.entries,
            min(self.first_seen, other.first_seen),
            max(self.last_seen, other.last_seen),
        )


class ExceptionInfo(NamedTuple):
    """A stack trace's description for display. Log text, hostile until escaped; "" and 0 are unknown.

    Attributes:
        message: of the exception that reached the log.
        function, file, line: innermost frame of the application.
        root_type, root_message: the first cause; equal to `type` and `message` if there is no other.
    """

    type: str = ""
    message: str = ""
    function: str = ""
    file: str = ""
    line: int = 0
    root_type: str = ""
    root_message: str = ""


class Sample(Struct, frozen=True):
    """A real entry of a cluster.

    Attributes:
        text: its message; above 4,000 characters, the beginning and the end.
        raw: its JSON, cut to 16 KiB; log text, hostile until escaped.
        exception: description of its stack trace; None if it has none.
        rank: position in a random order of all entries, derived from the identity. The entries of the lowest ranks are
            kept: the same entries in any order of arrival and over any number of workers.
    """

    insert_id: str
    at: datetime
    text: str
    raw: str
    exception: ExceptionInfo | None = None
    rank: int = 0

    @property
    def age(self) -> tuple[datetime, str]:
        """The sort key of samples: event time, ties broken by insert_id, the same in any order of arrival."""
        return (self.at, self.insert_id)


class SampleCandidate(Struct, frozen=True):
    """An entry that may be kept as a sample; `sample` is called only if it is kept, since parsing is costly."""

    rank: int
    origin: Entry | Sample
    make: Callable[[Entry, int], Sample]

    def sample(self) -> Sample:
        """Return the entry as a bounded sample."""
        return self.origin if isinstance(self.origin, Sample) else self.make(self.origin, self.rank)


MAX_BETWEEN: Final = 10
"""Samples kept between the first and the last."""
AS_COUNT: Final = -1
"""Placeholder for `occurrences` if every entry is an occurrence."""
_NO_SAMPLE: Final = Sample("", datetime(1970, 1, 1, tzinfo=UTC), "", "")


class ClusterDelta(Struct, frozen=True):
    """A checkpoint's addition to a cluster. Adding deltas in any order gives the same cluster.

    A stack trace that arrived line by line counts as an entry per line, and as a single occurrence.

    Attributes:
        count: entries.
        sample: the earliest entry.
        severities: entries by severity.
        minutes: occurrences by whole minute of event time.
        facets: occurrences by facet name and value.
        revisions: occurrences by revision, with first and last event time.
        occurrences: entries, except those that continue a stack trace.
        latest: the last entry; the earliest if there is no other.
        candidates: further entries of the lowest ranks, at most `MAX_BETWEEN`, the lowest first.
        values: occurrences by place of the template and value there; bounded, the rest under "(other)".
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
    occurrences: int = AS_COUNT
    latest: Sample = _NO_SAMPLE
    candidates: tuple[SampleCandidate, ...] = ()
    values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Derive the fields that were not given."""
        _fill_in(self)


class Cluster(Struct, frozen=True):
    """A root cluster as readers see it: its own counts and those of every cluster merged into it, summed.

    Attributes:
        sample: the earliest entry.
        severity: the highest severity seen.
        count: entries, exact.
        severities: entries by severity.
        minutes: occurrences by minute, the last three hours before `last_seen`.
        hours: occurrences by hour, the last 24 hours before `last_seen`; states from before they were kept have fewer.
        days: occurrences by day, the last ninety days before `last_seen`.
        facets: occurrences by facet name and value; a bounded number of values, the rest under "(other)".
        aliases: ids merged into this one; each still resolves.
        occurrences: entries, except those that continue a stack trace; the basis of thresholds, rates and issues.
        latest: the last entry. For more, see `Store.samples`.
        values: occurrences by place of the template and value there; a bounded number, the rest under "(other)".
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
    triage: Triage = field(default_factory=Triage)
    occurrences: int = AS_COUNT
    latest: Sample = _NO_SAMPLE
    values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    hours: Mapping[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Derive the fields that were not given."""
        _fill_in(self)

    @property
    def first_revision(self) -> str:
        """The revision that was seen first, "" if entries name none."""
        return min(self.revisions, key=lambda name: (self.revisions[name].first_seen, name), default="")

    @property
    def last_revision(self) -> str:
        """The revision that was seen last, "" if entries name none."""
        return max(self.revisions, key=lambda name: (self.revisions[name].last_seen, name), default="")


def _fill_in(counted: ClusterDelta | Cluster) -> None:
    if counted.occurrences == AS_COUNT:
        force_setattr(counted, "occurrences", counted.count)
    if counted.latest is _NO_SAMPLE:
        force_setattr(counted, "latest", counted.sample)
