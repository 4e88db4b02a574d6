"""Tally: aggregate the identical masked messages of a batch, with all their counts.

Tallies and the deltas made of them only ever add up, so their order never matters.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from msgspec import Struct, field

from processor.ingest.samples import SampleSet, made_of, rank_of
from processor.mining.alignment import values_of
from processor.mining.masks import VALUE
from processor.model import ClusterDelta, Kind, Span
from processor.model import facets as facet_names
from processor.model import values as placed
from processor.parsing import entry_fields, routes, stacktrace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from processor.model import Entry, Identity, Masked, Severity, Stream

MAX_FACET_VALUE: Final = 120
MAX_WORDS: Final = 3
_REVISIONS: Final = ("revision_name", "version_id", "revision")
_INSTANCES: Final = ("instanceId", "instance_id", "pod_name")
_RESOURCE_FACETS: Final = ("location", "namespace_name", "cluster_name")


Facets = tuple[tuple[str, str], ...]
LabelFacts = tuple[Facets, str]


class Facts(NamedTuple):
    """An entry's contribution to its cluster, without the entry itself.

    Attributes:
        of_labels: what labels and resource give: (name, value) pairs, and the revision, "" if they name none.
        facets: further (name, value) pairs.
        occurrence: False if the entry only continues another entry.
        values: the text at each masked value of the entry's message.
    """

    at: datetime
    severity: Severity
    of_labels: LabelFacts
    facets: Facets
    occurrence: bool = True
    values: tuple[str, ...] = ()


Grouped = tuple["Masked", Facts]


class Tally(Struct):
    """The counts of a masked message in a batch, growing as its entries are added.

    Attributes:
        samples: the entries that may be kept as samples.
        alike: (occurrences, first and last time) by all their facets; most entries of a batch share them with others.
        words: occurrences by the words at the template's wildcards, by facet.
    """

    samples: SampleSet
    first_seen: datetime
    last_seen: datetime
    count: int = 0
    occurrences: int = 0
    severities: Counter[Severity] = field(default_factory=Counter)
    minutes: Counter[int] = field(default_factory=Counter)
    alike: dict[tuple[LabelFacts, Facets], list[Any]] = field(default_factory=dict)
    words: dict[str, Counter[str]] = field(default_factory=dict)
    values: dict[str, Counter[str]] = field(default_factory=dict)
    masked: Counter[tuple[str, ...]] = field(default_factory=Counter)

    @classmethod
    def of(cls, entry: Entry, one: Facts, rank: int) -> Tally:
        """Return a tally of this entry alone."""
        tally = cls(SampleSet.of(entry, rank), entry.at, entry.at)
        tally.count_facts(one)
        return tally

    def add(self, entry: Entry, one: Facts, rank: int) -> None:
        """Count another entry of the same message."""
        self.samples.add(entry, rank)
        self.count_facts(one)

    def count_facts(self, one: Facts) -> None:
        """Count an entry by its facts alone; it is no sample."""
        at, severity, of_labels, facets, is_occurrence, values = one
        self.count += 1
        if at > self.last_seen:
            self.last_seen = at
        elif at < self.first_seen:
            self.first_seen = at
        self.severities[severity] += 1
        if not is_occurrence:
            return
        self.occurrences += 1
        self.minutes[int(at.timestamp()) // 60] += 1
        if values:
            self.masked[values] += 1
        key = (of_labels, facets)
        # A list, so that the key, which is long, is hashed once.
        known = self.alike.get(key)
        if known is None:
            self.alike[key] = [1, at, at]
            return
        known[0] += 1
        if at > known[2]:
            known[2] = at
        elif at < known[1]:
            known[1] = at

    def note_words(self, words: Sequence[str]) -> None:
        """Count occurrences by the words at the template's wildcards: a skewed distribution hides a problem."""
        for place, word in enumerate(words[:MAX_WORDS], 1):
            self.words.setdefault(facet_names.word(place), Counter())[_short(word) or facet_names.NOTHING] += (
                self.occurrences
            )

    def note_values(self, parts: Mapping[str, tuple[str | int, ...]]) -> None:
        """Count occurrences by the values at each place of the template.

        Args:
            parts: for each place, by its key, the words of the message and the ordinals of its masked values.
        """
        if not parts:
            return
        unmasked = self.occurrences - self.masked.total()
        rows = [*self.masked.items(), ((), unmasked)] if unmasked else self.masked.items()
        for place, words in parts.items():
            counter = self.values.setdefault(place, Counter())
            for masked, n in rows:
                known = [_known(one, masked) for one in words]
                if words and all(known):
                    counter[" ".join(known)] += n

    def absorb(self, other: Tally) -> None:
        """Add another message's tally of the same cluster."""
        self.count += other.count
        self.occurrences += other.occurrences
        self.samples.absorb(other.samples)
        self.first_seen = min(self.first_seen, other.first_seen)
        self.last_seen = max(self.last_seen, other.last_seen)
        self.severities += other.severities
        self.minutes += other.minutes
        for facets, (n, first, last) in other.alike.items():
            known = self.alike.setdefault(facets, [0, first, last])
            known[:] = known[0] + n, min(known[1], first), max(known[2], last)
        for ours, theirs in ((self.words, other.words), (self.values, other.values)):
            for name, values in theirs.items():
                ours.setdefault(name, Counter()).update(values)

    def delta(self, cluster_id: str, stream: Stream) -> ClusterDelta:
        """Return the delta of the cluster."""
        first = made_of(self.samples.first, stream)
        alone = self.samples.first[0] == self.samples.latest[0]
        return ClusterDelta(
            id=cluster_id,
            stream=stream,
            count=self.count,
            first_seen=self.first_seen,
            last_seen=self.last_seen,
            sample=first,
            severities=dict(self.severities),
            minutes=dict(self.minutes),
            facets=self._facets(),
            revisions=self._revisions(),
            occurrences=self.occurrences,
            latest=first if alone else made_of(self.samples.latest, stream),
            candidates=self.samples.candidates(stream),
            values=placed.total([self.values]) if self.values else {},
        )

    def _facets(self) -> dict[str, dict[str, int]]:
        found: dict[str, dict[str, int]] = {}
        for ((common, _), facets), (n, _, _) in self.alike.items():
            for name, value in (*common, *facets):
                held = found.setdefault(name, {})
                held[value] = held.get(value, 0) + n
        for name, words in self.words.items():
            held = found.setdefault(name, {})
            for word, n in words.items():
                held[word] = held.get(word, 0) + n
        return found

    def _revisions(self) -> dict[str, Span]:
        found: dict[str, Span] = {}
        for ((_, revision), _), (n, first, last) in self.alike.items():
            if revision:
                span, known = Span(n, first, last), found.get(revision)
                found[revision] = span if known is None else known + span
        return found


