"""Change one line of behaviour at a time, and see whether a test fails.

    python bench/mutations.py [NAME ...] [--jobs N]
    python bench/mutations.py --check

Each row of mutations.toml names a file, the text to replace, its replacement, and the tests that ought to notice.
A copy of the project is mutated, never the project itself. `survives` gives the reason why a mutation may live.
Ends with 1 when a mutation lives without a reason, or when its text is not found exactly once; with --check only the
latter is looked at, in a moment.
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


def table(path=TABLE):
    """Every row with its name."""
    return [{"name": name, **row} for name, row in tomllib.loads(path.read_text("utf-8")).items()]


def stale(row, root=ROOT):
    """Why a row can no longer be tried: "" if it can."""
    path = root / row["file"]
    found = path.read_text("utf-8").count(row["old"]) if path.exists() else 0
    if found != 1:
        return f"its text stands {found} times in {row['file']}"
    lost = [one for one in row["tests"] if one.startswith("tests/") and not (root / one).exists()]
    return f"{lost[0]} is not there" if lost else ""


def outcome(row, place):
    """`killed`, `survived` or `stale` of one mutation, tried in a copy of the project."""
    if stale(row, place):
        return "stale"
    path = place / row["file"]
    before = path.read_text("utf-8")
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
    parser.add_argument("--check", action="store_true", help="only see whether every row can still be tried")
    options = parser.parse_args()
    rows = [row for row in table() if not options.names or row["name"] in options.names]
    if options.check:
        bad = [f"{row['name']}: {why}" for row in rows if (why := stale(row))]
        print("\n".join(bad) or f"{len(rows)} rows can be tried")
        sys.exit(1 if bad else 0)
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
