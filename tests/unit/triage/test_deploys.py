"""Deploys: new in a revision, gone since a revision, and late entries of an old one."""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from pipeline_fixture import START, PipelineFixture, entry, lines

from processor.model import Change, Status, Triage
from processor.triage import rules
from processor.triage.deploys import Deploys, View
from processor.triage.policy import evaluate

HOUR = timedelta(hours=1)
POLICY = rules.make()


def view(entries, text="it broke", **triage):
    pipe = PipelineFixture()
    pipe.take(lines(entries), tend=False)
    known = pipe.clusters()
    one = next(each for each in known if each.template == text)
    return Deploys(known).view(replace(one, triage=Triage(**triage)))


def said(text, revision, *hours, service="shop"):
    return [entry(text, START + hour * HOUR, revision=revision, service=service, number=hour) for hour in hours]


@pytest.mark.parametrize(
    ("entries", "expected"),
    [
        # One revision is no deploy.
        (said("it broke", "r1", 1, 2, 3), View()),
        # Seen in the first revision and in the second.
        ([*said("it broke", "r1", 1), *said("it broke", "r2", 2)], View()),
        # The service had another revision before.
        ([*said("other", "r1", 0), *said("it broke", "r2", 2, 3)], View(new_in="r2")),
        # Another service's revisions tell nothing.
        ([*said("other", "r0", 0, service="mail"), *said("it broke", "r2", 2, 3)], View()),
        # Every hour for ten hours, then the next revision runs for twenty hours without it.
        ([*said("it broke", "r1", *range(10)), *said("other", "r2", 10, 30)], View(gone_since="r2")),
        # The same, but that revision is known to run for half an hour only.
        ([*said("it broke", "r1", *range(10)), *said("other", "r2", 10)], View()),
        # Twice a day: eight hours of silence prove nothing.
        ([*said("it broke", "r1", 0, 12), *said("other", "r2", 13, 21)], View()),
        # It stopped long before the deploy: gone, and the deploy is what is known to be without it.
        ([*said("it broke", "r1", *range(10)), *said("other", "r2", 40, 80)], View(gone_since="r2")),
        # It is still there in the old revision hours after the deploy: not gone.
        ([*said("it broke", "r1", *range(16)), *said("other", "r2", 10, 60)], View()),
        # Gone with the first of several.
        (
            [*said("it broke", "r1", *range(10)), *said("other", "r2", 10), *said("other", "r3", 20, 60)],
            View(gone_since="r2"),
        ),
    ],
)
def test_what_deploys_say_of_a_cluster(entries, expected):
    assert view(entries) == expected


@pytest.mark.parametrize(
    ("revision_after", "others", "late"),
    [
        # An instance of the old revision, while the service has a newer one.
        ("r1", said("other", "r2", 4, 9), True),
        # There is no newer revision: whoever settled it was wrong.
        ("r1", [], False),
        # The newest revision has it: the fix does not hold.
        ("r2", [], False),
    ],
)
def test_only_entries_of_old_revisions_are_late(revision_after, others, late):
    entries = [*said("it broke", "r1", 1, 2), *said("it broke", revision_after, 8), *others]

    assert view(entries, status=Status.RESOLVED, resolved_at=START + 3 * HOUR).late is late
    assert view(entries, status=Status.RESOLVED, resolved_at=START + 9 * HOUR).late is False


def test_a_deploy_that_ends_a_problem_makes_it_quiet_long_before_three_days():
    pipe = PipelineFixture()
    pipe.take(lines([*said("it broke", "r1", *range(10)), *said("other", "r2", 10, 30)]), tend=False)
    known = pipe.clusters()
    one = replace(known[0], triage=Triage(announced=10))
    seen = Deploys(known).view(one)
    now = START + 30 * HOUR

    assert evaluate(one, POLICY, now) == ()
    (point,) = evaluate(one, POLICY, now, gone_since=seen.gone_since)
    assert (point.change, point.reason) == (Change.QUIET, "Not seen since a newer revision was deployed.")


def test_late_entries_of_old_revisions_are_no_regression():
    pipe = PipelineFixture()
    pipe.take(lines([*said("it broke", "r1", 1, 2, 8), *said("other", "r2", 4, 9)]), tend=False)
    known = pipe.clusters()
    one = replace(known[0], triage=Triage(status=Status.RESOLVED, resolved_at=START + 3 * HOUR, announced=3))

    assert [point.change for point in evaluate(one, POLICY, START + 9 * HOUR)] == [Change.REGRESSED]
    assert evaluate(one, POLICY, START + 9 * HOUR, late=Deploys(known).view(one).late) == ()


@pytest.mark.parametrize(
    ("revision_after", "regressed"),
    [
        ("r0", False),  # an older one than that in which it was settled
        ("r1", False),  # that one itself: the fix comes with the next
        ("r2", True),  # the next one has it: it is not fixed
    ],
)
def test_settled_until_the_next_revision_only_newer_ones_are_a_regression(revision_after, regressed):
    entries = [*said("it broke", "r0", 1), *said("it broke", "r1", 2), *said("it broke", revision_after, 8)]
    pipe = PipelineFixture()
    pipe.take(lines(entries), tend=False)
    (one,) = pipe.clusters()
    triage = Triage(status=Status.RESOLVED, resolved_at=START + 3 * HOUR, resolved_revision="r1", announced=3)

    assert bool(evaluate(replace(one, triage=triage), POLICY, START + 9 * HOUR)) is regressed
