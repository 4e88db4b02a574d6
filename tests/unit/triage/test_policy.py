"""Priorities and turning points, as tables."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from processor.model import Change, Cluster, Kind, Priority, Sample, Severity, Span, Status, Stream, Triage
from processor.triage import rules
from processor.triage.policy import Rule, Threshold, crossed, evaluate, fits, is_quiet, priority_of, rule_for

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
POLICY = rules.make()


def cluster(template="it broke", *, count=10, severity=Severity.ERROR, kind=Kind.TEXT, last=NOW, **fields):
    """A cluster of `count` entries in the last minutes, one a minute."""
    minute = int(last.timestamp()) // 60
    minutes = {minute - at: 1 for at in range(min(count, 180))}
    first = last - timedelta(minutes=count)
    values = {
        "id": "c1",
        "stream": Stream("p", "shop", kind),
        "template": template,
        "sample": Sample("i1", first, template, "{}"),
        "severity": severity,
        "count": count,
        "first_seen": first,
        "last_seen": last,
        "severities": {severity: count},
        "minutes": minutes,
        "days": {minute // 1440: count},
        "facets": {},
        "revisions": {},
    }
    return Cluster(**{**values, **fields})


def handled(one, **fields):
    return replace(one, triage=Triage(**fields))


@pytest.mark.parametrize(
    ("template", "severity", "kind", "facets", "priority"),
    [
        # The five clusters of the worklog, in its order.
        ("Session access failed (middleware not installed?)", Severity.WARNING, Kind.TEXT, {}, "P3"),
        ("Stream <*> error: UserExecutionContext.__init__() got", Severity.ERROR, Kind.TEXT, {}, "P1"),
        ("Failed to stop agent for user <*>: object", Severity.ERROR, Kind.TEXT, {}, "P1"),
        ("Thread ID mismatch: run_id '<*>' extracted to", Severity.WARNING, Kind.TEXT, {}, "P2"),
        ("HTTP 4xx", Severity.WARNING, Kind.HTTP, {"status": {"404": 5, "405": 3}}, "P3"),
        # Server errors are ours, whatever severity the load balancer gave them.
        ("HTTP 5xx GET /pay", Severity.WARNING, Kind.HTTP, {"status": {"503": 5}}, "P1"),
        # The most frequent status decides, not the worst.
        ("HTTP 4xx", Severity.ERROR, Kind.HTTP, {"status": {"404": 5, "500": 1}}, "P3"),
        # Somebody used the two highest severities on purpose.
        ("anything", Severity.ALERT, Kind.TEXT, {}, "P0"),
        ("anything", Severity.EMERGENCY, Kind.EXCEPTION, {}, "P0"),
        # CRITICAL is Python's everyday word for a bad error.
        ("anything", Severity.CRITICAL, Kind.TEXT, {}, "P1"),
        # No instance starts: the service is going down.
        ("[<*>] [ERROR] Reason: Worker failed to boot.", Severity.ERROR, Kind.TEXT, {}, "P0"),
        # A caught exception is worth more than a line of noise.
        ("ValueError at f (a.py)", Severity.WARNING, Kind.EXCEPTION, {}, "P2"),
    ],
)
def test_the_shipped_rules_give_the_priorities_of_the_worklog(template, severity, kind, facets, priority):
    found = priority_of(cluster(template, severity=severity, kind=kind, facets=facets), POLICY)

    assert found == priority


@pytest.mark.parametrize(
    ("conditions", "expected"),
    [
        ({}, True),  # no condition fits everything
        ({"severity": Severity.ERROR}, True),  # the same severity is enough
        ({"severity": Severity.CRITICAL}, False),  # worse than the cluster's
        ({"service": "sh*"}, True),  # shell patterns
        ({"service": "SH*"}, False),  # names are compared as they are written
        ({"kind": Kind.HTTP}, False),
        ({"count": 10}, True),  # at least
        ({"count": 11}, False),
        ({"text": re.compile("brok")}, True),  # searched, not matched
        ({"text": re.compile("^broke")}, False),
        ({"statuses": (500, 599)}, False),  # the cluster has no status
        ({"severity": Severity.ERROR, "service": "other"}, False),  # every condition has to hold
    ],
)
def test_a_rule_fits_when_all_its_conditions_do(conditions, expected):
    assert fits(Rule("r", Priority.P0, **conditions), cluster()) is expected


def test_own_rules_come_before_the_shipped_ones():
    mine = rules.RuleSetting(name="mine", priority="P0", service="shop")
    policy = rules.make([mine])

    assert rule_for(cluster(severity=Severity.WARNING), policy).name == "mine"


def test_a_persons_priority_wins_over_every_rule():
    one = handled(cluster(severity=Severity.ALERT), priority=Priority.P3, priority_by="alice")

    assert priority_of(one, POLICY) == "P3"


@pytest.mark.parametrize(
    ("threshold", "minutes", "days", "expected"),
    [
        (Threshold(3, 60), {0: 1, 59: 2}, {}, True),  # the window is as wide as it says
        (Threshold(3, 60), {0: 1, 60: 2}, {}, False),  # and no wider
        (Threshold(3, 60), {0: 3, 170: 1}, {}, True),  # an earlier burst counts as well
        (Threshold(5, 1440), {0: 5}, {7: 4}, False),  # days count days, not minutes
        (Threshold(5, 2880), {}, {7: 2, 8: 3}, True),  # two neighbouring days
        (Threshold(5, 2880), {}, {7: 2, 9: 3}, False),  # not neighbouring
        (Threshold(1, 1), {}, {}, False),  # nothing was counted
    ],
)
def test_a_threshold_is_crossed_when_a_window_of_event_time_holds_enough(threshold, minutes, days, expected):
    one = cluster(minutes=minutes, days=days)

    assert (crossed(one, (threshold,)) is not None) is expected


@given(
    st.dictionaries(st.integers(0, 300), st.integers(1, 50), max_size=30),
    st.integers(1, 180),
    st.integers(1, 200),
)
def test_the_sliding_window_finds_what_trying_every_window_finds(minutes, width, wanted):
    best = max((sum(n for at, n in minutes.items() if start <= at < start + width) for start in minutes), default=0)

    assert (crossed(cluster(minutes=minutes), (Threshold(wanted, width),)) is not None) is (best >= wanted)


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        # Three in an hour and a minute old: told.
        (cluster(count=3), [Change.NEW]),
        # Two in an hour: not enough.
        (cluster(count=2), []),
        # Enough, but only seconds old: it may be part of something larger.
        (cluster(count=3, first_seen=NOW - timedelta(seconds=30)), []),
        # Enough once, long ago: nobody needs an issue about it now.
        (cluster(count=500, last=NOW - timedelta(days=100)), []),
        # Told at 10; ten times as much is a step, less is not.
        (handled(cluster(count=99), announced=10), []),
        (handled(cluster(count=100), announced=10), [Change.ESCALATING]),
        # A burst that is long over: quiet, said once.
        (handled(cluster(count=500, last=NOW - timedelta(days=4)), announced=400), [Change.QUIET]),
        (handled(cluster(count=500, last=NOW - timedelta(days=4)), announced=400, quiet=True), []),
        # Settled and not seen since; seen since; seen since in the revision that was settled.
        (handled(cluster(), announced=5, status=Status.RESOLVED, resolved_at=NOW), []),
        (
            handled(cluster(), announced=5, status=Status.RESOLVED, resolved_at=NOW - timedelta(hours=1)),
            [Change.REGRESSED],
        ),
        (
            handled(
                cluster(revisions={"v1": Span(1, NOW, NOW)}),
                announced=5,
                status=Status.RESOLVED,
                resolved_at=NOW - timedelta(hours=1),
                resolved_revision="v1",
            ),
            [],
        ),
        # Muted: neither growth nor silence is told, until the mute ends.
        (handled(cluster(count=500), announced=5, status=Status.MUTED), []),
        (handled(cluster(count=49), announced=5, status=Status.MUTED, mute_until_count=50), []),
        (handled(cluster(count=50), announced=5, status=Status.MUTED, mute_until_count=50), [Change.UNMUTED]),
        (handled(cluster(), status=Status.MUTED, mute_until=NOW + timedelta(seconds=1)), []),
        (handled(cluster(), status=Status.MUTED, mute_until=NOW), [Change.UNMUTED]),
        # Acknowledged is still told when it grows.
        (handled(cluster(count=100), announced=10, status=Status.ACKNOWLEDGED), [Change.ESCALATING]),
    ],
)
def test_what_happened_is_a_function_of_state_and_time(one, expected):
    assert [point.change for point in evaluate(one, POLICY, NOW)] == expected
    assert evaluate(one, POLICY, NOW) == evaluate(one, POLICY, NOW)


@pytest.mark.parametrize(
    ("count", "span_days", "silent_days", "expected"),
    [
        (1000, 10, 1, False),  # one day of silence is never called quiet
        (1000, 10, 4, True),  # a hundred a day and then nothing: no chance
        (3, 60, 10, False),  # rare by nature: ten days prove nothing
        (3, 60, 90, True),  # after ninety days it is, whatever the chance
        (1, 0, 30, False),  # a single entry: nothing can be said before ninety days
    ],
)
def test_quiet_is_silence_that_chance_does_not_explain(count, span_days, silent_days, expected):
    last = NOW - timedelta(days=silent_days)
    one = cluster(count=count, last=last, first_seen=last - timedelta(days=span_days))

    assert is_quiet(one, POLICY, NOW) is expected


@pytest.mark.parametrize(
    ("read", "text", "sentence"),
    [
        (rules.threshold, "many", "not a threshold such as 20 in 1h"),
        (rules.threshold, "0 in 1h", "not a threshold"),
        (rules.threshold, "5 in 5h", "a window is 1m to 3h, or whole days"),
        (rules.threshold, "5 in 100d", "1d to 90d"),
        (rules.duration, "5 weeks", "not a duration such as 90m, 2h or 7d"),
        (rules.statuses, "6xx", "not a status such as 5xx, 404 or 500-504"),
    ],
)
def test_a_setting_that_cannot_be_read_is_named_with_an_example(read, text, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        read(text)


def test_thresholds_read_back_as_they_are_written():
    assert [str(rules.threshold(text)) for text in ("3 in 60m", "5 in 2d")] == ["3 in 60m", "5 in 2d"]
