"""How cost grows: with entries, with distinct messages, with clusters, with workers; and a model fitted to it.

Steps: CPU of decoding, masking, gathering and mining, over growing inputs of which one thing grows at a time; a
straight line through each. Ledger: what the identities of one slot take in memory. Workers: 1, 2 and 4 processes of
`gardener run` on one subscription and one state, both emulators, counts checked to the entry; two cores share all of
it, emulators included. The model says what a rate needs and costs, and where it stops being a measurement.

    python bench/scale.py [--messages N] [--workers 1 2 4] [--steps-only | --workers-only] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import pickle
import random
import secrets
import sys
import tempfile
import threading
import time
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path
from statistics import linear_regression, mean, median
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "contract"), str(ROOT / "bench")]

from e2e import at_s  # noqa: E402  # found by the path set above
from emulators import running  # noqa: E402
from queues import Queue  # noqa: E402
from service import Service  # noqa: E402
from step_worker import StepWorker, message  # noqa: E402

from processor.ingest import pipeline  # noqa: E402
from processor.ingest.partial import PartialBatch  # noqa: E402
from processor.mining.grouper import Grouper  # noqa: E402
from processor.mining.masker import Masker  # noqa: E402
from processor.mining.miners import Miners  # noqa: E402
from processor.model import ReceivedMessage, Seen, Severity  # noqa: E402
from sinks.firestore.store import FirestoreStore  # noqa: E402

BATCH = 1000
WORDS = [f"{a}{b}{c}" for a in ("bar", "cor", "dul", "fen", "gam") for b in "aeiou" for c in ("t", "lk", "mp", "nd")]
EXAMPLE = ROOT / "examples" / "export.json"
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
# List prices of late 2026, single region in the US, US dollars. Dataflow's streaming prices are second-hand.
VCPU_H, GIB_H, STREAMED_GIB = 0.069, 0.003557, 0.018
POOL_VCPU_S, POOL_GIB_S = 0.000011244, 0.000001235
PUBSUB_TIB, WRITES_100K, STORED_GIB = 40.0, 0.09, 0.15
MONTH_S = 30 * 86_400
ENTRY_BYTES, DIGEST_BYTES, KEPT_DAYS = 1_500, 10, 30


def entries(count: int, *, messages: int, clusters: int) -> list[ReceivedMessage]:
    """Entries as large as Cloud Run's: so many different texts, and of these so many that differ when masked, too."""
    shape = next(one for one in json.loads(EXAMPLE.read_text("utf-8")) if "message" in one.get("jsonPayload", {}))
    payload, chance, texts = shape["jsonPayload"], random.Random(messages), []
    sentences = [" ".join(chance.choices(WORDS, k=6)) for _ in range(clusters)]  # no two share a template
    for number in range(messages):
        token = chance.randbytes(8).hex()
        texts.append(f"{sentences[number % clusters]}: order {token} of 10.0.{number % 250}.7 is locked")
    bodies = (
        json.dumps({**shape, "insertId": f"i{number}", "jsonPayload": {**payload, "message": texts[number % messages]}})
        for number in range(count)
    )
    return [ReceivedMessage(body.encode(), f"m{number}") for number, body in enumerate(bodies)]


def cpu_s(received: Sequence[Any]) -> tuple[float, float, bytes]:
    """CPU of a pipeline's first half (decode, mask, gather), of its second (digest), and what travels in between."""
    group, whole, shipped = Grouper(Masker()), PartialBatch(), b""
    started = time.process_time()
    for start in range(0, len(received), BATCH):
        batch = pipeline.decode(received[start : start + BATCH], min_severity=Severity.WARNING, now=NOW)
        for part in pipeline.gather(batch, group, lanes=1).values():
            shipped = pickle.dumps(part) if start == 0 else shipped
            whole.absorb(part)
    gathered = time.process_time()
    pipeline.digest_partial(whole, Seen(frozenset()), Miners(), worker="w", now=NOW)
    return gathered - started, time.process_time() - gathered, shipped


def line(points: Sequence[tuple[float, float]]) -> tuple[float, float, float]:
    """Slope, intercept, and the share of the variance that the line leaves (1 - R squared)."""
    xs, ys = zip(*points, strict=True)
    slope, intercept = linear_regression(xs, ys)
    middle = mean(ys)
    left = sum((y - slope * x - intercept) ** 2 for x, y in points)
    return slope, intercept, left / (sum((y - middle) ** 2 for y in ys) or 1)


def best(received: Sequence[Any]) -> float:
    """The quickest of three: the machine is shared, and nothing makes a run faster than it is."""
    return min(sum(cpu_s(received)[:2]) for _ in range(3))


