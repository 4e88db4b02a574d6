"""From published to committed and acknowledged, on both emulators, against the obvious program and against the floor.

(a) The obvious program: a subscribe callback, json.loads, drain3 as it comes, one Increment for each message.
(b) The floor: pulling and acknowledging the same messages and doing nothing with them.
The worker is `gardener run` as it is deployed, a process of its own. Latency: from publish to the moment a reader of
the store sees the count. All in one run on one machine, so that the ratios mean something; the figures alone do not.

    python bench/e2e.py [--entries FILE] [--messages N] [--obvious N] [--rates R ...] [--seconds S] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import threading
import time
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from emulators import running  # noqa: E402  # found by the path set above
from queues import Queue  # noqa: E402

from processor.sources.pubsub.source import PubSubSource  # noqa: E402
from sinks.firestore.store import FirestoreStore  # noqa: E402


def entries(path: Path, count: int, *, mark: str) -> list[bytes]:
    """The file's entries over and over, each an entry of its own."""
    text = path.read_text("utf-8")
    real = json.loads(text) if text.lstrip().startswith("[") else [json.loads(line) for line in text.splitlines()]
    return [json.dumps({**real[n % len(real)], "insertId": f"{mark}-{n}"}).encode() for n in range(count)]


def obvious(bodies: Sequence[bytes]) -> float:
    """Messages per second of the program that anybody would write first."""
    from drain3 import TemplateMiner
    from google.cloud import firestore, pubsub_v1

    queue = Queue(ack_deadline_s=600)
    queue.publish(bodies)
    client = firestore.Client(project=f"obvious-{secrets.token_hex(3)}")
    miner, lock, done, left = TemplateMiner(), threading.Lock(), threading.Event(), len(bodies)

    def count(message: Any) -> None:
        nonlocal left
        entry = json.loads(message.data)
        payload = entry.get("textPayload") or json.dumps(entry.get("jsonPayload", ""))
        with lock:
            cluster = miner.add_log_message(payload)["cluster_id"]
        client.collection("clusters").document(str(cluster)).set({"count": firestore.Increment(1)}, merge=True)
        message.ack()
        with lock:
            left -= 1
            if not left:
                done.set()

    subscriber = pubsub_v1.SubscriberClient()
    started = time.monotonic()
    future = subscriber.subscribe(queue.subscription, count)
    done.wait(600)
    seconds = time.monotonic() - started
    future.cancel()
    future.result()
    subscriber.close()
    return (len(bodies) - left) / seconds


def floor(bodies: Sequence[bytes]) -> float:
    """Messages per second of pulling and acknowledging alone, as the worker does both."""
    queue = Queue(ack_deadline_s=600)
    queue.publish(bodies)
    started, left = time.monotonic(), len(bodies)
    source = PubSubSource(queue.subscription)
    while left:
        messages = source.pull(5000, 5.0)
        source.ack(messages)
        left -= len(messages)
    while source.acknowledging:
        time.sleep(0.001)
    seconds = time.monotonic() - started
    source.close()
    return len(bodies) / seconds


class Worker:
    """`gardener run` on a queue, with its own database unless `project` names one."""

    def __init__(self, queue: Queue, *arguments: str, project: str = "") -> None:
        self.project = project or f"bench-{secrets.token_hex(3)}"
        command = [sys.executable, "-m", "processor", "run", "--source", queue.address, "--log-format", "json"]
        command += ["--state", f"firestore:{self.project}", *arguments]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, env=environment, text=True)

    def lines(self) -> list[dict[str, Any]]:
        """Its whole log, once it has ended."""
        _, log = self.process.communicate(timeout=900)
        if self.process.returncode:
            raise SystemExit(f"the worker ended with {self.process.returncode}:\n{log[-3000:]}")
        return [json.loads(line) for line in log.splitlines() if line.startswith("{")]


