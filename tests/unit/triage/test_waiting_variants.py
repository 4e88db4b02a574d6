"""Which cluster waits below whose issue: each way in, each way out, and no order of clusters that matters."""

from datetime import UTC, datetime, timedelta
from itertools import permutations

import pytest
from msgspec.structs import replace

from processor.model import Cluster, IssueRef, Kind, Priority, Sample, Severity, Status, Stream, Triage
from processor.model.notes import Intent, Notes
from processor.triage import rules, variants
from processor.triage.policy import Policy

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)
POLICY = rules.make()
ISSUE = IssueRef("acme/shop", 1, "https://x.example/1")
HOUR = timedelta(hours=1)


def cluster(word, count=4, *, issue=None, announced=None, text="no free worker left for {}", **fields):
    triage = fields.pop("triage", Triage())
    triage = replace(triage, issue=issue, announced=count if announced is None else announced)
    return Cluster(
        id=f"id-{word}",
        stream=fields.pop("stream", Stream("p", "shop", Kind.TEXT)),
        template=text.format(word),
        sample=Sample("i", NOW, text.format(word), "{}"),
        severity=fields.pop("severity", Severity.ERROR),
        count=count,
        first_seen=fields.pop("first_seen", NOW - HOUR),
        last_seen=fields.pop("last_seen", NOW),
        severities={},
        minutes={},
        days={},
        facets={},
        revisions={},
        triage=triage,
        **fields,
    )


def owner(**fields):
    return cluster("parcel", 40, issue=ISSUE, **fields)


THIRD = cluster("ledger", 1, announced=0)
"""Too few entries for anything, yet the third word at the place."""


def waits(*clusters, covered=None):
    return variants.below(clusters, POLICY, covered=covered or {})


def below(one, *others, **more):
    """Whether it waits below the issue of the owner, beside a third word."""
    return waits(owner(), THIRD, one, *others, **more).get(one.id) == "id-parcel"


def test_a_cluster_of_a_few_entries_waits_below_the_issue_of_a_look_alike():
    assert waits(owner(), cluster("survey"), THIRD) == {"id-survey": "id-parcel"}


def test_two_words_may_be_two_problems():
    assert waits(owner(), cluster("survey")) == {}


@pytest.mark.parametrize(
    "fields",
    [
        {"announced": 0},
        {"issue": IssueRef("acme/shop", 2, "")},
        {"stream": Stream("p", "till", Kind.TEXT)},
        {"stream": Stream("p", "shop", Kind.EXCEPTION)},
        {"text": "no free worker is left for {}"},
        {"overflow": True},
        {"triage": Triage(status=Status.MUTED)},
        {"triage": Triage(status=Status.RESOLVED)},
        {"triage": Triage(changed_at=NOW)},
        {"triage": Triage(notes=Notes(earlier="https://x.example/9"))},
        {"triage": Triage(notes=Notes(intent=Intent("create", "t", NOW, NOW)))},
        {"triage": Triage(priority=Priority.P0, priority_by="ann")},
    ],
    ids="-".join,
)
def test_what_never_waits(fields):
    assert not below(cluster("survey", **fields))


@pytest.mark.parametrize(("count", "silent"), [(3, True), (14, True), (15, False), (400, False)])
def test_a_cluster_of_five_times_its_threshold_has_an_issue_of_its_own(count, silent):
    assert below(cluster("survey", count)) is silent


def test_a_worse_cluster_does_not_wait():
    warning = owner(severity=Severity.WARNING)
    assert waits(warning, THIRD, cluster("survey")) == {}
    assert waits(warning, THIRD, cluster("survey", 20, severity=Severity.WARNING)) == {"id-survey": "id-parcel"}
    assert not below(cluster("survey", severity=Severity.CRITICAL)), "of the same priority, yet more severe"


def test_members_and_owner_of_an_incident_do_not_wait():
    assert not below(cluster("survey"), covered={"id-survey": "id-other"})
    assert not below(cluster("survey"), covered={"id-other": "id-survey"})


@pytest.mark.parametrize(
    "settled",
    [
        {"status": Status.RESOLVED, "resolved_at": NOW},
        {"status": Status.MUTED, "changed_at": NOW},
        {"status": Status.MUTED},
        {"quiet": True},
    ],
)
def test_what_goes_on_after_the_issue_is_settled_muted_or_quiet_does_not_wait(settled):
    ended = owner(triage=Triage(**settled), last_seen=NOW)
    later = cluster("survey", last_seen=NOW + HOUR)
    assert waits(ended, THIRD, later) == {}
    assert waits(ended, THIRD, cluster("survey")), "it ended with the other"
    assert waits(ended, THIRD, replace(later, triage=replace(later.triage, quiet=True))), "nothing new to say"


def test_what_is_acknowledged_goes_on():
    held = owner(triage=Triage(status=Status.ACKNOWLEDGED, changed_at=NOW - HOUR))
    assert waits(held, THIRD, cluster("survey"))


def test_nothing_waits_below_what_waits_or_gets_no_issue():
    first, second = cluster("survey", first_seen=NOW - 2 * HOUR), cluster("ticket")
    assert waits(first, second, THIRD) == {"id-ticket": "id-survey"}, "the first gets an issue in this turn"
    assert waits(first, second, THIRD, owner()) == {"id-survey": "id-parcel", "id-ticket": "id-parcel"}
    refused = replace(first, triage=replace(first.triage, notes=Notes(abandoned="refused")))
    assert waits(refused, second, THIRD) == {}
    assert waits(first, second, THIRD, covered={"id-survey": "id-other"}) == {}


def test_a_waiting_cluster_is_no_owner_at_another_place():
    """What differs from a waiting one in one place, and from its owner in two, has an issue of its own."""
    one, other = "no green worker left for {}", "no {} worker left for survey"
    head, third = cluster("parcel", 40, issue=ISSUE, text=one), cluster("ledger", 1, announced=0, text=one)
    waiting = cluster("survey", text=one)
    chained = [cluster(word, text=other, first_seen=NOW) for word in ("small", "large", "quick")]
    found = waits(head, third, waiting, *chained)
    assert found == {"id-survey": "id-parcel", "id-quick": "id-large", "id-small": "id-large"}


def test_the_order_of_clusters_does_not_matter():
    group = [owner(), THIRD, cluster("survey"), cluster("ticket", first_seen=NOW - 3 * HOUR), cluster("basket", 30)]
    answers = [waits(*order) for order in permutations(group)]
    assert all(one == answers[0] for one in answers)
    assert answers[0] == {"id-survey": "id-parcel", "id-ticket": "id-parcel"}


def test_a_policy_without_thresholds_opens_nothing_and_lets_nothing_wait():
    silent = Policy(rules=POLICY.rules, thresholds={}, dwell={})
    assert variants.below([owner(), THIRD, cluster("survey")], silent, covered={}) == {}


def test_readers_find_what_waits_by_the_root_of_its_owner():
    recorded = Triage(notes=Notes(variant_of="older"))
    few, many = cluster("survey", 3, triage=recorded), cluster("ticket", 9, triage=recorded)
    gone = cluster("basket", triage=Triage(notes=Notes(variant_of="forgotten")))
    grown = cluster("ledger", triage=recorded, issue=IssueRef("acme/shop", 3, ""))
    root = owner(aliases=("older",))
    assert variants.waiting([few, root, many, gone, grown]) == {"id-parcel": (many, few)}
    assert (variants.word_of(few, root), variants.word_of(root, few)) == ("survey", "parcel")
    assert variants.word_of(few, cluster("survey", text="something else about {}")) == ""
