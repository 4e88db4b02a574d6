"""Adding to a cluster document: increments and recomputing agree, and nothing grows beyond its bound."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from processor.model import ClusterDelta, Kind, Sample, Severity, Span, Stream, TemplateRecord
from sinks.firestore import documents
from sinks.firestore.delta import MAX_TRANSFORMS, bounded_names, increments, key
from sinks.firestore.delta import added as added_with
from sinks.stored_cluster import (
    DAYS_KEPT,
    HOURS_KEPT,
    MAX_FACET_VALUES,
    MAX_FACETS,
    MAX_REVISIONS,
    MINUTES_KEPT,
    StoredCluster,
    with_samples,
)

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
STREAM = Stream("p", "s", Kind.TEXT)
EMPTY = StoredCluster(TemplateRecord("c", "t", "t"), STREAM, 0, None, None, None, {}, {}, {}, {}, {})


def delta(ages, *, facets=None, revisions=(), severity=Severity.ERROR, number=0):
    """Entries of these ages in minutes."""
    times = sorted(NOW - timedelta(minutes=age) for age in ages)
    minutes = {}
    for at in times:
        minute = int(at.timestamp()) // 60
        minutes[minute] = minutes.get(minute, 0) + 1
    return ClusterDelta(
        "c",
        STREAM,
        len(times),
        times[0],
        times[-1],
        Sample(f"i{number}", times[0], "text", "{}"),
        {severity: len(times)},
        minutes,
        facets or {},
        {name: Span(len(times), times[0], times[-1]) for name in revisions},
    )


deltas = st.builds(
    delta,
    st.lists(st.integers(0, 200_000) | st.integers(0, 200), min_size=1, max_size=6),
    facets=st.dictionaries(
        st.sampled_from(["a", "b.c", "`", "", "__d__"]),
        st.dictionaries(st.text(max_size=3), st.integers(1, 5), min_size=1, max_size=12),
        max_size=4,
    ),
    revisions=st.lists(st.sampled_from(["r1", "r2", "", "."]), max_size=2, unique=True),
    severity=st.sampled_from(Severity),
    number=st.integers(0, 9),
)


def added(stored, one):
    """As the store does it, with samples as they come."""
    return added_with(stored, one, with_samples(stored, one, lambda sample: sample))


def transformed(fields, changes):
    """What Firestore makes of increments on a document's fields."""
    apply = {"add": lambda old, new: (old or 0) + new, "min": lambda old, new: new if old is None else min(old, new)}
    apply["max"] = lambda old, new: new if old is None else max(old, new)
    for path, how, value in changes:
        place = fields
        for name in path[:-1]:
            place = place.setdefault(name, {})
        place[path[-1]] = apply[how](place.get(path[-1]), value)
    return fields


@given(st.lists(deltas, min_size=1, max_size=8), deltas)
def test_increments_give_what_recomputing_gives_whenever_they_are_allowed(before, last):
    stored = EMPTY
    for one in before:
        stored = added(stored, one)
    changes = increments(stored, last)
    if changes is None:
        return
    fields = documents.model_fields(stored.record, STREAM, rev=1, seq=1) | documents.count_fields(stored)
    blind, computed = documents.cluster("c", transformed(fields, changes)), added(stored, last)
    kept = {"minutes": MINUTES_KEPT, "hours": HOURS_KEPT, "days": DAYS_KEPT}

    for name in ("count", "first_seen", "last_seen", "sample", "severities", "facets", "revisions"):
        assert getattr(blind, name) == getattr(computed, name), name
    for name in kept:  # what fell out of the window stays in the document until it is next computed
        mine = getattr(computed, name)
        assert {when: n for when, n in getattr(blind, name).items() if when in mine} == mine


@given(st.lists(deltas, min_size=1, max_size=8))
def test_a_document_comes_back_as_it_was_written(before):
    stored = EMPTY
    for one in before:
        stored = added(stored, one)
    fields = documents.model_fields(stored.record, STREAM, rev=1, seq=1) | documents.count_fields(stored)

    assert documents.cluster("c", fields) == stored


def test_no_key_is_added_beyond_its_bound():
    stored = EMPTY
    for number in range(300):
        facets = {f"f{number % 40}": {f"v{number}-{i}": 1 for i in range(3)}}
        stored = added(stored, delta([number * 700], facets=facets, revisions=[f"r{number}"]))

    assert len(stored.facets) == MAX_FACETS
    assert max(map(len, stored.facets.values())) <= MAX_FACET_VALUES + 1
    assert len(stored.revisions) == MAX_REVISIONS
    assert len(stored.days) <= DAYS_KEPT
    assert len(stored.hours) <= HOURS_KEPT
    assert len(stored.minutes) <= MINUTES_KEPT


def test_more_changes_than_firestore_takes_are_computed():
    wide = {f"f{i}": {f"v{j}": 1 for j in range(20)} for i in range(24)}
    stored = added(EMPTY, delta([31], facets=wide))

    assert increments(stored, delta([30], facets=wide)) is None
    few = increments(stored, delta([30], facets={"f1": {"v1": 1}}))
    assert few is not None
    assert len(few) <= MAX_TRANSFORMS


def test_names_longer_than_a_key_are_cut_alike_everywhere():
    long = "🦊" * 2000
    stored = added(EMPTY, bounded_names(delta([32], facets={long: {long: 1, f"{long}!": 2}}, revisions=[long])))
    again = bounded_names(delta([31], facets={long: {long: 4}}, revisions=[long]))

    assert len(key(long).encode()) <= 1500
    assert increments(stored, again) is not None
    ((values),) = added(stored, again).facets.values()
    assert list(values.values()) == [7]