def steps(say: Callable[[str], None]) -> dict[str, float]:
    """Three sweeps. Microseconds of CPU for each entry, each different text, each cluster."""
    by_entries = [(n, best(entries(n, messages=50, clusters=50))) for n in (10_000, 20_000, 40_000, 80_000)]
    by_texts = [(n, best(entries(40_000, messages=n, clusters=50))) for n in (50, 10_000, 20_000, 40_000)]
    by_clusters = [(n, best(entries(40_000, messages=40_000, clusters=n))) for n in (50, 500, 1_000, 2_000)]
    found = {}
    for name, points in (("entry", by_entries), ("text", by_texts), ("cluster", by_clusters)):
        slope, _, unexplained = line(points)
        found[f"{name}_us"] = slope * 1e6
        seen = ", ".join(f"{x:,.0f}: {y:.2f} s" for x, y in points)
        say(f"each {name:8} {slope * 1e6:8.1f} us of CPU   ({seen}; a straight line leaves {unexplained:.1%})")
    found["dearest_us"] = by_clusters[-1][1] / 40_000 * 1e6
    say(f"dearest  {found['dearest_us']:8.1f} us an entry: every text different, 2,000 clusters, a stream's most")
    storm, mixed = entries(BATCH, messages=50, clusters=50), entries(BATCH, messages=BATCH, clusters=50)
    first, second, shipped = cpu_s(entries(40_000, messages=50, clusters=50))
    found["gather_share"] = first / (first + second)
    found["shipped_bytes"] = len(shipped) / BATCH
    found["shipped_bytes_mixed"] = len(cpu_s(mixed)[2]) / BATCH
    found["received_bytes"] = mean(len(one.data) for one in storm)
    say(
        f"shuffled {found['shipped_bytes']:8.0f} bytes an entry of {found['received_bytes']:.0f}"
        f" ({found['shipped_bytes_mixed']:.0f} where every text is different); before the shuffle lie"
        f" {found['gather_share']:.0%} of the CPU"
    )
    return found


def ledger(say: Callable[[str], None]) -> float:
    """Bytes of memory that one remembered identity takes."""
    count = 200_000
    tracemalloc.start()
    held = {random.randbytes(DIGEST_BYTES) for _ in range(count)}
    size = tracemalloc.get_traced_memory()[0] / len(held)
    tracemalloc.stop()
    say(f"ledger   {size:8.0f} bytes of memory an entry, of the slots that are being written")
    return size


class Machine:
    """How busy all cores are, sampled for as long as the block lasts; from /proc/stat, so on Linux only."""

    def __enter__(self) -> Self:
        self._samples: list[tuple[float, int, int]] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._over.wait(0.1):
            spent = [int(word) for word in Path("/proc/stat").read_text("ascii").split("\n")[0].split()[1:8]]
            self._samples.append((time.time(), sum(spent) - spent[3] - spent[4], sum(spent)))

    def busy(self, begun: float, ended: float) -> float:
        """The share of all cores that was in use, between two moments."""
        inside = [sample for sample in self._samples if begun <= sample[0] <= ended]
        (_, first, since), (_, last, until) = inside[0], inside[-1]
        return (last - first) / (until - since)


def workers(bodies: Sequence[bytes], count: int) -> dict[str, Any]:
    """`count` workers on one subscription that holds it all; counts are checked to the entry."""
    queue = Queue(ack_deadline_s=600)
    project = f"scale-{secrets.token_hex(3)}"
    store = FirestoreStore(project)
    with tempfile.TemporaryDirectory() as folder, Machine() as machine:
        herd = [Service(folder, queue.address, f"firestore:{project}") for _ in range(count)]
        try:
            for worker in herd:
                worker.wait_ready(120)
            queue.publish(bodies)
            ends = time.monotonic() + 600
            while store.totals().counted < len(bodies) and time.monotonic() < ends:
                time.sleep(1)
            for worker in herd:
                worker.terminate()
            flushes = [line for worker in herd for line in worker.lines("checkpoint")]
        finally:
            for worker in herd:
                worker.kill()
    counted, found = store.totals().counted, sum(cluster.count for cluster in store.clusters())
    if not counted == found == len(bodies):
        raise SystemExit(f"{count} workers counted {counted}, the clusters say {found}, of {len(bodies)} entries")
    return summary(flushes, machine) | {"workers": count}


def summary(lines: Sequence[dict[str, Any]], machine: Machine) -> dict[str, Any]:
    """What the lines of all checkpoints say about throughput and refusals."""
    flushes = [line["log_gardener"] for line in lines]
    moments = [at_s(line) for line in lines]
    begun = min(at - flush["commit_ms"] / 1000 for at, flush in zip(moments, flushes, strict=True))
    offers = sum(flush["offers"] for flush in flushes)
    again = sum(flush["tries"] - 1 for flush in flushes)
    return {
        "per_s": sum(flush["counted"] for flush in flushes) / (max(moments) - begun),
        "commits": len(flushes),
        "refused": offers - len(flushes) + again,
        "refused_share": (offers - len(flushes) + again) / (offers + again),
        "again": again,
        "busy": machine.busy(begun, max(moments)),
    }


