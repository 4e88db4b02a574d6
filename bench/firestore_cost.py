"""Document writes and reads per million entries, and what they cost, for 10, 100 and 1,000 active clusters.

One worker, live traffic of 1,000 entries a second, counted at the client where Firestore would bill: a document
written, a document read (a query that finds nothing costs one).

    FIRESTORE_EMULATOR_HOST=HOST:PORT python bench/firestore_cost.py [--flushes N] [--flush-entries N] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import secrets
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from google.cloud import firestore
from google.cloud.firestore_v1.batch import WriteBatch

from processor.ingest import pipeline
from processor.mining.grouper import Grouper
from processor.mining.masker import Masker
from processor.mining.miners import Miners
from processor.model import ReceivedMessage, Severity
from sinks.firestore import queries
from sinks.firestore.store import FirestoreStore

# List prices per 100,000, single region in the US, 2026.
READ_USD, WRITE_USD = 0.03, 0.09
ENTRIES_PER_S = 1000
WARM_UP = 3
START = datetime(2026, 3, 1, 11, 0, tzinfo=UTC)
LETTERS = "abcdefghijklmnop"

billed: Counter[str] = Counter()


def meter() -> None:
    """Count what is billed, below the store. Exits without an emulator: nothing here may be billed."""
    if not os.environ.get("FIRESTORE_EMULATOR_HOST"):
        sys.exit("this writes to Firestore: start its emulator and set FIRESTORE_EMULATOR_HOST")
    commit, get_all, stream = WriteBatch.commit, firestore.Client.get_all, queries.stream

    def counted_commit(batch, **options):
        billed["writes"] += len(batch)
        return commit(batch, **options)

    def counted_get_all(client, references, *fields, **options):
        billed["reads"] += len(references)
        return get_all(client, references, *fields, **options)

    def counted_stream(query, timeout_s):
        found = list(stream(query, timeout_s))
        billed["reads"] += max(len(found), 1)
        return found

    WriteBatch.commit = counted_commit
    firestore.Client.get_all = counted_get_all
    queries.stream = counted_stream


def word(number: int) -> str:
    """A word without a digit, so that it stays in the template."""
    return "".join(LETTERS[int(digit, 16)] for digit in f"{number:04x}")


def entry(chance: random.Random, cluster: int, number: int) -> ReceivedMessage:
    at = START + timedelta(seconds=number / ENTRIES_PER_S) - timedelta(seconds=chance.random() * 3)
    return ReceivedMessage(
        json.dumps(
            {
                "insertId": f"{at.timestamp():.6f}-{number}",
                "logName": "projects/p/logs/run.googleapis.com%2Fstderr",
                "timestamp": at.isoformat(),
                "severity": "ERROR",
                "resource": {
                    "type": "cloud_run_revision",
                    "labels": {"project_id": "p", "service_name": f"s{cluster % 7}", "revision_name": "s-00001-abc"},
                },
                "labels": {"instanceId": f"i{chance.randrange(8)}"},
                "textPayload": f"{word(cluster)} {word(cluster * 7)} failed after {number} ms",
            }
        ).encode(),
        str(number),
    )


def run(clusters: int, skew: float, flushes: int, flush_entries: int) -> dict[str, float]:
    """Figures of one kind of traffic; `skew` 0 is every cluster as often as any other, 1 is Zipf's law."""
    chance = random.Random(7)
    store, miners, masker = FirestoreStore(f"bench-{secrets.token_hex(4)}"), Miners(), Masker()
    weights = [1 / rank**skew for rank in range(1, clusters + 1)]
    spent_s = 0.0
    most = 0
    number = 0
    for flush in range(WARM_UP + flushes):
        if flush == WARM_UP:
            billed.clear()
            spent_s, most = 0.0, 0
        received = []
        for cluster in chance.choices(range(clusters), weights, k=flush_entries):
            received.append(entry(chance, cluster, number))
            number += 1
        now = START + timedelta(seconds=number / ENTRIES_PER_S)
        batch = pipeline.decode(received, min_severity=Severity.WARNING, now=now)
        started, before = time.perf_counter(), billed["writes"]
        miners.refresh(store.load_model(miners.revs))
        seen = store.seen([identity for identity, _ in batch.entries])
        checkpoint = pipeline.digest(batch, seen, miners, Grouper(masker), worker="bench", now=now)
        miners.confirm(store.commit(checkpoint).revs)
        spent_s += time.perf_counter() - started
        most = max(most, billed["writes"] - before - len(checkpoint.deltas))
    store.close()
    entries = flushes * flush_entries
    writes, reads = billed["writes"] * 1e6 / entries, billed["reads"] * 1e6 / entries
    return {
        "clusters": clusters,
        "skew": skew,
        "flush_entries": flush_entries,
        "writes_per_million": round(writes),
        "reads_per_million": round(reads),
        "usd_per_million": round((writes * WRITE_USD + reads * READ_USD) / 1e5, 3),
        "writes_per_minute": round(writes * ENTRIES_PER_S * 60 / 1e6),
        "most_beyond_touched": most,
        "seconds_per_flush": round(spent_s / flushes, 3),
    }


def show(rows: list[dict[str, Any]], *, as_json: bool) -> None:
    """Print results as JSON or as a table."""
    if as_json:
        print(json.dumps(rows, indent=1))
        return
    print("  ".join(f"{name:>18}" for name in rows[0]))
    for row in rows:
        print("  ".join(f"{value:>18}" for value in row.values()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--flushes", type=int, default=20)
    parser.add_argument("--flush-entries", type=int, nargs="+", default=[1000, 2000])
    parser.add_argument("--clusters", type=int, nargs="+", default=[10, 50, 100, 1000])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    meter()
    rows = [
        run(clusters, skew, options.flushes, flush_entries)
        for flush_entries in options.flush_entries
        for clusters in options.clusters
        for skew in (0.0, 1.0)
    ]
    show(rows, as_json=options.json)


if __name__ == "__main__":
    main()
