"""Which clusters another one's issue speaks for, and which speak for themselves."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from processor.model import Cluster, IssueRef, Kind, Priority, Sample, Severity, Stream, Triage
from processor.triage import incident_owner
from processor.triage.what_if import Outlook, compare

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)


def minute(at):
    return int(at.timestamp()) // 60


def cluster(name, times, **fields):
    counts = {minute(at): 1 for at in times}
    return Cluster(
        id=name,
        stream=Stream("p", "shop", Kind.TEXT),
        template=f"broke {name}",
        sample=Sample("i", times[0], f"broke {name}", "{}"),
        severity=Severity.ERROR,
        count=len(times),
        first_seen=times[0],
        last_seen=times[-1],
        severities={Severity.ERROR: len(times)},
        minutes=counts,
        days={},
        facets={},
        revisions={},
        **fields,
    )


def after(owner_seen, entries):
    """A cluster with so many entries more than an hour after its owner was last seen."""
    times = [owner_seen, *(owner_seen + timedelta(minutes=62 + n) for n in range(entries))]
    return cluster("member", times)


@pytest.mark.parametrize(("entries", "silent"), [(0, True), (4, True), (5, False), (20, False)])
def test_a_cluster_that_outlives_its_owner_by_an_hour_speaks_for_itself(entries, silent):
    owner = cluster("owner", [NOW])

    assert incident_owner.may_be_silent(after(NOW, entries), owner) is silent


def test_a_cluster_with_an_issue_of_its_own_is_never_silent():
    owner = cluster("owner", [NOW])
    member = cluster("member", [NOW], triage=Triage(issue=IssueRef("o/r", 1, "")))

    assert not incident_owner.may_be_silent(member, owner)
    assert not incident_owner.may_be_silent(owner, owner)


class Incident:
    """An incident as far as the refusal looks at it."""

    def __init__(self, ids, started_at):
        self.ids, self.started_at = frozenset(ids), started_at


@pytest.mark.parametrize(
    ("ids", "started_at", "rest", "refuted"),
    [
        (["owner"], NOW, timedelta(minutes=10), True),  # the same rise came to rest without it
        (["owner", "member"], NOW, timedelta(minutes=10), False),  # it is part of it
        (["owner"], NOW, timedelta(seconds=10), False),  # still going on: nothing is concluded
        (["owner"], NOW - timedelta(hours=5), timedelta(minutes=10), False),  # another rise
        (["other"], NOW, timedelta(minutes=10), False),  # another incident
    ],
)
def test_a_rise_that_came_to_rest_without_a_cluster_refutes_that_it_belongs(ids, started_at, rest, refuted):
    owner, member = cluster("owner", [NOW]), cluster("member", [NOW])

    assert incident_owner._is_refuted(member, owner, [Incident(ids, started_at)], NOW + rest) is refuted


def test_with_several_predecessors_the_most_urgent_priority_is_what_people_saw():
    a, b, c = (cluster(name, [NOW]) for name in "abc")
    before = Outlook({"a": a, "b": b}, {"e": "a", "f": "b"}, {"a": Priority.P0, "b": Priority.P2}, frozenset("ab"))
    later = Outlook({"c": c}, {"e": "c", "f": "c"}, {"c": Priority.P2}, frozenset("c"))

    assert compare(before, later).repriced == (("c", Priority.P0, Priority.P2),)
    assert replace(later, priorities={"c": Priority.P0}) != later
