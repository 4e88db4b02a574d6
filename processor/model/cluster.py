"""What entries become: templates, samples, what one checkpoint adds to a cluster, and the cluster as readers see it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, NamedTuple

from processor.model.triage import Triage

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from processor.model.entry import Entry, Severity, Stream


GROUPING_VERSION: Final = 2
"""Of the rules that make a masked message of an entry. Grows with every change of them that changes an id."""


@dataclass(frozen=True, slots=True)
class TemplateRecord:
    """What is stored of the Drain model: one record per cluster, inside the cluster's document.

    Attributes:
        id: public cluster id, minted once from stream and seed.
        seed: the first masked message; the id and the path in the prefix tree come from it. "" once it is forgotten.
        template: the seed with its earned wildcards.
        merged_into: the cluster that continues this one; the id still resolves.
        overflow: this is the stream's catch-all after its bound on clusters was reached.
        literal: a person split this message off; it stays its own cluster.
        grouping: version of the rules that made the seed. A root of an older one is grouped again at the first start of
            a newer program (`processor.ingest.upgrade`); what was merged into another cluster stays as it is.
    """

    id: str
    seed: str
    template: str
    merged_into: str | None = None
    overflow: bool = False
    literal: bool = False
    grouping: int = GROUPING_VERSION


class Span(NamedTuple):
    """How often (in occurrences) and when one value (a revision) was seen."""

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


class ExceptionInfo(NamedTuple):
    """What a stack trace says, for people. Log text, hostile until neutralised; "" and 0 are unknown.

    Attributes:
        message: of the exception that reached the log.
        function, file, line: innermost frame of the application.
        root_type, root_message: the first cause; as `type` and `message` where there was no other.
    """

    type: str = ""
    message: str = ""
    function: str = ""
    file: str = ""
    line: int = 0
    root_type: str = ""
    root_message: str = ""


@dataclass(frozen=True, slots=True)
class Sample:
    """One real entry of a cluster.

    Attributes:
        text: its message; of more than 4,000 characters the beginning and the end.
        raw: its JSON, cut to 16 KiB; log text, hostile until neutralised.
        exception: what its stack trace says; None where it is none.
        rank: place in a random order of all entries, made from the identity: of many entries those of the lowest
            ranks are kept, which are the same ones in whatever order and over however many workers they come.
    """

    insert_id: str
    at: datetime
    text: str
    raw: str
    exception: ExceptionInfo | None = None
    rank: int = 0

    @property
    def age(self) -> tuple[datetime, str]:
        """What samples are ordered by: event time, ties broken by insert_id, the same in any order of arrival."""
        return (self.at, self.insert_id)


@dataclass(frozen=True, slots=True)
class SampleCandidate:
    """An entry that may be kept as a sample; `sample` is called only when it is, since making one costs parsing."""

    rank: int
    origin: Entry | Sample
    make: Callable[[Entry, int], Sample]

    def sample(self) -> Sample:
        """The entry as a bounded sample."""
        return self.origin if isinstance(self.origin, Sample) else self.make(self.origin, self.rank)


MAX_BETWEEN: Final = 10
"""Samples kept between the first and the last."""
AS_COUNT: Final = -1
"""Stands for `occurrences` where every entry is one."""
_NO_SAMPLE: Final = Sample("", datetime(1970, 1, 1, tzinfo=UTC), "", "")


@dataclass(frozen=True, slots=True)
class ClusterDelta:
    """What one checkpoint adds to one cluster. Adding deltas in any order gives the same cluster.

    A stack trace that came in lines is as many entries as lines, and one occurrence.

    Attributes:
        count: entries.
        sample: the earliest entry.
        severities: entries by severity.
        minutes: occurrences by whole minute of event time.
        facets: occurrences by facet name and value.
        revisions: occurrences by revision, with first and last event time.
        occurrences: entries but those that continue a stack trace.
        latest: the last entry, the earliest where there is no other.
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
        """Fill in what follows from the rest."""
        _fill_in(self)


@dataclass(frozen=True, slots=True)
class Cluster:
    """A root cluster as readers see it: its own counts and those of every cluster merged into it, summed.

    Attributes:
        sample: the earliest entry.
        severity: the highest severity seen.
        count: entries, exact.
        severities: entries by severity.
        minutes: occurrences by minute, the last three hours before `last_seen`.
        days: occurrences by day, the last ninety days before `last_seen`.
        facets: occurrences by facet name and value; a bounded number of values, the rest under "(other)".
        aliases: ids merged into this one; each still resolves.
        occurrences: entries but those that continue a stack trace: what thresholds, rates and issues speak of.
        latest: the last entry. More of them: `Store.samples`.
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

    def __post_init__(self) -> None:
        """Fill in what follows from the rest."""
        _fill_in(self)

    @property
    def first_revision(self) -> str:
        """The revision that was seen first, "" where entries name none."""
        return min(self.revisions, key=lambda name: (self.revisions[name].first_seen, name), default="")

    @property
    def last_revision(self) -> str:
        """The revision that was seen last, "" where entries name none."""
        return max(self.revisions, key=lambda name: (self.revisions[name].last_seen, name), default="")


def _fill_in(counted: ClusterDelta | Cluster) -> None:
    if counted.occurrences == AS_COUNT:
        object.__setattr__(counted, "occurrences", counted.count)
    if counted.latest is _NO_SAMPLE:
        object.__setattr__(counted, "latest", counted.sample)
