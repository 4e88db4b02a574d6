"""The whole worker on the Pub/Sub emulator: signals, outages, kills, and a backlog of everything at once.

Longer runs: GARDENER_BACKLOG=100000, GARDENER_OUTAGE_S=300.
"""

import contextlib
import json
import os
import secrets
import sqlite3
import sys
import time

import pytest
from emulators import firestore_emulator, pubsub_emulator  # noqa: F401  # fixtures
from queues import Queue, point_at
from service import Service, paused

from processor.model import Kind
from sinks.firestore.store import FirestoreStore
from sinks.sqlite.store import SqliteStore
from sinks.sqlite.write import QUARANTINE_KEPT

BACKLOG = int(os.environ.get("GARDENER_BACKLOG", "6000"))
OUTAGE_S = float(os.environ.get("GARDENER_OUTAGE_S", "6"))
NOTICED_S = (
    60  # a locked SQLite is waited for 5 s; a query of Firestore has 8 s, one document 5 s after it; and CI is busy
)


@pytest.fixture
def queue(pubsub_emulator, monkeypatch):  # noqa: F811
    point_at(pubsub_emulator, monkeypatch)
    return Queue(ack_deadline_s=10)


@pytest.fixture
def services(tmp_path):
    started = []

    def start(source, *arguments, state="sqlite:garden.db", env=None):
        started.append(Service(tmp_path, source, state, *arguments, env=env))
        return started[-1]

    yield start
    for service in started:
        service.kill()


@pytest.fixture
def bodies(entry_json):
    def build(count, prefix="e"):
        texts = ("connection refused by 10.0.0.{}", "user {} not found", "took {} ms to answer")
        return [entry_json(texts[n % 3].format(n), insertId=f"{prefix}{n}") for n in range(count)]

    return build


@pytest.fixture
def record(request):
    """Print a figure past the capture of output: the long runs are made for their figures."""
    capture = request.config.pluginmanager.getplugin("capturemanager")

    def write(line):
        with capture.global_and_fixture_disabled():
            sys.stderr.write(f"\n{request.node.name}: {line}\n")

    return write


def state(folder):
    return SqliteStore(str(folder / "garden.db"), must_exist=True)


def counted(folder):
    store = state(folder)
    try:
        return store.totals()
    finally:
        store.close()


def test_a_run_until_idle_counts_everything_and_leaves_nothing_behind(queue, services, bodies, tmp_path):
    queue.publish(bodies(1500))
    service = services(queue.address, "--until-idle", "2")

    assert service.process.wait(60) == 0
    assert counted(tmp_path).counted == 1500
    assert queue.drain(queue.subscription) == []
    (stopped,) = service.lines("stopped")
    assert stopped["log_gardener"]["counted"] == 1500


def test_sigterm_ends_a_busy_worker_in_time_and_a_second_one_goes_on_without_loss(queue, services, bodies, tmp_path):
    queue.publish(bodies(30_000))
    first = services(queue.address)
    first.wait_until(lambda service: len(service.lines("checkpoint")) >= 1, 30)

    code, seconds = first.terminate()
    half = counted(tmp_path)
    second = services(queue.address, "--until-idle", "3")

    assert (code, seconds < 8) == (0, True)
    assert 0 < half.counted < 30_000
    assert second.process.wait(60) == 0
    assert counted(tmp_path).counted == 30_000
    # What the first gave back came to the second at once, not after the deadline, and nothing came twice.
    assert counted(tmp_path).duplicates == 0


