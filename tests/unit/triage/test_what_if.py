"""Two outlooks on the same entries, and what people would notice."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from processor.model import Cluster, Kind, Priority, Sample, Severity, Stream
from processor.triage import rules
from processor.triage.what_if import Difference, Outlook, compare, outlook

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
NOTHING = Difference((), (), (), (), ())


def cluster(name, count=10, severity=Severity.ERROR):
    minute = int(NOW.timestamp()) // 60
    first = NOW - timedelta(hours=1)
    return Cluster(
        name, Stream("p", "shop", Kind.TEXT), f"broke {name}", Sample("i", first, "broke", "{}"), severity, count,
        first, NOW, {severity: count}, {minute: count}, {minute // 1440: count}, {}, {},
    )  # fmt: skip


def seen(entries, opened, **priorities):
    """An outlook: clusters by entry, those with an issue, and priorities other than P1."""
    ids = set(entries.values())
    return Outlook(
        {name: cluster(name) for name in ids},
        entries,
        {name: Priority(priorities.get(name, "P1")) for name in ids},
        frozenset(opened),
    )


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        # The same is the same.
        (seen({"e": "a"}, ["a"]), seen({"e": "a"}, ["a"]), NOTHING),
        # A lower threshold tells of more, a higher one of less.
        (seen({"e": "a"}, []), seen({"e": "a"}, ["a"]), replace(NOTHING, opened=("a",))),
        (seen({"e": "a"}, ["a"]), seen({"e": "a"}, []), replace(NOTHING, silenced=("a",))),
        # A rule changes a priority; of what nobody hears of it does not matter.
        (seen({"e": "a"}, ["a"]), seen({"e": "a"}, ["a"], a="P0"), replace(NOTHING, repriced=(("a", "P1", "P0"),))),
        (seen({"e": "a"}, []), seen({"e": "a"}, [], a="P0"), NOTHING),
        # A mask makes two into one: one issue less, but nobody is silenced.
        (
            seen({"e": "a", "f": "b"}, ["a", "b"]),
            seen({"e": "c", "f": "c"}, ["c"]),
            replace(NOTHING, merged=((("a", "b"), "c"),)),
        ),
        # A protected word makes one into two; the half below the threshold is still told of by the other.
        (
            seen({"e": "a", "f": "a"}, ["a"]),
            seen({"e": "b", "f": "c"}, ["b"]),
            replace(NOTHING, split=(("a", ("b", "c")),)),
        ),
        # Below the new minimum severity an entry has no cluster at all.
        (seen({"e": "a"}, ["a"]), seen({}, []), replace(NOTHING, silenced=("a",))),
    ],
)
def test_the_difference_is_what_people_would_notice(before, after, expected):
    assert compare(before, after) == expected
    assert compare(before, after).is_empty is (expected == NOTHING)


def test_an_outlook_opens_what_the_policy_opens():
    found = outlook([cluster("a"), cluster("b", 2)], {"e": "a", "f": "gone"}, rules.make(), NOW)

    assert found.opened == {"a"}
    assert found.entries == {"e": "a"}
    assert found.priorities == {"a": "P1", "b": "P1"}


def test_a_storm_is_one_issue_whoever_speaks_for_it():
    names = ("a", "b", "c")
    storm = replace(seen({name: name for name in names}, ["a"]), speaks_for={"b": "a", "c": "a"})
    other_root = replace(seen({name: name for name in names}, ["b"]), speaks_for={"a": "b", "c": "b"})
    apart = seen({name: name for name in names}, names)

    assert compare(storm, other_root) == NOTHING
    assert compare(apart, storm) == NOTHING
    assert compare(storm, seen({name: name for name in names}, ["c"])) == NOTHING
    assert compare(storm, seen({name: name for name in names}, [])).silenced == ("a",)
