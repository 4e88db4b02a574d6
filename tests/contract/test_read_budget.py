"""What looking at a state on Firestore costs in an hour: every reader has its budget of documents."""

import time
from concurrent.futures import Future
from datetime import UTC, datetime, timedelta

import pytest
from google.cloud import firestore
from oncall_state import commit_all

from processor.app import wiring
from processor.app.config import Settings
from processor.model import AuditRecord, Triage
from processor.views.snapshot import StateReader
from processor.views.terminal import loop
from sinks.firestore import follow, queries

HOUR = 3600


@pytest.fixture
def billed(monkeypatch):
    """Documents as Firestore bills them, counted below the store: a query that finds nothing costs one."""
    count = {"reads": 0}
    stream, get_all = queries.stream, firestore.Client.get_all

    def counted_stream(query, timeout_s):
        found = list(stream(query, timeout_s))
        count["reads"] += max(len(found), 1)
        return iter(found)

    def counted_get_all(client, references, *fields, **options):
        references = list(references)
        count["reads"] += len(references)
        return get_all(client, references, *fields, **options)

    monkeypatch.setattr(queries, "stream", counted_stream)
    monkeypatch.setattr(firestore.Client, "get_all", counted_get_all)
    return count


class Clock:
    """A time that passes when it is told to: the hour of the test is one of seconds."""

    def __init__(self):
        self.now = datetime.now(UTC)

    def __call__(self):
        return self.now


def seeded(open_firestore, clusters, actions):
    worker = open_firestore()
    now = datetime.now(UTC)
    commit_all(worker, now, [(f"c{n:03}", [1], {"template": f"it broke {n}"}) for n in range(clusters)])
    for number in range(actions):
        name = f"c{number % clusters:03}"
        rev = worker.cluster(name).triage.rev
        worker.put_triage(name, Triage(rev=rev), [AuditRecord(now, "ana", "acknowledge", name)])
    return worker


def touched(worker, clusters):
    """As a worker's commit does: every cluster and the worker's own document have changed."""
    batch = worker._client.batch()
    for number in range(clusters):
        reference = worker._client.collection("clusters").document(f"c{number:03}")
        batch.update(reference, {"count": firestore.Increment(1), "updated_at": firestore.SERVER_TIMESTAMP})
    beat = {"heartbeat_at": datetime.now(UTC), "updated_at": firestore.SERVER_TIMESTAMP}
    batch.set(worker._client.collection("workers").document("worker-1"), beat, merge=True)
    batch.commit()


@pytest.mark.parametrize(("clusters", "actions", "budget"), [(500, 0, 20_000), (50, 200, 10_000), (3, 0, 6_000)])
def test_an_open_page_stays_in_its_budget_while_every_cluster_is_active(
    open_firestore, billed, monkeypatch, clusters, actions, budget
):
    worker = seeded(open_firestore, clusters, actions)
    # The hour passes in seconds, so what the page has read would seem to have changed just now, again and again.
    monkeypatch.setattr(follow, "OVERLAP", timedelta(0))
    page, clock = open_firestore(), Clock()
    reader = StateReader(lambda: page, clock)
    billed["reads"] = 0
    full, seen = 0, set()
    for _ in range(HOUR):
        before, at = billed["reads"], reader.snapshot.at
        if clock.now >= reader._look_at:
            # A worker commits far more often than anybody looks; its clusters are written where they will be read.
            touched(worker, clusters if clock.now >= reader._read_at else 1)
            billed["reads"] = before
        snapshot = reader.refresh()
        full += snapshot.at != at
        seen.add(snapshot.rows["c000"].cluster.count)
        clock.now += timedelta(seconds=1)

    assert billed["reads"] <= budget
    assert full >= 30, "and what is shown is never older than two minutes"
    assert len(seen) == full
    assert len(snapshot.audit) == actions


def test_a_page_over_a_state_at_rest_asks_three_questions_a_look(open_firestore, billed, monkeypatch):
    seeded(open_firestore, 20, 10)
    monkeypatch.setattr(follow, "OVERLAP", timedelta(0))
    page, clock = open_firestore(), Clock()
    reader = StateReader(lambda: page, clock)
    reader.refresh()
    billed["reads"] = 0
    for _ in range(HOUR):
        clock.now += timedelta(seconds=1)
        reader.refresh()

    assert billed["reads"] <= 2_000
    assert reader.snapshot.rows


