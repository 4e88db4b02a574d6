"""A state of an older grouping is upgraded in place: every issue, decision, count and alias follows, in both stores."""

import re
import sqlite3

import old_state
import pytest
from msgspec.structs import replace
from step_worker import NOW, StepWorker

from processor.ingest import upgrade as module
from processor.ingest.upgrade import Upgrade
from processor.mining import miner as miner_module
from processor.mining import miners as miners_module
from processor.mining.masker import Masker
from processor.mining.miners import Miners
from processor.model import GROUPING_VERSION, ReceivedMessage
from processor.model.errors import CheckpointTooLarge, Conflict, StateError
from sinks.sqlite.store import SqliteStore


class Killed(BaseException):
    """The process ends here."""


class OtherWords(Masker):
    """Rules under which every text has another id: each word is spelled in capitals."""

    def mask(self, text):
        return re.sub(r"[a-z]+", lambda found: found[0].upper(), super().mask(text))


@pytest.fixture(params=["sqlite", "firestore"])
def open_old(request, tmp_path):
    """Open the old state, as often as asked."""
    if request.param == "sqlite":
        old_state.into_sqlite(tmp_path / "state.db")
        return request.getfixturevalue("open_sqlite")
    old_state.into_firestore(request.getfixturevalue("firestore_project"))
    return request.getfixturevalue("open_firestore")


@pytest.fixture
def clock():
    class Clock:
        def now(self):
            return NOW

        def sleep(self, seconds):
            raise AssertionError("nothing to wait for")

    return Clock()


def upgrade(store, clock, masker=None):
    return Upgrade(store, miners=Miners(), masker=masker or Masker(), clock=clock, name="w1")


def told(store):
    """What a person knows of each cluster, by the ids it goes by."""
    known = {}
    for cluster in store.clusters():
        for name in (cluster.id, *cluster.aliases):
            known[name] = (
                cluster.count,
                cluster.sample,
                replace(cluster.triage, rev=0),
                frozenset(cluster.severities.items()),
                frozenset(cluster.minutes.items()),
                frozenset(cluster.days.items()),
                cluster.first_seen,
                cluster.last_seen,
            )
    return known


def test_the_old_state_is_read_as_it_is(open_old):
    store = open_old()
    clusters = store.clusters()

    assert len(clusters) == 16
    assert all(cluster.occurrences == cluster.count for cluster in clusters)
    assert all(cluster.latest.age >= cluster.sample.age for cluster in clusters)
    assert sum(cluster.count for cluster in clusters) == store.totals().counted == 200
    assert {record.grouping for model in store.load_model({}) for record in model.records} == {1}
    assert sum(cluster.triage.issue is not None for cluster in clusters) == 7


@pytest.mark.parametrize("rules", [Masker, OtherWords])
def test_every_issue_decision_count_and_alias_follows(open_old, clock, rules):
    store = open_old()
    before = told(store)
    totals = store.totals()
    moves = upgrade(store, clock, rules()).run()
    after = told(open_old())

    assert {name: after[name] for name in before} == before
    assert after.keys() >= {move.target for move in moves}
    assert len({store.cluster(name).id for name in after}) == len({store.cluster(name).id for name in before}) == 16
    assert store.totals() == totals
    assert all(store.cluster(name).id == store.cluster(move.target).id for move in moves for name in [move.id])
    moved = [move for move in moves if move.target != move.id]
    assert bool(moved) or rules is Masker
    assert upgrade(open_old(), clock, rules()).run() == ()


def test_new_entries_go_to_what_the_old_ones_went_to(open_old, clock):
    store = open_old()
    upgrade(store, clock, OtherWords()).run()
    before = {cluster.id for cluster in store.clusters()}
    worker = StepWorker(open_old(), "w2")
    worker.masker = OtherWords()
    # A trace that came in lines is left out: its sample is its first line, which is no trace.
    samples = [cluster.sample for cluster in store.clusters() if cluster.stream.service != "edge"]
    again = [
        ReceivedMessage(re.sub(r'"insertId":"', '"insertId":"again-', one.raw).encode(), one.insert_id)
        for one in samples
    ]
    worker.work(again)

    assert {cluster.id for cluster in worker.store.clusters()} == before
    assert worker.store.totals().counted == 200 + len(again)