def _known(part: str | int, masked: tuple[str, ...]) -> str:
    if isinstance(part, str):
        return part
    return masked[part] if part < len(masked) else ""


def tally(grouped: Iterable[tuple[Identity, Entry, Grouped]]) -> dict[tuple[Stream, str], Tally]:
    """Return a tally for each distinct (stream, message), in the order of first appearance."""
    tallies: dict[tuple[Stream, str], Tally] = {}
    for identity, entry, (key, one) in grouped:
        known = tallies.get(key)
        if known is None:
            tallies[key] = Tally.of(entry, one, rank_of(identity))
        else:
            known.add(entry, one, rank_of(identity))
    return tallies


def grouped_entry(entry: Entry, group: Callable[[Entry], Masked]) -> Grouped:
    """Return the entry's stream and message, and its contribution to their cluster."""
    key = group(entry)
    return key, facts(entry, key)


def facts(entry: Entry, key: tuple[Stream, str]) -> Facts:
    """Return the entry's contribution to the cluster of its stream and message."""
    written = entry_fields.written(entry)
    known = _OF_LABELS.get(written)
    if known is None:
        if len(_OF_LABELS) >= _MAX_LABELS:
            _OF_LABELS.clear()
        known = _OF_LABELS[written] = _facts_of_labels(entry)
    values = _values(entry, *key) if VALUE in key[1] else ()
    return Facts(entry.at, entry.severity, known, _other_facets(entry), entry.occurrence, values)


_OF_LABELS: Final[dict[tuple[bytes, bytes], LabelFacts]] = {}
_MAX_LABELS: Final = 4096


def _facts_of_labels(entry: Entry) -> LabelFacts:
    """Return the facets and the revision that labels and resource give: the same for most entries of an instance."""
    labels, resource = entry_fields.labels(entry), entry_fields.resource(entry)
    return tuple(_facets(labels, resource)), _revision(labels, resource)


def _values(entry: Entry, stream: Stream, message: str) -> tuple[str, ...]:
    if stream.kind is not Kind.EXCEPTION:
        return values_of(message, entry.text)
    found = stacktrace.describe(entry.text)  # the message begins with the root cause
    if found is None:
        return ()
    kind, said = (found.root_type, found.root_message) if found.root_type else (found.type, found.message)
    return values_of(message.split(" at ", 1)[0], f"{kind or 'exception'}: {said}")


def _facets(labels: Mapping[str, str], resource: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Return the short values by which on-call breaks a cluster down, as (name, value)."""
    for name in _INSTANCES:
        if value := labels.get(name) or resource.get(name):
            yield facet_names.INSTANCE, _short(value)
            break
    for name in _RESOURCE_FACETS:
        if value := resource.get(name):
            yield name.removesuffix("_name"), _short(value)
    for name, value in labels.items():
        if value and name not in _INSTANCES:
            yield facet_names.label(_short(name)), _short(value)


def _other_facets(entry: Entry) -> Facets:
    """Return the facets that the payload and the request give."""
    found = [(name, _short(value)) for name, value in entry_fields.origin(entry).items()]
    if entry.http is not None:
        status = str(entry.http.status or "")
        if status:
            found.append((facet_names.STATUS, status))
        # Which route gave which status is what people ask of a cluster that holds several.
        route = f"{entry.http.method} {routes.route_template(entry.http.url)} {status}".strip()
        found.append((facet_names.ROUTE, _short(route)))
    if group := entry_fields.error_group(entry):
        found.append((facet_names.ERROR_GROUP, _short(group)))
    return tuple(found)


def _revision(labels: Mapping[str, str], resource: Mapping[str, str]) -> str:
    """Return the deployed revision that wrote the entry, "" if it names none."""
    for name in _REVISIONS:
        if value := resource.get(name) or labels.get(name):
            return _short(value)
    return ""


def _short(value: str) -> str:
    return value if len(value) <= MAX_FACET_VALUE else value[: MAX_FACET_VALUE - 1] + "…"
