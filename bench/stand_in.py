"""One, two and four workers on a stand-in for the real Firestore, counts exact, each worker on a core of its own.

The stand-in is the emulator behind a proxy: every request takes 15 to 60 ms, as those of the real service do. The cores
are slowed down: all workers together have a part of this machine's, as much as the emulators leave. Everything that a
worker meets is slowed down by the same factor, the latency as well, and the figures are given as of undilated time. So
they hold for workers that have a core each, and not for how many fit on this machine. A worker that has used its share
is stopped until it has some again (SIGSTOP), every few milliseconds.

Rates are taken between the first moment at which every worker had committed and the last one before a worker had
nothing left. With --kills one more run loses a worker every few seconds, by SIGKILL, and gets a new one.

    python bench/stand_in.py [--messages N] [--workers 1 2 4] [--dilation F] [--kills] [--json]
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "contract"), str(ROOT / "bench")]

from e2e import at_s  # noqa: E402  # found by the path set above
from emulators import running  # noqa: E402
from queues import Queue  # noqa: E402
from scale import entries  # noqa: E402
from service import Service  # noqa: E402
from slow_firestore import SlowFirestore  # noqa: E402

from sinks.firestore.store import FirestoreStore  # noqa: E402

LATENCY_S = (0.015, 0.060)
TICK_S = 0.004
KILLS = 6
"""What a killed worker held comes again a minute later, so killing for ever would never end."""
BURST_S = 0.03
"""What a worker may save up while it waits, in seconds of its share."""
_DILATION = "STAND_IN_DILATION"
_TICKS = os.sysconf("SC_CLK_TCK")


def cpu_s(pid: int) -> float:
    """Seconds of processor time that a process has used so far, over all its threads."""
    words = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / _TICKS


class Shares:
    """Gives each process a share of a core, by stopping it. Seconds of the processes are those of their shares."""

    def __init__(self, share: float) -> None:
        self.share = share
        self._members: dict[int, tuple[float, float]] = {}
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        for pid in list(self._members):
            self.leave(pid)

    def join(self, pid: int) -> None:
        """Hold a process to its share from now on."""
        with self._lock:
            self._members[pid] = (time.monotonic(), cpu_s(pid))

    def leave(self, pid: int) -> None:
        """Let a process go."""
        with self._lock:
            if self._members.pop(pid, None) is not None:
                os.kill(pid, signal.SIGCONT)

    def _run(self) -> None:
        while not self._over.wait(TICK_S):
            with self._lock:
                for pid, (since, used) in list(self._members.items()):
                    try:
                        left = (time.monotonic() - since) * self.share - (cpu_s(pid) - used)
                        os.kill(pid, signal.SIGCONT if left > 0 else signal.SIGSTOP)
                    except OSError:
                        del self._members[pid]
                        continue
                    if left > BURST_S:
                        self._members[pid] = (since + (left - BURST_S) / self.share, used)


class Herd:
    """Workers on one subscription and one state, each with its share."""

    def __init__(self, folder: str, count: int, shares: Shares, dilation: float) -> None:
        # What a killed worker held comes again after the deadline.
        self.queue, self.project = Queue(ack_deadline_s=60), f"stand-in-{secrets.token_hex(3)}"
        self.folder, self.shares, self.dilation = folder, shares, dilation
        self.members = [self._start() for _ in range(count)]
        self.dead: list[Service] = []
        for one in self.members:
            one.wait_ready(120)

    def _start(self) -> Service:
        env = {_DILATION: str(self.dilation), "GARDENER_FLUSH_SECONDS": str(2 * self.dilation)}
        state = f"firestore:{self.project}"
        return Service(self.folder, self.queue.address, state, env=env, program=(__file__,))

    def hold(self) -> None:
        """Stop them all, and give each its share when `go` is called."""
        for one in self.members:
            os.kill(one.process.pid, signal.SIGSTOP)

    def go(self) -> None:
        """Begin."""
        for one in self.members:
            self.shares.join(one.process.pid)

    def kill_one(self, number: int) -> None:
        """Kill a worker, whatever it is doing, and start another one."""
        victim = self.members.pop(number % len(self.members))
        os.kill(victim.process.pid, signal.SIGKILL)
        self.shares.leave(victim.process.pid)
        victim.kill()
        self.dead.append(victim)
        fresh = self._start()
        self.members.append(fresh)
        fresh.wait_ready(120)  # starting Python is not what is measured
        self.shares.join(fresh.process.pid)

    def end(self) -> None:
        """End them all."""
        for one in self.members:
            self.shares.leave(one.process.pid)
            one.terminate()


def run(bodies: Sequence[bytes], count: int, dilation: float, kill_every_s: float = 0.0) -> dict[str, Any]:
    """`count` workers take it all. Raises `SystemExit` if an entry is missing or counted twice."""
    with tempfile.TemporaryDirectory() as folder, Shares(1 / dilation) as shares:
        herd = Herd(folder, count, shares, dilation)
        try:
            herd.hold()
            herd.queue.publish(bodies)
            store = FirestoreStore(herd.project)
            used = [cpu_s(one.process.pid) for one in herd.members]
            herd.go()
            begun = killed_at = time.monotonic()
            while store.totals().counted < len(bodies) and time.monotonic() < begun + 900:
                time.sleep(0.5)
                if kill_every_s and len(herd.dead) < KILLS and time.monotonic() - killed_at > kill_every_s:
                    herd.kill_one(len(herd.dead))
                    killed_at = time.monotonic()
            if not herd.dead:
                used = [cpu_s(one.process.pid) - before for one, before in zip(herd.members, used, strict=True)]
            herd.end()
            logs = [one.lines("checkpoint") for one in herd.members]
        finally:
            for one in herd.members:
                one.kill()
        counted, found = store.totals().counted, sum(cluster.count for cluster in store.clusters())
        if not counted == found == len(bodies):
            raise SystemExit(f"{count} workers counted {counted}, the clusters say {found}, of {len(bodies)} entries")
        if herd.dead:
            return {"workers": count, "kills": len(herd.dead)}
        return figures(logs, dilation) | {"workers": count, "cpu_us": sum(used) / len(bodies) * 1e6}


def figures(logs: Sequence[Sequence[dict[str, Any]]], dilation: float) -> dict[str, Any]:
    """Throughput while all were at work, and what was refused; of undilated time."""
    begun, ended = max(at_s(log[0]) for log in logs), min(at_s(log[-1]) for log in logs)
    flushes = [(at_s(line), line["log_gardener"]) for log in logs for line in log]
    inside = [one for at, one in flushes if begun < at <= ended]
    if not inside:
        raise SystemExit(f"{len(logs)} workers were never at work together: give more --messages")
    offers = sum(one["offers"] for _, one in flushes)
    again = sum(one["tries"] - 1 for _, one in flushes)
    return {
        "per_s": sum(one["counted"] for one in inside) / (ended - begun) * dilation,
        "commits": len(flushes),
        "refused_share": (offers - len(flushes) + again) / (offers + again),
        "again": again,
        "commit_ms": sum(one["commit_ms"] for one in inside) / len(inside) / dilation,
        "window_s": ended - begun,
    }


def work(dilation: float) -> None:
    """Be a worker: `gardener` with the pause between two writes of a document in dilated time, too."""
    from processor.ingest import gather

    gather.HOT_DOCUMENT_S = dilation  # type: ignore[misc]
    from processor.cli import main as gardener

    gardener()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--messages", type=int, default=40_000, help="for each worker")
    parser.add_argument("--workers", type=int, nargs="*", default=[1, 2, 4])
    parser.add_argument("--dilation", type=float, default=6.0)
    parser.add_argument("--kills", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    say: Callable[[str], None] = (lambda _: None) if options.json else print
    found: list[dict[str, Any]] = []
    most = options.messages * max(options.workers)
    bodies = [one.data for one in entries(most, messages=most // 10, clusters=50)]
    with running("pubsub") as pubsub, running("firestore") as firestore:
        os.environ.update({**pubsub.env, **firestore.env})
        proxy = SlowFirestore(firestore.address)
        os.environ["FIRESTORE_EMULATOR_HOST"] = proxy.address
        run(bodies[:10_000], 1, 1.0)  # a JVM is slow when it is new
        proxy.latency_s = tuple(options.dilation * edge for edge in LATENCY_S)
        for count in options.workers:
            one = run(bodies[: options.messages * count], count, options.dilation)
            one["times"] = one["per_s"] / (found[0] if found else one)["per_s"]
            found.append(one)
            say(
                f"{count} workers: {one['per_s']:8,.0f} entries/s, {one['times']:.2f} times one, exact;"
                f" {one['commits']} commits of {one['commit_ms']:.0f} ms, {one['refused_share']:.0%} refused, of them"
                f" {one['again']} digested again; {one['cpu_us']:.0f} us of CPU an entry; over {one['window_s']:.0f} s"
            )
        if options.kills:
            killed = run(bodies, max(options.workers), options.dilation, kill_every_s=2 * options.dilation)
            found.append(killed)
            say(f"{killed['workers']} workers, {killed['kills']} of them killed: exact")
        proxy.close()
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    if _DILATION in os.environ:
        work(float(os.environ[_DILATION]))
    else:
        main()
