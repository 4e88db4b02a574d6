"""Incidents: what is collapsed, what is not, and which cluster is called the root."""

import json
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from pipeline_fixture import START, PipelineFixture, entry, lines

from processor.model import Status, Triage
from processor.triage import incidents as module
from processor.triage.incidents import incidents

SECOND = timedelta(seconds=1)
CAUSE = "PoolTimeout: no connection to the ledger became free"
HEAD = "Traceback (most recent call last):"
TRACE = f'{HEAD}\n  File "/app/a.py", line 1, in take\n    b()\n  File "/app/b.py", line 2, in free\n    x()\n{CAUSE}'
SAID = CAUSE.partition(": ")[2]
WRAPPED = f'{HEAD}\n  File "/app/c.py", line 1, in pay\n    d()\n  File "/app/d.py", line 2, in go\n    y()\n'
WRAPPED += f"IOError: no: {SAID}"


def burst(text, start=START, count=8, **fields):
    """Entries ten seconds apart."""
    return [entry(text, start + 10 * n * SECOND, number=n, **fields) for n in range(count)]


def storm(start=START):
    """A failure, its wrapper, and what follows from them, each instance the same."""
    return [
        *burst(WRAPPED, start + SECOND),
        *burst(TRACE, start + 2 * SECOND),
        *burst("worker stopped by its master", start + 3 * SECOND),
        *burst("container gone", start + 4 * SECOND, severity="WARNING"),
        *burst("telemetry is switched off", start, severity="WARNING"),
    ]


def clusters(entries):
    pipe = PipelineFixture()
    pipe.take(lines(entries), tend=False)
    return pipe.clusters()


def found(entries, now=START + timedelta(minutes=5)):
    return incidents(clusters(entries), now)


def texts(incident, known):
    names = {one.id: one.sample.text.rsplit("\n", 1)[-1] for one in known}
    return [names[member.id] for member in incident.members]


def test_the_crash_loop_of_the_real_hour_is_one_incident_with_the_missing_module_as_its_root(shared_data):
    pipe = PipelineFixture()
    export = json.loads((shared_data / "cloud-run-hour" / "export.json").read_text("utf-8"))
    pipe.take((json.dumps(one).encode() for one in export), tend=False)
    known = pipe.clusters()
    (one,) = incidents(known, max(cluster.last_seen for cluster in known))
    alone = [cluster.template for cluster in known if cluster.id not in one.ids]

    assert one.cause == "ModuleNotFoundError: No module named 'netra_backend.app.services.monitoring'"
    assert one.revision == "netra-backend-staging-00734-fvm"
    assert len(one.members) == len(one.ids) == 11
    assert sorted(template[:10] for template in alone) == ["SERVICE_ID", "Sentry SDK"]
    assert all(member.evidence for member in one.members[1:])


def test_the_root_is_the_exception_that_the_others_quote():
    known = clusters(storm())
    (one,) = incidents(known, START)

    assert one.cause == CAUSE
    assert texts(one, known) == [
        CAUSE,
        WRAPPED.rsplit("\n", 1)[-1],
        "worker stopped by its master",
        "container gone",
    ]


def test_what_was_said_before_the_failure_is_not_its_consequence():
    known = clusters(storm())
    (one,) = incidents(known, START)

    assert "telemetry is switched off" not in texts(one, known)


def test_without_an_exception_the_first_failure_to_appear_is_the_root():
    names = ["first it", "then that", "at last this"]
    known = clusters([each for n, name in enumerate(names) for each in burst(name, START + n * SECOND)])
    (one,) = incidents(known, START)

    assert one.cause == "first it"
    assert texts(one, known) == names


@pytest.mark.parametrize(
    ("entries", "sizes"),
    [
        # Two that only rise together may be chance.
        ([*burst("first it"), *burst("then that", START + SECOND)], []),
        # Two that name one exception are one problem, however few entries.
        ([entry(TRACE, START), entry(WRAPPED, START + SECOND)], [2]),
        # The same, but hours apart.
        ([entry(TRACE, START), entry(WRAPPED, START + timedelta(hours=3))], []),
        # Two storms, two incidents.
        ([*storm(), *(each for each in burst("late a", START + timedelta(hours=2)))], [4]),
        # Three clusters of low rate, at other times.
        ([entry(name, START + n * timedelta(hours=1)) for n, name in enumerate(["a b", "c d", "e f"])], []),
        ([], []),
    ],
)
def test_only_what_belongs_together_is_collapsed(entries, sizes):
    assert [len(one.members) for one in found(entries)] == sizes


def test_a_storm_of_several_services_is_one_incident():
    entries = [
        *burst("ledger refused", START, service="ledger", instance="l1"),
        *burst("pay failed: ledger does not answer", START + SECOND, service="pay", instance="p1"),
        *burst("shop failed: no answer from pay", START + 2 * SECOND, service="shop", instance="s1"),
    ]

    assert found(entries)[0].services == ("ledger", "pay", "shop")


def test_twenty_problems_of_twenty_services_in_the_same_minutes_are_no_incident():
    names = [
        f"{first}{last}"
        for first in ("north", "south", "east", "west")
        for last in ("pay", "mail", "stock", "map", "card")
    ]
    entries = [
        each
        for number, name in enumerate(names)
        for each in burst(
            f"{name} refused a {name} request", START + number * SECOND, service=name, instance=name[::-1]
        )
    ]

    assert found(entries) == ()


def test_the_revision_that_a_storm_came_with_is_named_as_new_only_when_there_was_another():
    entries = storm()
    assert found(entries)[0].is_new_revision is False

    before = entry("all was well once", START - timedelta(hours=1), revision="shop-00000")
    (one,) = found([before, *entries])
    assert (one.revision, one.is_new_revision) == ("shop-00001", True)


def test_what_a_person_muted_is_left_out():
    known = [replace(one, triage=Triage(status=Status.MUTED)) for one in clusters(storm())]

    assert incidents(known, START) == ()


def test_an_incident_is_over_when_it_was_not_seen_for_an_hour():
    assert not found(storm(), START + timedelta(minutes=30))[0].over
    assert found(storm(), START + timedelta(hours=2))[0].over
    assert found(storm(), START + timedelta(days=8)) == ()


STORM = clusters(storm())


@given(st.permutations(STORM))
@settings(max_examples=20, deadline=None)
def test_the_order_of_the_clusters_does_not_matter(known):
    assert incidents(known, START) == incidents(STORM, START)


def test_a_rule_can_ask_for_more_risers():
    rule = module.Settings(min_risers=9)

    assert [len(one.members) for one in incidents(STORM, START, rule)] == [2]
