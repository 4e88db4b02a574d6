"""How long a worker takes to be ready with 10,000 stored clusters, and how quickly commands answer."""

import json
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from processor.ingest import pipeline
from processor.mining.grouper import Grouper
from processor.mining.masker import Masker
from processor.mining.miners import Miners
from processor.model import ReceivedMessage, Seen, Severity
from sinks.sqlite.store import SqliteStore

CLUSTERS = 10_000
LETTERS = "abcdefghijklmnopqrst"


def word(number):
    return "".join(LETTERS[number // 20**place % 20] for place in range(4))


def fill(path):
    """A state with CLUSTERS clusters in ten services."""
    store, miners, masker, now = SqliteStore(str(path)), Miners(), Masker(), datetime.now(UTC)
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
        checkpoint = pipeline.digest(batch, Seen(frozenset()), miners, Grouper(masker), worker="bench", now=now)
        miners.confirm(store.commit(checkpoint).revs)
    store.close()


def timed(*command):
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def main():
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "g.db"
        fill(state)
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
    print(f"gardener --help {found['help_s']:.2f} s")
    print(f"gardener clusters {found['clusters_s']:.2f} s")


if __name__ == "__main__":
    main()
