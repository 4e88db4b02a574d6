"""What was silent for too long is forgotten once a day; what somebody still works on is not."""

from datetime import UTC, datetime, timedelta

import pytest

from processor.ingest.retention import RawRetention, Retention, too_old
from processor.model import Cluster, IssueRef, Kind, Sample, Severity, Status, Stream, Triage
from processor.model.errors import Transient
from processor.model.forget import Forgotten

NOW = datetime(2026, 1, 10, tzinfo=UTC)
ISSUE = IssueRef("o/r", 1, "https://example.test/1")
DAY = timedelta(days=1)


def cluster(name, days, **triage):
    seen = NOW - days * DAY
    return Cluster(
        name, Stream("p", "s", Kind.TEXT), name, Sample("i", seen, name, "{}"), Severity.ERROR, 1,
        seen, seen, {}, {}, {}, {}, {}, triage=Triage(**triage),
    )  # fmt: skip


class Shelf:
    """A store that keeps what it was asked to forget."""

    def __init__(self, clusters):
        self.held, self.asked, self.away = clusters, [], False

    def clusters(self):
        if self.away:
            raise Transient("away")
        return self.held

    def forget(self, what, audit):
        self.asked.append((set(what.clusters), audit.who, audit.detail))
        return Forgotten()


class Hours:
    def __init__(self):
        self.at = NOW

    def now(self):
        return self.at


def test_silence_is_counted_up_to_the_newest_entry_not_to_today():
    old = [cluster("a", 400), cluster("b", 401), cluster("c", 399)]

    assert too_old(old, 30 * DAY) == []
    assert too_old([*old, cluster("new", 0)], 399.5 * DAY) == ["b", "a"]
    assert too_old([], DAY) == []


@pytest.mark.parametrize(
    ("triage", "goes"),
    [
        ({}, True),
        ({"status": Status.MUTED}, True),
        ({"issue": ISSUE}, False),
        ({"issue": ISSUE, "status": Status.ACKNOWLEDGED}, False),
        ({"issue": ISSUE, "quiet": True}, True),
        ({"issue": ISSUE, "status": Status.RESOLVED}, True),
    ],
)
def test_an_issue_that_waits_for_somebody_keeps_its_cluster(triage, goes):
    assert (too_old([cluster("a", 90, **triage), cluster("new", 0)], 30 * DAY) == ["a"]) is goes


def test_a_worker_looks_once_a_day_and_again_tomorrow_when_the_store_is_away():
    shelf, hours = Shelf([cluster("a", 90), cluster("new", 0)]), Hours()
    retention = Retention(shelf, clock=hours, days=30)
    retention.run_if_due(False)
    retention.run_if_due(False)
    assert shelf.asked == [({"a"}, "retention", "silent for 30 days:")]
    shelf.away = True
    hours.at += DAY
    retention.run_if_due(False)
    shelf.away = False
    retention.run_if_due(False)
    assert len(shelf.asked) == 1
    hours.at += DAY
    retention.run_if_due(True)
    assert len(shelf.asked) == 2


def test_no_days_keep_everything():
    shelf = Shelf([cluster("a", 9000), cluster("new", 0)])
    Retention(shelf, clock=Hours(), days=0).run_if_due(True)

    assert shelf.asked == []


class Slices:
    """A store whose samples are redacted in three slices; away when told so."""

    def __init__(self):
        self.asked, self.away = [], False

    def redact_samples(self, before, *, after, limit):
        if self.away:
            raise Transient("away")
        self.asked.append((before, after))
        return {"": "b", "b": "d", "d": ""}[after]


def test_raw_samples_are_redacted_daily_in_slices_and_not_by_who_comes_and_goes():
    store, hours = Slices(), Hours()
    task = RawRetention(store, clock=hours, days=30)
    task.run_if_due(False)
    task.run_if_due(True)
    assert store.asked == [], "a run over a file ends before"

    hours.at += timedelta(minutes=11)
    store.away = True
    task.run_if_due(False)
    store.away = False
    for _ in range(100):
        hours.at += timedelta(seconds=20)
        task.run_if_due(False)
    assert [after for _, after in store.asked] == ["", "b", "d"]
    assert store.asked[0][0] == NOW + timedelta(minutes=11, seconds=20) - 30 * DAY

    hours.at += DAY
    task.run_if_due(False)
    assert [after for _, after in store.asked] == ["", "b", "d", ""]
