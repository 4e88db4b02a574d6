"""Who is on it: whoever acknowledged it last, or was named since."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from processor.issues.human_edits import parse
from processor.model import Change, Cluster, Kind, Sample, Severity, Status, Stream, Triage, TurningPoint
from processor.model.errors import ConfigError
from processor.triage import decide, transitions
from processor.triage.policy import Policy
from processor.triage.transitions import Action, apply
from sinks import triage_json

NOW = datetime(2026, 1, 1, 3, tzinfo=UTC)
CLUSTER = Cluster(
    id="c1",
    stream=Stream("p", "shop", Kind.TEXT),
    template="it broke",
    sample=Sample("i", NOW, "it broke", "{}"),
    severity=Severity.ERROR,
    count=7,
    first_seen=NOW - timedelta(hours=2),
    last_seen=NOW,
    severities={Severity.ERROR: 7},
    minutes={},
    days={},
    facets={},
    revisions={},
)
ACK, ANA = Action("acknowledge"), Action("assign", assignee="ana")


def after(*acts, who="mo"):
    cluster = CLUSTER
    for act in acts:
        cluster = replace(cluster, triage=apply(cluster, act, now=NOW, who=who).triage)
    return cluster.triage


@pytest.mark.parametrize(
    ("acts", "assigned", "status"),
    [
        ([ACK], "mo", Status.ACKNOWLEDGED),
        ([ANA], "ana", Status.OPEN),  # named, and has not said so yet
        ([ACK, ANA], "ana", Status.ACKNOWLEDGED),  # handed over
        ([ANA, ACK], "mo", Status.ACKNOWLEDGED),  # taken over
        ([Action("assign", assignee="me")], "mo", Status.OPEN),
        ([ANA, Action("assign", assignee="nobody")], "", Status.OPEN),
        ([ACK, Action("assign", assignee="")], "", Status.OPEN),  # acknowledged by nobody is open
        ([ANA, Action("mute", until="2h")], "ana", Status.MUTED),
        ([ACK, Action("mute")], "mo", Status.MUTED),
        ([ANA, Action("priority", priority="P0")], "ana", Status.OPEN),
        ([ACK, Action("resolve")], "", Status.RESOLVED),
        ([ANA, Action("reopen")], "", Status.OPEN),
        ([Action("assign", assignee="  Ana   Lima ")], "Ana Lima", Status.OPEN),
    ],
)
def test_the_last_word_about_who_is_on_it_counts(acts, assigned, status):
    triage = after(*acts)

    assert (triage.assigned_to, triage.status) == (assigned, status)


@pytest.mark.parametrize("name", ["x" * 101, "a\x1b[2Jb", "a\u202eb"])
def test_what_is_no_name_is_refused(name):
    with pytest.raises(ConfigError, match="assign to"):
        transitions.assign(CLUSTER, now=NOW, who="mo", assignee=name)


def test_the_trail_says_to_whom_and_why():
    audit = transitions.assign(CLUSTER, now=NOW, who="mo", assignee="ana", note="knows rates").audit

    assert (audit.who, audit.action, audit.detail) == ("mo", "assign", "to ana: knows rates")
    assert transitions.assign(CLUSTER, now=NOW, who="mo", assignee="").audit.detail == "to nobody"


def test_in_a_state_from_before_the_acknowledger_is_on_it():
    old = json.loads(triage_json.dump(Triage(status=Status.ACKNOWLEDGED, by="mo")))

    assert "assignee" not in old, "a worker of the version before refuses a field that it does not know"
    assert triage_json.load(json.dumps(old), 3).assigned_to == "mo"


def test_the_assignee_is_stored():
    triage = after(ANA)

    assert triage_json.load(triage_json.dump(triage), 0) == triage


def test_what_the_policy_closes_has_nobody_on_it_when_it_comes_back():
    policy = Policy(rules=(), thresholds={}, dwell={})
    quiet = TurningPoint(Change.QUIET, 7, "silent")
    closed = decide.decide(replace(CLUSTER, triage=after(ACK)), [quiet], policy, NOW, auto_close=True)

    assert (closed.status, closed.assigned_to) == (Status.RESOLVED, "")


@pytest.mark.parametrize(
    ("text", "name"),
    [("assign ana", "ana"), ("assign @ana-l", "ana-l"), ("assign to me", "me"), ("assign nobody", "nobody")],
)
def test_a_comment_assigns(text, name):
    assert parse(text).action == Action("assign", assignee=name)


@pytest.mark.parametrize("text", ["assign", "assign ana and mo", "assign @" + "x" * 101])
def test_a_comment_that_assigns_to_nobody_in_particular_is_not_understood(text):
    assert parse(text) is None