def worker(bodies: Sequence[bytes]) -> float:
    """Messages per second from the first pull to the last commit; its acknowledgement is on the way."""
    queue = Queue(ack_deadline_s=600)
    queue.publish(bodies)
    lines = Worker(queue, "--until-idle", "3").lines()
    ends = {line["log_gardener"]["action"]: at_s(line) for line in lines}
    taken = sum(line["log_gardener"].get("pulled", 0) for line in lines)
    if taken != len(bodies):
        raise SystemExit(f"the worker took {taken} of {len(bodies)} messages")
    return len(bodies) / (ends["checkpoint"] - ends["ready"])


def at_s(line: dict[str, Any]) -> float:
    """When a line was logged, in seconds."""
    from datetime import datetime

    return datetime.fromisoformat(line["time"]).timestamp()


def latencies(bodies: Sequence[bytes], rate: int) -> list[float]:
    """Seconds from publish to visible count, of each entry, at so many entries a second."""
    queue = Queue(ack_deadline_s=600)
    runner = Worker(queue, "--until-idle", "8", "--min-severity", "DEFAULT")
    store = FirestoreStore(runner.project)
    while not store_ready(runner):
        time.sleep(0.2)
    published: list[float] = []

    def publish() -> None:
        started, each = time.monotonic(), max(rate // 20, 1)
        for first in range(0, len(bodies), each):
            time.sleep(max(started + first / rate - time.monotonic(), 0))
            part = bodies[first : first + each]
            published.extend([time.monotonic()] * len(part))
            queue.publish(part)

    thread = threading.Thread(target=publish)
    thread.start()
    found: list[float] = []
    ends = time.monotonic() + len(bodies) / rate + 60
    while len(found) < len(bodies) and time.monotonic() < ends:
        counted = store.totals().counted
        now = time.monotonic()
        found.extend(now - published[n] for n in range(len(found), counted))
        time.sleep(0.05)
    thread.join()
    runner.lines()
    if len(found) != len(bodies):
        raise SystemExit(f"only {len(found)} of {len(bodies)} entries became visible")
    return found


def store_ready(runner: Worker) -> bool:
    """Wait long enough for the process to have started; it needs no more than it is given here."""
    time.sleep(3)
    return runner.process.poll() is None


def measure(options: argparse.Namespace, say: Callable[[str], None]) -> dict[str, Any]:
    """Run it all; rates in messages per second, latencies in seconds."""
    bodies = entries(options.entries, options.messages, mark=secrets.token_hex(3))
    worker(bodies[:5000])  # a JVM is slow when it is new
    floor(bodies[:5000])
    found: dict[str, Any] = {"obvious": obvious(bodies[: options.obvious])}
    say(f"(a) the obvious program      {found['obvious']:8,.0f} messages/s")
    # In turns: what else the machine does meets both.
    floors, rates = zip(*((floor(bodies), worker(bodies)) for _ in range(options.repeats)), strict=True)
    found["worker"], found["floor"] = median(rates), median(floors)
    say(f"(b) pull and acknowledge     {found['floor']:8,.0f} messages/s, median of {[*map(round, floors)]}")
    say(f"    gardener run             {found['worker']:8,.0f} messages/s, median of {[*map(round, rates)]}")
    say(f"    times (a): {found['worker'] / found['obvious']:.1f}    of (b): {found['worker'] / found['floor']:.0%}")
    for rate in options.rates:
        seconds = latencies(entries(options.entries, rate * options.seconds, mark=secrets.token_hex(3)), rate)
        cuts = quantiles(seconds, n=20)
        found[f"latency_{rate}"] = {"p50": cuts[9], "p95": cuts[18], "max": max(seconds)}
        figures = f"p50 {cuts[9]:.2f} s, p95 {cuts[18]:.2f} s, max {max(seconds):.2f} s"
        say(f"    publish to visible at {rate:5,}/s: {figures}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--entries", type=Path, default=ROOT / "examples" / "export.json")
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--obvious", type=int, default=3000, help="messages for the obvious program, which is slow")
    parser.add_argument("--rates", type=int, nargs="*", default=[100, 500, 1000])
    parser.add_argument("--seconds", type=int, default=20, help="of publishing at each rate")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with running("pubsub") as pubsub, running("firestore") as firestore:
        os.environ.update({**pubsub.env, **firestore.env})
        found = measure(options, (lambda _: None) if options.json else print)
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