def test_a_decision_elsewhere_shows_at_the_next_look_though_clusters_are_too_dear_just_now(open_firestore):
    worker = seeded(open_firestore, 60, 0)
    page, clock = open_firestore(), Clock()
    reader = StateReader(lambda: page, clock)
    reader.refresh()
    worker.put_triage("c001", worker.cluster("c001").triage, [AuditRecord(clock.now, "ana", "resolve", "c001")])
    clock.now += timedelta(seconds=30 if reader._look_at - clock.now > timedelta(seconds=5) else 5)
    shown = reader.refresh()

    assert [record.who for record in shown.audit] == ["ana"]


def test_the_audit_trail_is_read_once_and_then_only_what_is_new(open_firestore, billed, monkeypatch):
    worker, reader = seeded(open_firestore, 1, 30), open_firestore()
    monkeypatch.setattr(follow, "OVERLAP", timedelta(0))
    assert len(reader.audit(20)) == 20
    billed["reads"] = 0
    assert reader.audit(20) == worker.audit(20)
    cost_of_worker = 20
    assert billed["reads"] <= cost_of_worker + 1
    rev = worker.cluster("c000").triage.rev
    worker.put_triage("c000", Triage(rev=rev), [AuditRecord(datetime.now(UTC), "mo", "mute", "c000")])
    billed["reads"] = 0
    assert [record.who for record in reader.audit(20)][:2] == ["mo", "ana"]
    assert billed["reads"] == 1
    assert len(reader.audit(31)) == 31, "more than before are read anew"


def test_what_a_slow_commit_wrote_before_the_last_look_is_not_missed(open_firestore):
    """The server's time is taken when a write begins; one that waited for a lock shows up after a later one."""
    worker, reader = seeded(open_firestore, 2, 1), open_firestore()
    reader.audit(10)
    reader.clusters()
    late = datetime.now(UTC) - timedelta(seconds=4)
    fields = {"at": late, "who": "slow", "action": "mute", "cluster_id": "c001", "detail": "", "place": 0}
    worker._client.collection("audit").document().create({**fields, "schema": 1, "written_at": late})
    time.sleep(0.1)

    assert {record.who for record in reader.audit(10)} == {"ana", "slow"}


class Inline:
    """The live table's thread of the store, without a thread."""

    def submit(self, call, *arguments):
        done = Future()
        done.set_result(call(*arguments))
        return done


@pytest.mark.parametrize(("active", "budget"), [(50, 10_000), (0, 2_000)])
def test_the_live_table_stays_in_the_budget_of_a_page(open_firestore, billed, monkeypatch, active, budget):
    """Ten minutes, the loop polling as fast as it ever does; an hour is six of them."""
    worker = seeded(open_firestore, 50, 10)
    monkeypatch.setattr(follow, "OVERLAP", timedelta(0))
    table, clock = open_firestore(), Clock()
    reader = StateReader(lambda: table, clock)
    reader.refresh()
    looping = loop._Loop(reader, clock, "mo", Inline(), console=None, live=None)
    billed["reads"] = 0
    for _ in range(HOUR // 6):
        if active and clock.now >= reader._look_at:
            before = billed["reads"]
            touched(worker, active if clock.now >= reader._read_at else 1)
            billed["reads"] = before
        looping._poll()
        clock.now += timedelta(seconds=1)

    assert 6 * billed["reads"] <= budget
    assert len(reader.snapshot.rows) == 50


class Ticking:
    """The controller's clock."""

    def __init__(self):
        self.at = datetime.now(UTC)

    def now(self):
        return self.at

    def sleep(self, seconds):
        self.at += timedelta(seconds=seconds)


@pytest.mark.parametrize(("active", "budget"), [(50, 10_000), (0, 2_000)])
def test_the_controllers_turns_read_what_has_changed(open_firestore, billed, monkeypatch, tmp_path, active, budget):
    """Twelve turns of the 120 of an hour, over fifty clusters."""
    worker = seeded(open_firestore, 50, 10)
    monkeypatch.setattr(follow, "OVERLAP", timedelta(0))
    clock = Ticking()
    settings = Settings(issues=f"folder:{tmp_path}/issues", state="firestore:test", source="file:x?follow")
    controller = wiring.make_reconciler(settings, open_firestore(), clock=clock, name="w")
    for _ in range(3):  # it starts, decides and opens what is due
        controller.run_if_due(done=False)
        clock.sleep(600)
    billed["reads"] = 0
    for _ in range(12):
        if active:
            before = billed["reads"]
            touched(worker, active)
            billed["reads"] = before
        controller.run_if_due(done=False)
        clock.sleep(30)

    assert 10 * billed["reads"] <= budget
    assert all(cluster.triage.priority for cluster in worker.clusters()), "and it has decided"
