"""Change one line of behaviour at a time, and see whether a test fails.

    python bench/mutations.py [NAME ...] [--jobs N]

Each row of mutations.toml names a file, the text to replace, its replacement, and the tests that ought to notice.
A copy of the project is mutated, never the project itself. `survives` gives the reason why a mutation may live.
Ends with 1 when a mutation lives without a reason, or when its text is not found exactly once.
"""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
TABLE = Path(__file__).with_suffix(".toml")
_TIMEOUT_S = 300


def copy_of(root, into):
    names = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=root, capture_output=True, text=True, check=True
    ).stdout.split("\n")
    for name in filter(None, names):
        if (root / name).exists():
            (into / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(root / name, into / name)
    return into


def outcome(row, place):
    """`killed`, `survived` or `stale` of one mutation, tried in a copy of the project."""
    path = place / row["file"]
    before = path.read_text("utf-8") if path.exists() else ""
    if before.count(row["old"]) != 1:
        return "stale"
    path.write_text(before.replace(row["old"], row["new"]), "utf-8")
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *row["tests"]]
    environment = {**os.environ, "PYTHONPATH": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        done = subprocess.run(command, cwd=place, capture_output=True, env=environment, timeout=_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired:
        return "killed"
    else:
        return "survived" if done.returncode == 0 else "killed"
    finally:
        path.write_text(before, "utf-8")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="only these")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    rows = [
        {"name": name, **row}
        for name, row in tomllib.loads(TABLE.read_text("utf-8")).items()
        if not options.names or name in options.names
    ]
    with tempfile.TemporaryDirectory() as folder:
        places = [copy_of(ROOT, Path(folder) / str(number)) for number in range(options.jobs)]
        shares = [rows[number :: options.jobs] for number in range(options.jobs)]
        with ThreadPoolExecutor(options.jobs) as pool:
            found = [one for share in pool.map(tried, shares, places) for one in share]
    bad = [name for name, what, reason in found if what == "stale" or (what == "survived" and not reason)]
    counts = {what: sum(one == what for _, one, _ in found) for what in ("killed", "survived", "stale")}
    print(", ".join(f"{n} {what}" for what, n in counts.items()))
    sys.exit(1 if bad else 0)


def tried(rows, place):
    found = []
    for row in rows:
        what = outcome(row, place)
        print(f"{what:<9} {row['name']}  {row.get('survives', '')}", flush=True)
        found.append((row["name"], what, row.get("survives", "")))
    return found


if __name__ == "__main__":
    main()
