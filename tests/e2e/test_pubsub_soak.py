"""A long run with everything that goes wrong in one: pauses of both emulators, kills, redeliveries, duplicates.

CI runs half a minute; GARDENER_SOAK_S=3600 is the hour. Two workers' worth of counts must come out exact.
"""

import json
import os
import threading
import time
from datetime import UTC, datetime

import pytest
from emulators import firestore_emulator, pubsub_emulator  # noqa: F401  # fixtures
from queues import Queue, point_at
from service import Service, pause

from sinks.firestore.store import FirestoreStore

SOAK_S = float(os.environ.get("GARDENER_SOAK_S", "30"))
RATE = int(os.environ.get("GARDENER_SOAK_RATE", "200"))
KILLS = 5
PAUSE_S = min(max(SOAK_S / 60, 3.0), 20.0)
SETTLED_S = 600.0


class Publisher(threading.Thread):
    """So many entries a second, one in twenty twice; `published` are the distinct ones."""

    def __init__(self, queue, entry_json):
        super().__init__()
        self.queue, self.entry_json = queue, entry_json
        self.published = self.messages = 0
        self.failures = 0
        self.ended = threading.Event()

    def run(self):
        started = time.monotonic()
        while not self.ended.wait(0.25):
            due = int((time.monotonic() - started) * RATE)
            bodies = [self.body(number) for number in range(self.published, due)]
            self.publish_surely([*bodies, *bodies[::20]])
            self.published = due

    def body(self, number):
        now = datetime.now(UTC).isoformat()
        return self.entry_json(f"shard {number % 40} lost its lease", insertId=f"s{number}", timestamp=now)

    def publish_surely(self, bodies):
        # A publisher that got no answer publishes again: one more duplicate for the worker to tell.
        while bodies:
            try:
                self.queue.publish(bodies)
            except Exception:  # noqa: BLE001  # the emulator is paused
                self.failures += 1
                time.sleep(0.5)
            else:
                self.messages += len(bodies)
                return


@pytest.fixture
def queue(pubsub_emulator, firestore_emulator, monkeypatch):  # noqa: F811
    point_at(pubsub_emulator, monkeypatch)
    point_at(firestore_emulator, monkeypatch)
    return Queue(ack_deadline_s=10)


@pytest.mark.timeout(SOAK_S + 400)
def test_counts_come_out_exact_and_memory_stays_through_pauses_and_kills(
    queue,
    pubsub_emulator,  # noqa: F811
    firestore_emulator,  # noqa: F811
    entry_json,
    tmp_path,
    request,
):
    project = f"soak-{tmp_path.name[-8:].replace('_', '')}-{os.getpid()}"
    state = f"firestore:{project}"
    workers = [Service(tmp_path, queue.address, state)]
    workers[0].wait_ready()
    publisher = Publisher(queue, entry_json)
    publisher.start()
    started = time.monotonic()
    # Kills in the first half, so that the last worker lives long enough for its memory to be judged.
    events = [(SOAK_S / 2 * (n + 1) / (KILLS + 1), "kill") for n in range(KILLS)]
    events += [(SOAK_S * 0.55, pubsub_emulator), (SOAK_S * 0.65, firestore_emulator)]
    events += [(SOAK_S * 0.75, pubsub_emulator), (SOAK_S * 0.85, firestore_emulator)]
    sizes, begun = [], 0.0
    try:
        while time.monotonic() - started < SOAK_S:
            time.sleep(0.5)
            seconds = time.monotonic() - started
            sizes.append((seconds, workers[-1].rss_mb()))
            assert workers[-1].process.poll() is None, workers[-1].errors.read_text("utf-8")[-3000:]
            if events and seconds >= events[0][0]:
                _, what = events.pop(0)
                if what == "kill":
                    workers[-1].kill()
                    workers.append(Service(tmp_path, queue.address, state))
                    begun = seconds
                else:
                    pause(what, PAUSE_S)
        publisher.ended.set()
        publisher.join()
        store = FirestoreStore(project)
        ends = time.monotonic() + 180
        while time.monotonic() < ends and store.totals().counted < publisher.published:
            time.sleep(1)
        # What a killed worker had not acknowledged comes once more, and must not count.
        time.sleep(15)
        totals = store.totals()
        clusters = sum(cluster.count for cluster in store.clusters())
        code, _ = workers[-1].terminate()
    finally:
        publisher.ended.set()
        for worker in workers:
            worker.kill()
    # The last worker's own first ten minutes are left out; in a short run, the first half of its life.
    settled = [mb for seconds, mb in sizes if seconds > begun + min(SETTLED_S, (SOAK_S - begun) / 2)]
    report(request, publisher, totals, sizes, settled)
    assert events == []
    assert totals.counted == clusters == publisher.published
    assert totals.duplicates >= publisher.messages - publisher.published
    assert code == 0
    assert settled[-1] < settled[0] + 20


def report(request, publisher, totals, sizes, settled):
    """The figures, past the capture of output."""
    figures = {
        "seconds": SOAK_S,
        "published": publisher.published,
        "messages": publisher.messages,
        "unanswered_publishes": publisher.failures,
        "counted": totals.counted,
        "duplicates": totals.duplicates,
        "rss_mb_settled": round(settled[0]),
        "rss_mb_at_end": round(settled[-1]),
        "rss_mb_most": round(max(mb for _, mb in sizes)),
    }
    capture = request.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        os.write(2, f"\nsoak: {json.dumps(figures)}\n".encode())
