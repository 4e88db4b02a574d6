"""What a month on Firestore costs: the worker, its controller and an open page, for 50, 500 and 5,000 active clusters.

A million entries a day, evenly, in flushes of two seconds, every cluster equally likely: the most expensive way to
spread them. Counted at the client where Firestore bills: a document written (samples are documents of their own), a
document read (a query that finds nothing costs one). The page and the controller read again what changed in the last
ten seconds before a look; hours pass here in seconds, so that much more is changed between two looks instead.

    FIRESTORE_EMULATOR_HOST=HOST:PORT python bench/firestore_month.py [--clusters N ...] [--json]
"""

from __future__ import annotations

import argparse
import json
import random
import secrets
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "bench")]

from firestore_cost import READ_USD, WRITE_USD, billed, meter, show, word  # noqa: E402  # found by the path set above
from google.cloud import firestore  # noqa: E402

from processor.app import wiring  # noqa: E402
from processor.app.config import Settings  # noqa: E402
from processor.ingest import pipeline  # noqa: E402
from processor.mining.grouper import Grouper  # noqa: E402
from processor.mining.masker import Masker  # noqa: E402
from processor.mining.miners import Miners  # noqa: E402
from processor.model import ReceivedMessage, Severity  # noqa: E402
from processor.views.snapshot import StateReader  # noqa: E402
from sinks.firestore import follow  # noqa: E402
from sinks.firestore.store import FirestoreStore  # noqa: E402

PER_S = 1_000_000 / 86_400
FLUSH_S = 2.0
FLUSHES = 90
SEEDED = 20_000
"""Entries before, at least twelve of each cluster: the samples kept of a new cluster change with every other entry."""
MONTH_H = 720
OVERLAP_S = follow.OVERLAP.total_seconds()
SETTINGS = Settings(issues="none", state="firestore:bench", source="file:x?follow")


class Ticking:
    """A clock that passes when it is told to."""

    def __init__(self) -> None:
        self.at = datetime.now(UTC)

    def now(self) -> datetime:
        """The time."""
        return self.at

    def sleep(self, seconds: float) -> None:
        """Let it pass."""
        self.at += timedelta(seconds=seconds)


