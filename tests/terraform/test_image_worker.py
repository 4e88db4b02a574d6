"""The image's worker on the emulators of Pub/Sub and Firestore."""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import signal
import subprocess
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

import pytest
from emulators import free_port
from image import run
from queues import Queue, point_at

REST_MB = 150


@pytest.fixture
def cloud(firestore_emulator, pubsub_emulator, monkeypatch):
    """A queue and an empty state: (queue, environment of a program that uses them)."""
    point_at(pubsub_emulator, monkeypatch)
    queue = Queue(ack_deadline_s=10)
    project = f"image-{secrets.token_hex(6)}"
    environment = {
        **firestore_emulator.env,
        **pubsub_emulator.env,
        "GARDENER_SOURCE": f"pubsub:{queue.subscription}",
        "GARDENER_STATE": f"firestore:{project}",
        "GARDENER_ISSUES": "none",
    }
    return queue, environment


@pytest.fixture
def worker(image_root, cloud, tmp_path):
    """The image's `gardener run`: (process, port of its health)."""
    port = free_port()
    environment = {**cloud[1], "PATH": f"{image_root}/bin", "GARDENER_HEALTH_PORT": str(port)}
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen([image_root / "bin" / "gardener", "run"], cwd=tmp_path, env=environment, stderr=log)
    yield process, port
    process.kill()
    process.wait()


def answers(port: int, path: str) -> bool:
    with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2) as answer:
        return answer.status == 200
    return False


def until(condition, seconds: float = 30) -> bool:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if condition():
            return True
        time.sleep(0.2)
    return False


def memory_mb(process: subprocess.Popen[bytes]) -> float:
    status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024


def test_the_worker_starts_counts_rests_small_and_ends_when_told(image_root, cloud, worker, tmp_path):
    queue, environment = cloud
    process, port = worker
    assert until(lambda: answers(port, "/readyz")), (tmp_path / "log").read_text("utf-8")
    assert answers(port, "/healthz")
    stamp = datetime.now(UTC).isoformat().replace("+00:00", "Z")
    entry = {"insertId": "1", "logName": "projects/p/logs/x", "timestamp": stamp, "severity": "ERROR"}
    queue.publish([json.dumps(entry | {"textPayload": "pool exhausted"}).encode()])

    def counted() -> bool:
        done = run(image_root, "gardener", "clusters", "--json", cwd=tmp_path, env=environment)
        return done.returncode == 0 and [one["count"] for one in json.loads(done.stdout)] == [1]

    assert until(counted), (tmp_path / "log").read_text("utf-8")
    assert memory_mb(process) < REST_MB
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 0


def test_doctor_finds_nothing_wrong(image_root, cloud, tmp_path):
    done = run(image_root, "gardener", "doctor", cwd=tmp_path, env=cloud[1])
    assert done.returncode == 0, done.stdout + done.stderr