def refusal(rounds: int = 12) -> dict[str, float]:
    """What being overtaken costs: flushes of 5,000 entries, alone or with another worker's commit before their own."""
    spent: dict[bool, list[float]] = {False: [], True: []}
    offers: dict[bool, list[int]] = {False: [], True: []}
    herds = {
        met: [
            StepWorker(FirestoreStore(f"refusal-{secrets.token_hex(3)}-{met}".lower()), name) for name in ("w1", "w2")
        ]
        for met in spent
    }
    texts = [f"{a} {b} is locked" for a in WORDS[:10] for b in WORDS[10:15]]
    for number in range(2 * rounds):
        met = bool(number % 2)
        ours, theirs = herds[met]
        mine = [message(texts[n % 50], number * 10_000 + n, service="shop") for n in range(5_000)]
        other = theirs.look([message(texts[n % 50], number * 10_000 + 5_000 + n, service="shop") for n in range(50)])
        if not met:
            theirs.put(other)
        begun = time.perf_counter()
        checkpoint = ours.look(mine)
        took_s = time.perf_counter() - begun
        if met:
            theirs.put(other)
        begun = time.perf_counter()
        committed = ours.put(checkpoint)
        if number >= 4:
            spent[met].append(took_s + time.perf_counter() - begun)
            offers[met].append(committed.offers)
    flush_s, overtaken_s = median(spent[False]), median(spent[True])
    share = (overtaken_s - flush_s) / flush_s
    return {"flush_s": flush_s, "overtaken_s": overtaken_s, "share": share, "offers": mean(offers[True])}


def model(found: dict[str, Any], digest_bytes: float, say: Callable[[str], None]) -> list[dict[str, float]]:
    """What a rate needs when every entry is as dear as the dearest measured, on cores like this machine's."""
    rows = []
    for rate, clusters, lanes, window_s in ((1_000, 50, 1, 2), (100_000, 500, 16, 10), (1_000_000, 2_000, 64, 20)):
        cores = max(
            rate * found["dearest_us"] / 1e6 / 0.6, 1.0
        )  # a worker that is busier than that falls behind at every burst
        slot_mib = rate * 300 * digest_bytes / 2**20
        commits = max(lanes / window_s, rate / 20_000)
        writes = commits * 2 + min(clusters * commits, clusters * lanes / window_s)
        row = {
            "rate": rate,
            "cores": cores,
            "lanes": lanes,
            "slot_mib_per_lane": slot_mib / lanes,
            "commits_per_s": commits,
            "writes_per_s": writes,
            "hot_document_per_s": commits,
            "pubsub_usd": rate * ENTRY_BYTES * MONTH_S / 2**40 * PUBSUB_TIB * 2,
            "writes_usd": writes * MONTH_S / 100_000 * WRITES_100K,
            "stored_usd": rate * DIGEST_BYTES * KEPT_DAYS * 86_400 / 2**30 * STORED_GIB,
            "pool_usd": cores * MONTH_S * (POOL_VCPU_S + 0.5 * POOL_GIB_S),
            "dataflow_usd": cores * 730 * (VCPU_H + 4 * GIB_H)
            + rate * (ENTRY_BYTES + found["shipped_bytes_mixed"]) * MONTH_S / 2**30 * STREAMED_GIB,
        }
        rows.append(row)
        say(
            f"{rate:9,}/s: {cores:6.1f} cores, {lanes} lanes of {row['slot_mib_per_lane']:,.0f} MiB,"
            f" {commits:.1f} commits/s, {writes:,.0f} document writes/s; a month: Pub/Sub {row['pubsub_usd']:,.0f},"
            f" Firestore {row['writes_usd'] + row['stored_usd']:,.0f}, pool {row['pool_usd']:,.0f}"
            f" or Dataflow {row['dataflow_usd']:,.0f} US dollars"
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--steps-only", action="store_true")
    parser.add_argument("--workers-only", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    say: Callable[[str], None] = (lambda _: None) if options.json else print
    found: dict[str, Any] = {} if options.workers_only else steps(say)
    if not options.steps_only:
        bodies = [one.data for one in entries(options.messages, messages=options.messages // 10, clusters=50)]
        with running("pubsub") as pubsub, running("firestore") as firestore:
            os.environ.update({**pubsub.env, **firestore.env})
            workers(bodies[: options.messages // 5], 1)  # a JVM is slow when it is new
            found["workers"] = [workers(bodies, count) for count in options.workers]
            found["refusal"] = refusal()
        for one in found["workers"]:
            say(
                f"{one['workers']} workers: {one['per_s']:8,.0f} entries/s, exact; {one['commits']} commits, "
                f"{one['refused']} refused ({one['refused_share']:.0%}), of them {one['again']} digested again;"
                f" {one['busy']:.0%} busy"
            )
        refused = found["refusal"]
        say(f"being overtaken costs {refused['share']:.0%} of a flush of 5,000 entries ({refused['flush_s']:.2f} s)")
    if not options.workers_only:
        found["model"] = model(found, ledger(say), say)
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