class Traffic:
    """A worker on a state of its own, taken apart: entries go in, documents are counted."""

    def __init__(self, clusters: int) -> None:
        self.clusters, self.number = clusters, 0
        self.project = f"month-{secrets.token_hex(4)}"
        self.store, self.miners, self.group = FirestoreStore(self.project), Miners(), Grouper(Masker())
        self.chance, self.at = random.Random(7), datetime.now(UTC) - timedelta(hours=1)
        for first in range(0, clusters, 250):
            part = range(first, min(first + 250, clusters))
            for _ in range(max(1, SEEDED // clusters // 12)):
                self.flush([cluster for cluster in part for _ in range(12)])
        self.ids = [cluster.id for cluster in self.store.clusters()]

    def flush(self, wanted: list[int]) -> None:
        """Count an entry of each of these clusters."""
        received = [self._entry(cluster) for cluster in wanted]
        self.at += timedelta(seconds=FLUSH_S)
        batch = pipeline.decode(received, min_severity=Severity.WARNING, now=self.at)
        self.miners.refresh(self.store.load_model(self.miners.revs))
        seen = self.store.seen([identity for identity, _ in batch.entries])
        checkpoint = pipeline.digest(batch, seen, self.miners, self.group, worker="bench", now=self.at)
        self.miners.confirm(self.store.commit(checkpoint).revs)

    def drawn(self, seconds: float) -> list[int]:
        """The clusters of so many seconds' entries."""
        return self.chance.choices(range(self.clusters), k=max(1, round(seconds * PER_S)))

    def touch(self, seconds: float) -> None:
        """As commits of so many seconds do: the clusters of their entries, and the worker, have changed."""
        before, client = billed.copy(), self.store._client  # noqa: SLF001  # what a commit would leave
        names = sorted({self.ids[cluster % len(self.ids)] for cluster in self.drawn(seconds)})
        for first in range(0, len(names), 400):
            batch = client.batch()
            for name in names[first : first + 400]:
                fields = {"count": firestore.Increment(1), "updated_at": firestore.SERVER_TIMESTAMP}
                batch.update(client.collection("clusters").document(name), fields)
            beat = {"heartbeat_at": datetime.now(UTC), "updated_at": firestore.SERVER_TIMESTAMP}
            batch.set(client.collection("workers").document("bench"), beat, merge=True)
            batch.commit()
        billed.clear()
        billed.update(before)

    def _entry(self, cluster: int) -> ReceivedMessage:
        self.number += 1
        labels = {"project_id": "p", "service_name": f"s{cluster % 7}", "revision_name": "s-00001-abc"}
        entry = {
            "insertId": f"i{self.number}",
            "logName": "projects/p/logs/run.googleapis.com%2Fstderr",
            "timestamp": (self.at + timedelta(seconds=self.chance.random() * FLUSH_S)).isoformat(),
            "severity": "ERROR",
            "resource": {"type": "cloud_run_revision", "labels": labels},
            "labels": {"instanceId": f"i{self.chance.randrange(8)}"},
            "textPayload": f"{word(cluster)} {word(cluster * 7)} failed after {self.number} ms",
        }
        return ReceivedMessage(json.dumps(entry).encode(), str(self.number))


def worker(traffic: Traffic) -> tuple[float, float]:
    """Documents written and read in an hour of counting."""
    for _ in range(3):
        traffic.flush(traffic.drawn(FLUSH_S))
    billed.clear()
    for _ in range(FLUSHES):
        traffic.flush(traffic.drawn(FLUSH_S))
    hours = FLUSHES * FLUSH_S / 3600
    return billed["writes"] / hours, billed["reads"] / hours


def controller(traffic: Traffic, turns: int = 12) -> float:
    """Documents that the controller reads in an hour of turns."""
    clock = Ticking()
    reconciler = wiring.make_reconciler(SETTINGS, FirestoreStore(traffic.project), clock=clock, name="bench")
    reconciler.run_if_due(done=False)
    billed.clear()
    every_s = SETTINGS.reconcile_seconds
    for _ in range(turns):
        clock.sleep(every_s)
        traffic.touch(every_s + OVERLAP_S)
        reconciler.run_if_due(done=False)
    return billed["reads"] * 3600 / (turns * every_s)


def page(traffic: Traffic, seconds: int = 900) -> float:
    """Documents that an open page reads in an hour, its first look not included."""
    clock, store = Ticking(), FirestoreStore(traffic.project)
    reader = StateReader(lambda: store, clock.now)
    reader.refresh()
    billed.clear()
    looked, begun = clock.at, clock.at
    while (clock.at - begun).total_seconds() < seconds:
        clock.sleep(1)
        if clock.at >= reader._look_at:  # noqa: SLF001  # to write where it will be read
            is_whole = clock.at >= reader._read_at  # noqa: SLF001
            traffic.touch((clock.at - looked).total_seconds() + OVERLAP_S if is_whole else FLUSH_S / PER_S)
            looked = clock.at if is_whole else looked
        reader.refresh()
    return billed["reads"] * 3600 / seconds


def month(clusters: int) -> dict[str, Any]:
    """Documents an hour by reader, and dollars a month."""
    traffic = Traffic(clusters)
    writes, reads = worker(traffic)
    follow.OVERLAP = timedelta(0)  # see above
    try:
        turns, shown = controller(traffic), page(traffic)
    finally:
        follow.OVERLAP = timedelta(seconds=OVERLAP_S)
    usd = {
        "worker": (writes * WRITE_USD + reads * READ_USD) / 1e5 * MONTH_H,
        "controller": turns * READ_USD / 1e5 * MONTH_H,
        "page": shown * READ_USD / 1e5 * MONTH_H,
    }
    return {
        "clusters": clusters,
        "writes_h": round(writes),
        "reads_h": round(reads),
        "controller_reads_h": round(turns),
        "page_reads_h": round(shown),
        **{f"{name}_usd": round(value, 1) for name, value in usd.items()},
        "without_page_usd": round(usd["worker"] + usd["controller"], 1),
        "with_page_usd": round(sum(usd.values()), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--clusters", type=int, nargs="+", default=[50, 500, 5_000])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    meter()
    rows = [month(clusters) for clusters in options.clusters]
    show(rows, as_json=options.json)


if __name__ == "__main__":
    main()
