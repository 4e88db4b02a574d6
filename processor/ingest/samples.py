"""Samples: a cluster's first and last entry, and some between, independent of the order of arrival. Pure."""

from __future__ import annotations

import json
from bisect import insort
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from processor.model import MAX_BETWEEN, Kind, Sample, SampleCandidate
from processor.parsing import stacktrace

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from processor.model import Entry, Identity, Stream

MAX_SAMPLE_TEXT: Final = 4_000
MAX_SAMPLE_RAW: Final = 16_384
_LOWEST: Final = MAX_BETWEEN + 1
"""The first entry may be among those of the lowest ranks, and is kept anyway."""
_RANK_BYTES: Final = 6
_CUT: Final = "\n…\n"
_HALF: Final = (MAX_SAMPLE_TEXT - len(_CUT)) // 2
_MAX_LINE: Final = 300
_rank = itemgetter(0)

Ranked = tuple[int, "Entry | Sample"]


class SampleSet(Struct):
    """The entries that may become samples; sets merged in any order hold the same entries.

    Attributes:
        first, latest: by event time, ties broken by insert_id.
        lowest: of the lowest ranks, in order.
        continued: holds only entries that continue others; replaced by any other entry.
    """

    first: Ranked
    latest: Ranked
    lowest: list[Ranked]
    continued: bool

    @classmethod
    def of(cls, entry: Entry, rank: int) -> SampleSet:
        """Return the set of this entry alone."""
        one = (rank, entry)
        return cls(one, one, [one], not entry.occurrence)

    def add(self, entry: Entry, rank: int) -> None:
        """Add an entry."""
        if entry.occurrence is self.continued:
            if entry.occurrence:
                self.first = self.latest = (rank, entry)
                self.lowest, self.continued = [self.first], False
            return
        at, first, latest = entry.at, self.first[1], self.latest[1]
        if at > latest.at or (at == latest.at and entry.insert_id > latest.insert_id):
            self.latest = (rank, entry)
        elif at < first.at or (at == first.at and entry.insert_id < first.insert_id):
            self.first = (rank, entry)
        if len(self.lowest) < _LOWEST or rank < self.lowest[-1][0]:
            self._keep((rank, entry))

    def absorb(self, other: SampleSet) -> None:
        """Add another set; the same entry in both counts once."""
        if other.continued and not self.continued:
            return
        if self.continued and not other.continued:
            self.first, self.latest = other.first, other.latest
            self.lowest, self.continued = list(other.lowest), False
            return
        self.first = min(self.first, other.first, key=_age)
        self.latest = max(self.latest, other.latest, key=_age)
        for one in other.lowest:
            self._keep(one)

    def copy(self) -> SampleSet:
        """Return a copy with the same entries."""
        return SampleSet(self.first, self.latest, list(self.lowest), self.continued)

    def compact(self, stream: Stream) -> None:
        """Replace each entry by its bounded sample, so that the set is small enough to shuffle."""
        made: dict[int, Sample] = {}

        def sealed(one: Ranked) -> Ranked:
            rank = one[0]
            if rank not in made:
                made[rank] = made_of(one, stream)
            return rank, made[rank]

        self.first, self.latest = sealed(self.first), sealed(self.latest)
        self.lowest = [sealed(one) for one in self.lowest]

    def candidates(self, stream: Stream) -> tuple[SampleCandidate, ...]:
        """Return the candidates to keep beside the first entry, lowest rank first."""
        make = _maker(stream)
        found = [SampleCandidate(rank, origin, make) for rank, origin in self.lowest if rank != self.first[0]]
        return tuple(found[:MAX_BETWEEN])

    def _keep(self, one: Ranked) -> None:
        if all(one[0] != rank for rank, _ in self.lowest):
            insort(self.lowest, one, key=_rank)
            del self.lowest[_LOWEST:]


def rank_of(identity: Identity) -> int:
    """Return the rank of an entry in an order that is independent of its time and text."""
    return int.from_bytes(identity.digest[:_RANK_BYTES], "big")


def made_of(one: Ranked, stream: Stream) -> Sample:
    """Return a ranked entry of this stream as a sample."""
    rank, origin = one
    return origin if isinstance(origin, Sample) else _maker(stream)(origin, rank)


def sample(entry: Entry, rank: int = 0) -> Sample:
    """Return the entry as a bounded sample."""
    try:
        # The same form for any indentation of the export: the same entry is the same sample.
        raw = json.dumps(json.loads(entry.raw), ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):
        raw = entry.raw.decode("utf-8", "replace").strip()
    return Sample(entry.insert_id, entry.at, cut(entry.text), _cut_raw(raw), rank=rank)


def exception_sample(entry: Entry, rank: int = 0) -> Sample:
    """Return the bounded sample of an entry that holds a stack trace."""
    plain = sample(entry, rank)
    return Sample(plain.insert_id, plain.at, plain.text, plain.raw, stacktrace.describe(entry.text), rank)


def cut(text: str) -> str:
    """Shorten a text for storage by removing its middle, since Python names its exception last, Java first.

    Lines stay whole if they are not very long: half a line of a trace is no frame.
    """
    if len(text) <= MAX_SAMPLE_TEXT:
        return text
    head, tail = text[:_HALF], text[-_HALF:]
    end, start = head.rfind("\n", _HALF - _MAX_LINE), tail.find("\n", 0, _MAX_LINE)
    return f"{head[:end] if end > 0 else head}{_CUT}{tail[start + 1 :]}"


def _cut_raw(raw: str) -> str:
    if len(raw) <= MAX_SAMPLE_RAW // 4:
        return raw
    return raw.encode("utf-8", "surrogatepass")[:MAX_SAMPLE_RAW].decode("utf-8", "ignore")


def _maker(stream: Stream) -> Callable[[Entry, int], Sample]:
    return exception_sample if stream.kind is Kind.EXCEPTION else sample


def _age(one: Ranked) -> tuple[datetime, str]:
    return (one[1].at, one[1].insert_id)
