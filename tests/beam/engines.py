"""Ways to run the pipeline and the worker, and to look at what came of it."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

from pipeline_fixture import Lines

from processor.app import wiring
from processor.app.config import load

ROOT = Path(__file__).resolve().parents[2]
NOISE = json.dumps({"logName": "projects/p/logs/l", "timestamp": "2026-03-01T12:00:00Z", "severity": "INFO"}).encode()


def command(folder, *arguments, env=None):
    """Start `gardener ...` in a folder; its output is in `beam.log` there."""
    with (folder / "beam.log").open("ab") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "processor", *map(str, arguments)],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
            stdout=log,
            stderr=log,
        )


def found(state):
    """All that is known of every cluster, by id.

    Left out: what the controller decides, and what depends on the order of commits, as it does for any two workers: the
    aliases and the breakdown by the words at a wildcard, and which values of a full breakdown are "(other)".
    """
    store = wiring.open_store(load({"state": state}), must_exist=True)
    try:
        return {
            one.id: (
                one.template,
                one.count,
                one.first_seen,
                one.last_seen,
                one.sample,
                dict(one.severities),
                dict(one.minutes),
                dict(one.days),
                {name: _settled(values) for name, values in one.facets.items() if not name.startswith("word ")},
                dict(one.revisions),
            )
            for one in store.clusters()
        }
    finally:
        store.close()


def _settled(values):
    return sum(values.values()) if "(other)" in values else dict(values)


def totals(state):
    """What the state says of all its writers."""
    store = wiring.open_store(load({"state": state}))
    try:
        return store.totals()
    finally:
        store.close()


def work(bodies, state):
    """What one undisturbed worker makes of it."""
    parts = wiring.make_worker(load({"state": state}), source=Lines(bodies))
    parts.worker.run()
    parts.store.close()
    return found(state)


def write(folder, bodies):
    """The bodies as a file; its source."""
    path = folder / "entries.ndjson"
    path.write_bytes(b"\n".join(bodies) + b"\n")
    return f"file:{path}"


def wait_counted(state, queue, count, process, patience_s):
    """Until so many entries are counted. The local runner looks at its clock only when another message comes."""
    ends = time.monotonic() + patience_s
    while (counted := totals(state).counted) < count:
        assert time.monotonic() < ends, f"{counted} of {count} entries were counted"
        assert process.poll() is None, "the pipeline ended by itself"
        queue.publish([NOISE])
        time.sleep(0.5)