def test_sigterm_ends_a_worker_whose_store_is_away_in_time(queue, services, bodies, tmp_path):
    service = services(queue.address)
    service.wait_ready()
    lock = sqlite3.connect(tmp_path / "garden.db", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    queue.publish(bodies(100))
    service.wait_until(lambda one: one.ask("/readyz")[0] == 503, NOTICED_S)

    code, seconds = service.terminate()
    lock.close()

    assert (code, seconds < 8) == (0, True)
    assert counted(tmp_path).counted == 0
    again = services(queue.address)
    again.wait_until(lambda one: acknowledged(one) == 100, 60)
    again.kill()
    assert counted(tmp_path).counted == 100


def test_killed_at_any_time_the_counts_come_out_exact(queue, services, bodies, tmp_path):
    queue.publish(bodies(30_000))
    for _ in range(3):
        victim = services(queue.address)
        victim.wait_until(lambda service: service.lines("checkpoint"), 40)
        victim.kill()
    last = services(queue.address, "--until-idle", "14")  # longer than the deadline of what the dead ones held

    assert last.process.wait(90) == 0
    totals = counted(tmp_path)
    assert totals.counted == 30_000
    assert totals.rejected == 0


def test_killed_between_two_lines_of_a_stack_trace_the_trace_is_whole(queue, services, entry_json, tmp_path):
    lines = [
        "Traceback (most recent call last):",
        '  File "/app/shop/cart.py", line 12, in add',
        "    total = price_of(item)",
        '  File "/app/shop/prices.py", line 40, in price_of',
        "    return table[item]",
        "KeyError: 'socks'",
    ]
    bodies = [
        entry_json(text, insertId=f"l{n}", severity=None, timestamp=f"2025-09-14T05:00:00.{n:03}Z")
        for n, text in enumerate(lines)
    ]
    first = services(queue.address, env={"GARDENER_FLUSH_SECONDS": "60"})
    first.wait_ready()
    queue.publish(bodies[:3])
    first.wait_until(lambda service: "gardener_pulled_messages_total 3.0" in service.ask("/metrics")[1], 20)

    first.kill()
    queue.publish(bodies[3:])
    queue.give_back(6)
    second = services(queue.address, env={"GARDENER_FLUSH_SECONDS": "5"})
    second.wait_until(lambda service: acknowledged(service) == 6, 60)

    second.kill()
    store = state(tmp_path)
    (cluster,) = store.clusters()
    assert (cluster.count, cluster.occurrences) == (6, 1)
    assert cluster.stream.kind is Kind.EXCEPTION
    assert "KeyError" in cluster.template
    assert store.totals().counted == 6
    store.close()


def acknowledged(service):
    return sum(line["log_gardener"]["pulled"] for line in service.lines("checkpoint"))


@contextlib.contextmanager
def locked(folder):
    lock = sqlite3.connect(folder / "garden.db", isolation_level=None)
    lock.execute("BEGIN EXCLUSIVE")
    yield
    lock.close()


@contextlib.contextmanager
def sqlite_that_goes_away(request, monkeypatch):
    folder = request.getfixturevalue("tmp_path")
    yield "sqlite:garden.db", lambda: SqliteStore(str(folder / "garden.db"), must_exist=True), lambda: locked(folder)


@contextlib.contextmanager
def firestore_that_goes_away(request, monkeypatch):
    emulator = request.getfixturevalue("firestore_emulator")
    point_at(emulator, monkeypatch)
    project = f"away-{secrets.token_hex(4)}"
    yield f"firestore:{project}", lambda: FirestoreStore(project), lambda: paused(emulator)


@pytest.mark.timeout(OUTAGE_S + 300)
@pytest.mark.parametrize("place", [sqlite_that_goes_away, firestore_that_goes_away])
def test_while_the_store_is_away_memory_stays_and_afterwards_the_worker_catches_up(
    queue, services, bodies, record, request, monkeypatch, place
):
    with place(request, monkeypatch) as (where, open_store, away):
        service = services(queue.address, state=where)
        service.wait_ready()
        queue.publish(bodies(2000, "warm"))
        store = open_store()
        # A reader sees the count before the worker has its answer; one lost then is a duplicate, and rightly so.
        service.wait_until(
            lambda one: sum(line["log_gardener"]["pulled"] for line in one.lines("checkpoint")) == 2000, 30
        )
        before = most = service.rss_mb()
        with away():
            ends = time.monotonic() + OUTAGE_S
            queue.publish(bodies(20_000))
            service.wait_until(lambda one: one.ask("/readyz")[0] == 503, NOTICED_S)
            status, body = service.ask("/readyz")
            while time.monotonic() < ends:
                most = max(most, service.rss_mb())
                time.sleep(0.5)
            alive = service.ask("/healthz")[0]
        back = time.monotonic()
        service.wait_until(lambda _: store.totals().counted == 22_000, 90)
        caught_up_s, most = time.monotonic() - back, max(most, service.rss_mb())

        record(
            f"store away for {OUTAGE_S:.0f} s: RSS {before:.0f} MB before, {most:.0f} MB at most,"
            f" caught up {caught_up_s:.0f} s after"
        )
        assert (status, alive) == (503, 200)
        assert json.loads(body)["waiting_for"] == "store"
        assert most < before + 50
        assert service.lines("waiting")
        service.wait_until(lambda one: one.lines("recovered") and one.ask("/readyz")[0] == 200, 10)
        assert sum(cluster.count for cluster in store.clusters()) == 22_000
        assert store.totals().duplicates == 0
        store.close()


def in_sqlite(_request, _monkeypatch):
    return "sqlite:garden.db"


def in_firestore(request, monkeypatch):
    point_at(request.getfixturevalue("firestore_emulator"), monkeypatch)
    return f"firestore:backlog-{secrets.token_hex(4)}"


@pytest.mark.timeout(1500)
@pytest.mark.parametrize(("place", "readable"), [(in_sqlite, QUARANTINE_KEPT), (in_firestore, BACKLOG)])
def test_a_backlog_of_poison_duplicates_and_huge_entries_is_drained_and_accounted_for(
    queue, services, entry_json, gardener, record, request, monkeypatch, place, readable
):
    where = place(request, monkeypatch)
    poison = [b'{"poison": %d' % n for n in range(BACKLOG // 6)]
    normal = [entry_json(f"disk {n % 50} failed after {n} s", insertId=f"n{n}") for n in range(BACKLOG // 2)]
    huge = [entry_json(f"huge {n} " + "word " * 51_000, insertId=f"h{n}") for n in range(BACKLOG // 200)]
    twice = normal[: BACKLOG - len(poison) - len(normal) - len(huge)]
    everything = [one for n in range(len(normal)) for part in (normal, poison, twice, huge) for one in part[n : n + 1]]
    queue.publish(everything)

    started = time.monotonic()
    service = services(queue.address, "--until-idle", "3", state=where)
    code = service.process.wait(1400)
    seconds = time.monotonic() - started - 3
    dead = queue.drain(queue.dead)

    record(f"{len(everything)} messages in {seconds:.1f} s")
    assert code == 0, service.errors.read_text("utf-8")[-2000:]
    totals = service.lines("stopped")[0]["log_gardener"]
    assert totals["counted"] == len(normal) + len(huge)
    assert totals["duplicates"] == len(twice)
    assert totals["rejected"] == len(poison)
    assert totals["ingested"] == len(everything) == BACKLOG
    clusters = json.loads(gardener("clusters", "--state", where, "--json").stdout)
    assert sum(cluster["count"] for cluster in clusters) == len(normal) + len(huge)
    assert {message.data for message in dead} == set(poison)
    assert all("JSON" in message.attributes["reason"] for message in dead)
    listed = gardener("rejected", "--state", where, "--json", "--limit", BACKLOG)
    kept = {one["raw"].encode() for one in json.loads(listed.stdout)}
    assert kept <= set(poison)
    assert len(kept) == min(len(poison), readable)
    assert queue.drain(queue.subscription) == []


def test_nothing_but_poison_is_quarantined_and_the_run_ends_well(queue, services, tmp_path):
    queue.publish([b"%d: no entry" % n for n in range(3000)])

    service = services(queue.address, "--until-idle", "2")

    assert service.process.wait(60) == 0
    assert counted(tmp_path).rejected == 3000


def test_a_missing_subscription_is_a_log_line_and_an_exit_code(queue, services):
    service = services("pubsub:projects/test-project/subscriptions/missing")

    assert service.process.wait(30) == 4
    (failed,) = service.lines("failed")
    assert failed["severity"] == "CRITICAL"
    assert "gcloud pubsub subscriptions create missing" in failed["message"]
