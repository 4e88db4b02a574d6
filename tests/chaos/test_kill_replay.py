"""`kill -9` at any moment of a replay, then run to the end: as if nothing had happened."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
KILLS = 10
ENTRIES = int(os.environ.get("GARDENER_TEST_ENTRIES", "50000"))
WORDS = [
    "apply",
    "balance",
    "cache",
    "drain",
    "elect",
    "flush",
    "grant",
    "hash",
    "index",
    "join",
    "kick",
    "lease",
    "merge",
    "nudge",
    "order",
    "parse",
    "query",
]


@pytest.fixture(scope="module")
def big_export(tmp_path_factory):
    """Entries of some sixty kinds, words that earn wildcards and broken lines among them."""
    rnd = random.Random(7)
    path = tmp_path_factory.mktemp("input") / "big.ndjson"
    with path.open("w") as out:
        for number in range(ENTRIES):
            word = rnd.choice(WORDS)
            text = rnd.choice(
                [
                    f"{word} failed for order {rnd.randrange(10**6)} after {rnd.randrange(900)} ms",
                    f"lock {word} is held by worker-{rnd.randrange(99)}",
                    (
                        f'Traceback (most recent call last):\n  File "/app/{word}.py", line {rnd.randrange(99)},'
                        f" in {word}\n    run()\nValueError: {rnd.random()}"
                    ),
                ]
            )
            entry = {
                "insertId": f"{number:x}",
                "logName": "projects/p/logs/run.googleapis.com%2Fstderr",
                "timestamp": f"2025-09-{1 + number * 20 // ENTRIES:02d}T05:{number // 60 % 60:02d}:{number % 60:02d}Z",
                "severity": rnd.choice(["ERROR", "WARNING", "INFO"]),
                "resource": {"type": "cloud_run_revision", "labels": {"service_name": f"s{number % 3}"}},
                "textPayload": text,
            }
            out.write(json.dumps(entry) if number % 5000 else "{broken")
            out.write("\n")
    return path


def command(*arguments):
    return [sys.executable, "-m", "processor", *map(str, arguments)]


def finish(export, state):
    done = subprocess.run(
        command("replay", export, "--state", f"sqlite:{state}", "--json"), cwd=ROOT, capture_output=True, check=True
    )
    listed = subprocess.run(
        command("clusters", "--state", f"sqlite:{state}", "--json"), cwd=ROOT, capture_output=True, check=True
    )
    return json.loads(done.stdout), json.loads(listed.stdout)


@pytest.mark.timeout(600)
def test_ten_kills_leave_the_counts_and_ids_of_one_undisturbed_run(big_export, tmp_path):
    seed = random.SystemRandom().randrange(10**6)
    sys.stdout.write(f"seed {seed}\n")
    rnd = random.Random(seed)
    started = time.monotonic()
    summary, expected = finish(big_export, tmp_path / "calm.db")
    took = time.monotonic() - started
    killed = 0
    while killed < KILLS:
        worker = subprocess.Popen(
            command("replay", big_export, "--state", f"sqlite:{tmp_path / 'killed.db'}", "--json"),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
        )
        try:
            worker.wait(timeout=rnd.uniform(0.25, took / 6))
        except subprocess.TimeoutExpired:
            worker.send_signal(signal.SIGKILL)
            killed += 1
        worker.wait()
    after, found = finish(big_export, tmp_path / "killed.db")

    assert found == expected
    assert sum(one["count"] for one in found) == summary["counted"]
    assert after["counted"] + after["duplicates"] == summary["counted"] > 0
    assert after["rejected"] == summary["rejected"] == ENTRIES // 5000
