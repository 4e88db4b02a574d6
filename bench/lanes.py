"""The pipeline on Beam's local runner, with 1 to 8 lanes of the ledger, on a store with a real one's latencies.

The store is the emulator behind a proxy: every request takes 15 to 60 ms. A file goes in, so that the local runner's
way of pulling does not count; start-up is measured with an empty file and taken off. Counts are checked to the entry.
Needs `make setup-beam`, and runs the pipeline in `.venv-beam`.

    python bench/lanes.py [--messages N] [--lanes 1 2 4 8] [--json]
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from stand_in import LATENCY_S, ROOT

from emulators import running  # isort: skip  # found by the path that `stand_in` sets
from scale import entries  # isort: skip
from slow_firestore import SlowFirestore  # isort: skip

from sinks.firestore.store import FirestoreStore  # isort: skip

BEAM = ROOT / ".venv-beam" / "bin" / "gardener"


def run(path, lanes):
    """Seconds until the pipeline has ended, and the store's project."""
    project = f"lanes-{secrets.token_hex(3)}"
    command = [BEAM, "beam", "--source", f"file:{path}", "--state", f"firestore:{project}"]
    started = time.monotonic()
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "GARDENER_LEDGER_LANES": str(lanes)})
    return time.monotonic() - started, project


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--lanes", type=int, nargs="*", default=[1, 2, 4, 8])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if not BEAM.exists():
        sys.exit("the pipeline needs an environment of its own: make setup-beam")
    found = []
    with running("firestore") as firestore, tempfile.TemporaryDirectory() as folder:
        proxy = SlowFirestore(firestore.address, latency_s=LATENCY_S)
        os.environ["FIRESTORE_EMULATOR_HOST"] = proxy.address
        full, empty = Path(folder) / "full.ndjson", Path(folder) / "empty.ndjson"
        bodies = entries(options.messages, messages=options.messages // 10, clusters=50)
        full.write_bytes(b"".join(one.data + b"\n" for one in bodies))
        empty.write_bytes(b"")
        run(full, 1)  # a JVM is slow when it is new
        for lanes in options.lanes:
            idle_s, _ = run(empty, lanes)
            before = len(proxy.commits)
            took_s, project = run(full, lanes)
            counted = FirestoreStore(project).totals().counted
            if counted != options.messages:
                sys.exit(f"{lanes} lanes counted {counted} of {options.messages} entries")
            per_s = options.messages / (took_s - idle_s)
            found.append({"lanes": lanes, "per_s": per_s, "commits": len(proxy.commits) - before})
            if not options.json:
                times = per_s / found[0]["per_s"]
                print(f"{lanes} lanes: {per_s:8,.0f} entries/s, {times:.2f} times one, exact", flush=True)
        proxy.close()
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
