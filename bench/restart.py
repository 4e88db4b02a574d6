"""How long a worker takes to be ready with 10,000 stored clusters, and how quickly commands answer.

    python bench/restart.py [--emulators] [--json]

With --emulators also the worker on Firestore: from the start of its process to the line that says it is ready.
"""

import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from e2e import at_s  # noqa: E402
from emulators import running  # noqa: E402
from queues import Queue  # noqa: E402
from service import Service  # noqa: E402

from processor.ingest import pipeline  # noqa: E402
from processor.mining.grouper import Grouper  # noqa: E402
from processor.mining.masker import Masker  # noqa: E402
from processor.mining.miners import Miners  # noqa: E402
from processor.model import ReceivedMessage, Severity  # noqa: E402
from sinks.sqlite.store import SqliteStore  # noqa: E402

CLUSTERS = 10_000
LETTERS = "abcdefghijklmnopqrst"


def word(number):
    return "".join(LETTERS[number // 20**place % 20] for place in range(4))


def fill(store):
    """CLUSTERS clusters in ten services."""
    miners, masker, now = Miners(), Masker(), datetime.now(UTC)
    for service in range(10):
        messages = []
        for number in range(CLUSTERS // 10):
            # Two words differ, so no position earns a wildcard.
            text = f"{word(number * 7919)} refused {word(number)} because of {word(number * 31)}"
            entry = {
                "insertId": f"{service}-{number}",
                "timestamp": "2025-09-14T05:00:00Z",
                "severity": "ERROR",
                "resource": {"labels": {"service_name": f"s{service}"}},
                "textPayload": text,
            }
            messages.append(ReceivedMessage(json.dumps(entry).encode(), str(number)))
        batch = pipeline.decode(messages, min_severity=Severity.WARNING, now=now)
        seen = store.seen([identity for identity, _ in batch.entries])
        checkpoint = pipeline.digest(batch, seen, miners, Grouper(masker), worker="bench", now=now)
        miners.confirm(store.commit(checkpoint).revs)
    store.close()


def timed(*command):
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def ready_s():
    """Median seconds until a worker on the emulators is ready, of three starts."""
    with running("pubsub") as pubsub, running("firestore") as firestore:
        os.environ.update({**pubsub.env, **firestore.env})
        from sinks.firestore.store import FirestoreStore

        project = f"restart-{secrets.token_hex(3)}"
        fill(FirestoreStore(project))
        queue, took = Queue(), []
        for _ in range(4):
            with tempfile.TemporaryDirectory() as folder:
                started = time.time()
                worker = Service(folder, queue.address, f"firestore:{project}")
                worker.wait_until(lambda one: one.lines("ready"), 60)
                took.append(at_s(worker.lines("ready")[0]) - started)
                worker.kill()
        return median(took[1:])  # the first start meets a JVM that is new


def main():
    found = {}
    if "--emulators" in sys.argv[1:]:
        found["worker_ready_s"] = ready_s()
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "g.db"
        store = SqliteStore(str(state))
        fill(store)
        store.close()
        store = SqliteStore(str(state))
        started = time.perf_counter()
        miners = Miners()
        miners.refresh(store.load_model({}))
        for stream in miners.revs:
            miners.assign(stream, "one more message that nobody has seen")
        found["clusters"], found["model_s"] = len(miners), time.perf_counter() - started
        started = time.perf_counter()
        store.clusters()
        found["read_s"] = time.perf_counter() - started
        program = [sys.executable, "-m", "processor"]
        empty = [*program, "replay", "/dev/null", "--state", f"sqlite:{state}"]
        # The first decides about every cluster, one durable write each; a restart finds that done.
        found["first_replay_s"], found["replay_s"] = timed(*empty), timed(*empty)
        found["help_s"] = timed(*program, "--help")
        small = Path(folder) / "small.db"
        SqliteStore(str(small)).close()
        found["clusters_s"] = timed(*program, "clusters", "--state", f"sqlite:{small}")
    if "--json" in sys.argv[1:]:
        print(json.dumps(found))
        return
    print(f"model of {found['clusters']:,} clusters ready in {found['model_s']:.2f} s")
    print(f"{found['clusters']:,} clusters read in {found['read_s']:.2f} s")
    print(f"replay of an empty file, all clusters new {found['first_replay_s']:.2f} s")
    print(f"replay of an empty file {found['replay_s']:.2f} s")
    if "worker_ready_s" in found:
        print(f"worker on Firestore ready in {found['worker_ready_s']:.2f} s")
    print(f"gardener --help {found['help_s']:.2f} s")
    print(f"gardener clusters {found['clusters_s']:.2f} s")


if __name__ == "__main__":
    main()
