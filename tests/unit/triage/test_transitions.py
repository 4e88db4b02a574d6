"""Decisions of people: what changes, what stays, and who did it."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from processor.model import Cluster, IssueRef, Kind, Priority, Sample, Severity, Span, Status, Stream, Triage
from processor.model.errors import ConfigError
from processor.model.notes import Notes
from processor.triage import transitions

NOW = datetime(2026, 1, 1, 3, tzinfo=UTC)
CLUSTER = Cluster(
    id="c1",
    stream=Stream("p", "shop", Kind.TEXT),
    template="it broke <*>",
    sample=Sample("i", NOW, "it broke 1", "{}"),
    severity=Severity.ERROR,
    count=70,
    first_seen=NOW - timedelta(hours=2),
    last_seen=NOW - timedelta(minutes=1),
    severities={Severity.ERROR: 70},
    minutes={},
    days={},
    facets={},
    revisions={"shop-1": Span(70, NOW - timedelta(hours=2), NOW - timedelta(minutes=1))},
    triage=Triage(rev=4, issue=IssueRef("o/r", 7, ""), announced=50, notes=Notes(comments=3)),
)


def test_a_decision_keeps_revision_issue_and_memory_and_names_who_and_when():
    for act in (transitions.acknowledge, transitions.mute, transitions.resolve, transitions.reopen):
        triage, audit = act(CLUSTER, now=NOW, who="mo@example.org", note="on it")

        kept = (triage.rev, triage.issue, replace(triage.notes, replaced=None))
        assert kept == (4, IssueRef("o/r", 7, ""), Notes(comments=3))
        assert (triage.by, triage.note, triage.changed_at) == ("mo@example.org", "on it", NOW)
        assert (audit.who, audit.at, audit.cluster_id, audit.action) == ("mo@example.org", NOW, "c1", act.__name__)
        assert "on it" in audit.detail


@pytest.mark.parametrize(
    ("until", "date", "count"),
    [
        ("", None, None),  # until somebody reopens it
        ("90m", NOW + timedelta(minutes=90), None),
        ("2h", NOW + timedelta(hours=2), None),
        ("7d", NOW + timedelta(days=7), None),
        ("366d", NOW + timedelta(days=366), None),  # the longest
        ("10x", None, 700),  # ten times the present count
    ],
)
def test_muting_ends_at_a_time_or_at_a_multiple_of_the_present_count(until, date, count):
    triage, _ = transitions.mute(CLUSTER, now=NOW, who="mo", until=until)

    assert (triage.status, triage.mute_until, triage.mute_until_count) == (Status.MUTED, date, count)


@pytest.mark.parametrize("until", ["1x", "0h", "367d", "99999d", "soon", "7", "-1h", "\uff17d", "7d ", "7d\n"])
def test_an_end_of_muting_that_means_nothing_is_refused_with_the_forms_that_do(until):
    with pytest.raises(ConfigError, match="mute until"):
        transitions.mute(CLUSTER, now=NOW, who="mo", until=until)


def test_resolving_settles_up_to_now_or_up_to_the_last_entry_of_a_fast_clock():
    ahead = replace(CLUSTER, last_seen=NOW + timedelta(minutes=3))

    assert transitions.resolve(CLUSTER, now=NOW, who="mo").triage.resolved_at == NOW
    assert transitions.resolve(ahead, now=NOW, who="mo").triage.resolved_at == NOW + timedelta(minutes=3)


def test_resolving_until_the_next_revision_names_the_one_that_may_still_fail():
    assert (
        transitions.resolve(CLUSTER, now=NOW, who="mo", until_next_revision=True).triage.resolved_revision == "shop-1"
    )
    assert transitions.resolve(CLUSTER, now=NOW, who="mo").triage.resolved_revision == ""


def test_every_status_takes_the_one_before_it_away_with_its_bounds():
    muted = replace(CLUSTER, triage=transitions.mute(CLUSTER, now=NOW, who="mo", until="10x").triage)
    resolved = replace(muted, triage=transitions.resolve(muted, now=NOW, who="mo", until_next_revision=True).triage)
    reopened = transitions.reopen(resolved, now=NOW, who="mo").triage

    assert resolved.triage.mute_until_count is None
    assert (reopened.status, reopened.resolved_at, reopened.resolved_revision) == (Status.OPEN, None, "")


def test_a_persons_priority_is_theirs_until_they_give_it_back_to_the_policy():
    raised, audit = transitions.prioritise(CLUSTER, now=NOW, who="mo", priority=Priority.P0)
    given_back, _ = transitions.prioritise(replace(CLUSTER, triage=raised), now=NOW, who="mo", priority=None)

    assert (raised.priority, raised.priority_by, audit.detail) == (Priority.P0, "mo", "P0")
    assert (given_back.priority, given_back.priority_by) == (None, "policy")
    assert raised.status is CLUSTER.triage.status


def test_a_note_is_bounded():
    assert len(transitions.acknowledge(CLUSTER, now=NOW, who="mo", note="n" * 9000).triage.note) == 500


def test_a_cluster_cannot_be_merged_into_itself():
    with pytest.raises(ConfigError, match="itself"):
        transitions.merge_audit(CLUSTER, CLUSTER, now=NOW, who="mo")
    assert transitions.merge_audit(CLUSTER, replace(CLUSTER, id="c2"), now=NOW, who="mo").detail == "into c2"


def test_reopening_counts_growth_from_here_and_leaves_what_was_never_announced_unannounced():
    unknown = replace(CLUSTER, triage=replace(CLUSTER.triage, announced=0))

    assert transitions.reopen(CLUSTER, now=NOW, who="mo").triage.announced == 70
    assert transitions.reopen(unknown, now=NOW, who="mo").triage.announced == 0
    assert transitions.resolve(CLUSTER, now=NOW, who="mo").triage.announced == 50


def test_setting_a_priority_takes_nobody_off_what_they_are_on():
    theirs = replace(CLUSTER, triage=transitions.acknowledge(CLUSTER, now=NOW, who="ana", note="calling").triage)
    triage, audit = transitions.prioritise(theirs, now=NOW, who="mo", priority=Priority.P0, note="all shops")

    assert (triage.by, triage.note, triage.priority_by) == ("ana", "calling", "mo")
    assert (audit.who, audit.detail) == ("mo", "P0: all shops")


def test_merging_needs_two_clusters_of_one_stream_and_splitting_what_was_merged():
    other = replace(CLUSTER, id="c2", aliases=("a1", "a2"))
    elsewhere = replace(other, stream=Stream("p", "pay", Kind.TEXT))

    assert transitions.merge_audit(CLUSTER, other, now=NOW, who="mo", note="same").detail == "into c2: same"
    for wrong in (CLUSTER, elsewhere):
        with pytest.raises(ConfigError):
            transitions.merge_audit(CLUSTER, wrong, now=NOW, who="mo")
    assert transitions.split_audit(other, "", now=NOW, who="mo").detail == "a1, a2"
    assert transitions.split_audit(other, "a2", now=NOW, who="mo").detail == "a2"
    for cluster, apart, said in ((CLUSTER, "", "nothing was ever merged"), (other, "c1", "c1 was never merged")):
        with pytest.raises(ConfigError, match=said):
            transitions.split_audit(cluster, apart, now=NOW, who="mo")
