"""The on-call page over many clusters: time and size of the list, fifty viewers, and what they cost the worker.

    python bench/oncall.py [CLUSTERS]

Everything is real: a SQLite state, `gardener serve` as a process of its own, requests over a socket.
"""

import gzip
import http.client
import random
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from processor.model import (
    Checkpoint,
    ClusterDelta,
    Identity,
    Kind,
    Sample,
    Seen,
    Severity,
    Span,
    Stream,
    TemplateChanges,
    TemplateRecord,
    Totals,
)
from sinks.sqlite.store import SqliteStore

VIEWERS = 50
SERVICES = 25
PATHS = (
    "/clusters",
    "/clusters?sort=change",
    "/clusters?q=order+refund&status=all",
    "/clusters?page=150",
    "/",
    f"/clusters/{7:012x}",
)
RANDOM = random.Random(8)


def checkpoint(store, number, ids, *, new):
    """One commit that counts some entries of every cluster named; all of one stream."""
    now = datetime.now(UTC)
    stream = Stream("bench", f"service-{number % SERVICES}", Kind.TEXT)
    deltas = tuple(delta(cluster_id, stream, now) for cluster_id in ids)
    count = sum(one.count for one in deltas)
    fresh = tuple(Identity(0, RANDOM.randbytes(16)) for _ in range(count))
    rev = next((model.rev for model in store.load_model({}) if model.stream == stream), 0) if new else 0
    records = tuple(
        TemplateRecord(one, f"seed {one}", f"Order {one} of <*> could not refund <*> in <*>") for one in ids
    )
    changes = (TemplateChanges(stream, rev, records),) if new else ()
    store.commit(Checkpoint("bench", now, fresh, Seen(frozenset()), deltas, changes, (), Totals(counted=count)))


def delta(cluster_id, stream, now):
    minutes = {int((now - timedelta(minutes=RANDOM.randint(0, 170))).timestamp()) // 60: 1 for _ in range(12)}
    first, last = (datetime.fromtimestamp(at * 60, UTC) for at in (min(minutes), max(minutes)))
    count = len(minutes)
    text = f"Order {cluster_id} of customer 4711 could not refund 12.50 EUR in 230 ms"
    return ClusterDelta(
        id=cluster_id,
        stream=stream,
        count=count,
        first_seen=first,
        last_seen=last,
        sample=Sample("i", first, text, '{"textPayload": "' + text * 4 + '"}'),
        severities={RANDOM.choice((Severity.WARNING, Severity.ERROR)): count},
        minutes=minutes,
        facets={"route": {"/refund": count}, "instance": {"a": count}},
        revisions={"service-00042-abc": Span(count, first, last)},
    )


def get(port, path, encoding="identity"):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", path, headers={"accept": "text/html", "accept-encoding": encoding, "host": "localhost"})
    begun = time.perf_counter()
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    if answer.status != 200:
        raise SystemExit(f"{path} answered {answer.status}")
    return time.perf_counter() - begun, body


def measure_lists(port):
    print(f"{'path':40} {'median ms':>10} {'p95 ms':>8} {'KB':>7} {'KB gzip':>8}")
    for path in PATHS:
        times = sorted(get(port, path)[0] * 1000 for _ in range(40))
        body = get(port, path)[1]
        packed = len(gzip.compress(body, 6))
        figures = f"{statistics.median(times):10.1f} {times[37]:8.1f} {len(body) / 1000:7.1f} {packed / 1000:8.1f}"
        print(f"{path:40} {figures}")


class Viewer(threading.Thread):
    """Listens to the stream of events and notes when it last heard of a change."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
        self.heard = []

    def run(self):
        """Listen until the server ends."""
        self.connection.request("GET", "/events", headers={"host": "localhost"})
        answer = self.connection.getresponse()
        while line := answer.fp.readline():
            if line.startswith(b"event:"):
                self.heard.append(time.perf_counter())


def commits(store, ids, number=60):
    times = []
    for _ in range(number):
        begun = time.perf_counter()
        checkpoint(store, 0, ids[:20], new=False)
        times.append((time.perf_counter() - begun) * 1000)
        time.sleep(0.05)
    return times


def measure_viewers(port, store, ids):
    viewers = [Viewer(port) for _ in range(VIEWERS)]
    for viewer in viewers:
        viewer.start()
    time.sleep(5)
    late = []
    for _ in range(3):
        for viewer in viewers:
            viewer.heard.clear()
        begun = time.perf_counter()
        checkpoint(store, 0, ids[:20], new=False)
        time.sleep(8)
        heard = [viewer.heard[0] - begun for viewer in viewers if viewer.heard]
        if len(heard) != VIEWERS:
            raise SystemExit(f"{VIEWERS - len(heard)} viewers heard nothing")
        late.append(max(heard))
    print(f"{VIEWERS} viewers: the last one hears of a commit after {statistics.median(late):.2f} s (median of 3)")


def main():
    clusters = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "g.db"
        store = SqliteStore(str(path))
        ids = [f"{n:012x}" for n in range(clusters)]
        for number, start in enumerate(range(0, clusters, 100)):
            checkpoint(store, number, ids[start : start + 100], new=True)
        begun = time.perf_counter()
        found = len(store.clusters())
        print(f"{found:,} clusters, read in {time.perf_counter() - begun:.2f} s")
        alone = statistics.median(commits(store, ids))
        command = [sys.executable, "-m", "processor", "serve", "--state", f"sqlite:{path}", "--port", "0"]
        server = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        try:
            port = int(server.stderr.readline().split("/")[2].rpartition(":")[2])
            measure_lists(port)
            measure_viewers(port, store, ids)
            watched = statistics.median(commits(store, ids))
        finally:
            server.terminate()
            server.wait(20)
        after = statistics.median(commits(store, ids))
        store.close()
        print(
            f"a commit of 20 clusters: {alone:.1f} ms, {watched:.1f} ms with {VIEWERS} viewers, {after:.1f} ms without"
        )


if __name__ == "__main__":
    main()