@pytest.mark.parametrize("rules", [Masker, OtherWords])
def test_a_kill_at_any_commit_loses_nothing_and_the_next_start_goes_on(open_old, clock, rules, monkeypatch):
    monkeypatch.setattr(module, "_AT_ONCE", 3)
    before = told(open_old())
    for step in range(40):
        store = open_old()
        commits = []
        commit = store.commit

        def killed(checkpoint, commits=commits, commit=commit, step=step):
            commits.append(checkpoint)
            if len(commits) == 1 and step % 2:
                raise Killed
            committed = commit(checkpoint)
            if len(commits) == 1:
                raise Killed
            return committed

        store.commit = killed
        try:
            upgrade(store, clock, rules()).run()
        except Killed:
            between = told(open_old())
            assert {name: between[name] for name in before} == before
        else:
            break
    after = told(open_old())

    assert step > 5
    assert {name: after[name] for name in before} == before
    assert not [
        record
        for model in open_old().load_model({})
        for record in model.records
        if record.merged_into is None and record.grouping < GROUPING_VERSION
    ]


def test_commit_by_commit_gives_the_same_clusters(open_old, clock, monkeypatch, tmp_path):
    whole = open_old()
    upgrade(whole, clock, OtherWords()).run()
    other = tmp_path / "other.db"
    old_state.into_sqlite(other)
    monkeypatch.setattr(module, "_AT_ONCE", 1)
    parts = SqliteStore(str(other))
    try:
        upgrade(parts, clock, OtherWords()).run()
        assert {one.id: (one.count, one.aliases) for one in parts.clusters()} == {
            one.id: (one.count, one.aliases) for one in whole.clusters()
        }
    finally:
        parts.close()


def test_two_workers_that_upgrade_at_once_do_it_once(open_old, clock):
    before = told(open_old())
    one, two = open_old(), open_old()
    commit = two.commit

    def overtaken(checkpoint):
        two.commit = commit
        upgrade(one, clock, OtherWords()).run()
        return commit(checkpoint)

    two.commit = overtaken
    with pytest.raises(Conflict):
        upgrade(two, clock, OtherWords()).run()
    assert upgrade(two, clock, OtherWords()).run() == ()
    after = told(two)
    assert {name: after[name] for name in before} == before


def test_too_much_for_one_commit_is_done_in_parts(open_old, clock):
    store = open_old()
    before = told(store)
    commit = store.commit

    def narrow(checkpoint):
        if sum(len(changes.records) for changes in checkpoint.templates) > 4:
            raise CheckpointTooLarge("four")
        return commit(checkpoint)

    store.commit = narrow
    upgrade(store, clock).run()
    after = told(store)
    assert {name: after[name] for name in before} == before


def test_a_dry_run_changes_nothing(open_old, clock):
    store = open_old()
    before = told(store)
    moves = upgrade(store, clock, OtherWords()).run(dry_run=True)

    assert len(moves) == 16
    assert told(open_old()) == before
    assert upgrade(store, clock, OtherWords()).run() == moves


def test_a_worker_of_an_older_grouping_ends_with_a_sentence(open_old, clock, monkeypatch):
    store = open_old()
    upgrade(store, clock).run()
    for older in (miners_module, miner_module):
        monkeypatch.setattr(older, "GROUPING_VERSION", GROUPING_VERSION - 1)

    with pytest.raises(StateError, match="a newer Log Gardener has upgraded it; run that one instead"):
        StepWorker(open_old(), "w2").look([])


def test_a_program_from_before_versions_ends_when_the_state_was_upgraded(tmp_path):
    path = tmp_path / "state.db"
    old_state.into_sqlite(path)
    old = sqlite3.connect(path)
    # What such a program writes with every commit.
    heartbeat = (
        "INSERT INTO workers (id, heartbeat_at, version, counted, duplicates, rejected, ignored, lag_s)"
        " VALUES ('w', 1, '0.1.0', 1, 0, 0, 0, 0.0) ON CONFLICT (id) DO UPDATE SET counted = counted + excluded.counted"
    )
    old.execute(heartbeat)
    old.commit()
    SqliteStore(str(path)).close()

    with pytest.raises(sqlite3.IntegrityError, match="a newer Log Gardener has upgraded it; run that one instead"):
        old.execute(heartbeat)
    old.close()
