"""Three workers that are killed at random, a store that goes away, every message up to three times: exact counts."""

import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import deliveries
from proxy import Proxy

from processor.ingest import pipeline
from processor.mining.grouper import Grouper
from processor.mining.masker import Masker
from processor.mining.miners import Miners
from processor.model import ReceivedMessage, Severity
from sinks.firestore.store import FirestoreStore
from sinks.sqlite.store import SqliteStore

ROOT = Path(__file__).resolve().parents[2]
WORKERS = 3
OUTAGE_S = 10.0
FLUSH_ENTRIES = 500
SLOWEST_PER_S = 60  # entries; a laptop does a thousand


def reference(lines):
    """Roots with their counts after one undisturbed worker on the embedded store."""
    store, miners, masker = SqliteStore(":memory:"), Miners(), Masker()
    now = deliveries.START.replace(hour=23)
    for start in range(0, len(lines), FLUSH_ENTRIES):
        received = [ReceivedMessage(line.encode(), "m") for line in lines[start : start + FLUSH_ENTRIES]]
        batch = pipeline.decode(received, min_severity=Severity.WARNING, now=now)
        miners.refresh(store.load_model(miners.revs))
        seen = store.seen([identity for identity, _ in batch.entries])
        checkpoint = pipeline.digest(batch, seen, miners, Grouper(masker), worker="one", now=now)
        miners.confirm(store.commit(checkpoint).revs)
    clusters = store.clusters()
    store.close()
    return {cluster.id: (cluster.template, cluster.count) for cluster in clusters}


class Herd:
    """The workers as processes: killed when their time has come, and started again until their work is done."""

    def __init__(self, chance, project, address, paths):
        self._chance = chance
        self._project = project
        self._env = {**os.environ, "FIRESTORE_EMULATOR_HOST": address, "PYTHONPATH": str(ROOT)}
        self._acked = [path.with_suffix(".acked") for path in paths]
        lines = [len(path.read_text("utf-8").splitlines()) for path in paths]
        self._all_acks = sum(len(f"\n{number};\n") for count in lines for number in range(count))
        self._running = {path: self._start(path) for path in paths}
        self.kills = 0

    def _start(self, path):
        script = Path(__file__).with_name("worker_process.py")
        with path.with_suffix(".log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, script, self._project, path, str(FLUSH_ENTRIES)],
                env=self._env,
                stdout=log,
                stderr=log,
            )
        return process, None

    def _doom(self, path, process, doom):
        """When to kill it: some while after it began to pull, so that a slow machine gets on too."""
        if doom is None and self._chance.random() < 0.002:
            return 0.0  # now and then while it is still starting
        begun = path.with_suffix(".begun")
        if doom is None and begun.exists() and begun.read_text("ascii") == str(process.pid):
            return time.monotonic() + self._chance.uniform(0.2, 5)
        return doom

    def tend(self):
        """Kill, restart, and say whether there is work left."""
        for path, (process, doom) in list(self._running.items()):
            code = process.poll()
            if code == 0:
                del self._running[path]
            elif code is not None:
                log = path.with_suffix(".log").read_text("utf-8", "replace")
                assert code == -9, f"a worker ended by itself:\n{log[-3000:]}"
                self._running[path] = self._start(path)
            else:
                due = self._doom(path, process, doom)
                if due is not None and time.monotonic() > due:
                    process.kill()
                    process.wait()
                    self.kills += 1
                self._running[path] = (process, due)
        return bool(self._running)

    def progress(self):
        """The share of all deliveries that is acknowledged; by bytes, about."""
        acked = sum(len(one.read_bytes()) for one in self._acked if one.exists())
        return acked / self._all_acks

    def end(self):
        """Leave nothing behind."""
        for process, _ in self._running.values():
            process.kill()
            process.wait()


def disturb(herd, proxy, chance, patience_s):
    """Tend the herd to the end of its work, with one outage of the store on the way."""
    started = time.monotonic()
    outage_after, outage = chance.uniform(0.0, 0.6), chance.choice([proxy.cut, proxy.stall])
    mend_at = None
    mended = False
    while herd.tend():
        now = time.monotonic()
        assert now < started + patience_s, "the workers do not come to an end"
        if mend_at is None and herd.progress() > outage_after:
            outage()
            mend_at = now + OUTAGE_S
        if mend_at is not None and not mended and now > mend_at:
            proxy.mend()
            mended = True
        time.sleep(0.05)
    assert mended, "the work was done before the outage was over"
    return outage.__name__, time.monotonic() - started


def test_counts_are_exact_whatever_happens(firestore_emulator, tmp_path, monkeypatch, chaos_entries, chaos_seed):
    chance = random.Random(chaos_seed)
    lines = deliveries.entries(chance, chaos_entries)
    paths = []
    for number, dealt in enumerate(deliveries.deal(chance, lines, WORKERS)):
        paths.append(tmp_path / f"w{number}.ndjson")
        paths[-1].write_text("\n".join(dealt), "utf-8")
    proxy = Proxy(firestore_emulator.port)
    project = f"chaos-{chaos_seed}"
    herd = Herd(chance, project, f"127.0.0.1:{proxy.port}", paths)
    try:
        outage, took_s = disturb(herd, proxy, chance, 180 + len(lines) / SLOWEST_PER_S)
    finally:
        herd.end()
        proxy.close()
    told = f"seed {chaos_seed}: {len(lines)} entries, {herd.kills} kills, store {outage} for 10 s, {took_s:.0f} s"
    print(told)  # noqa: T201  # pytest shows it where it matters

    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", firestore_emulator.address)
    store = FirestoreStore(project)
    try:
        clusters = store.clusters()
        assert {c.id: (c.template, c.count) for c in clusters} == reference(lines), told
        for cluster in clusters:
            assert sum(cluster.severities.values()) == sum(cluster.days.values()) == cluster.count, told
            assert sum(span.entries for span in cluster.revisions.values()) <= cluster.count, told
        assert account(store) == Counter(entries=len(lines), digests=len(lines)), told
        totals = store.totals()
        assert totals.counted == len(lines), told
        assert totals.rejected == 0, told
    finally:
        store.close()


def account(store):
    """What the ledger holds: entries by its own count, and digests that are all different."""
    found, digests = Counter(), set()
    for snapshot in store._client.collection("ledger").stream():
        page = snapshot.to_dict()
        found["entries"] += page["entries"]
        for packed in page["ids"]:
            digests |= {(page["slot"], packed[start : start + 10]) for start in range(0, len(packed), 10)}
    found["digests"] = len(digests)
    return found
