"""Measure everything in one run and write the figures, with their date, into docs/accuracy.md and docs/scale.md.

    python bench/pages.py [FOLDER] [--only PART ...] [--busy] [--check]

FOLDER holds the real input (cloud-run-hour/, loghub/). Each part is a block between two comments in a page, and is
replaced as a whole. Refused on a machine that does something else, since its figures would not be those of the program;
`--busy` allows it and says so in the block. `--check` measures nothing: it says whether every block is there.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

HERE = Path(__file__).resolve().parent
DOCS = HERE.parent / "docs"
DATA = HERE.parents[1] / "shared" / "data"
QUIET = 0.5
"""Load average of a minute above which a machine is busy."""


def rows(head, *lines):
    """A table; the first column is text, the others are figures."""
    marks = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in (head, marks, *lines))


def accuracy(found):
    systems = [
        (
            name,
            *(f"{one[column]:.3f}" for column in ("ga", "fga", "drain3_ga", "drain3_fga")),
            f"{min(one['shuffled_ga']):.3f} to {max(one['shuffled_ga']):.3f}",
        )
        for name, one in found["systems"].items()
    ]
    mean = ("**mean**", *(f"{found['mean'][column]:.3f}" for column in ("ga", "fga", "drain3_ga", "drain3_fga")), "")
    return rows(("system", "GA", "FGA", "drain3 GA", "drain3 FGA", "GA of five shuffles"), *systems, mean)


def speed(found):
    lines = [
        (
            one["input"],
            f"{one['obvious_per_s']:,}/s",
            f"{one['ours_per_s']:,}/s",
            f"{one['ratio']:.1f}",
            f"{one['ratio_processor']:.1f}",
            f"{one['share_of_decoding']:.0%}",
        )
        for one in found
    ]
    return rows(
        ("input", "obvious", "gardener assign", "ratio", "ratio in processor time", "of it decoding alone"), *lines
    )


def bounds(found):
    lines = [
        (f"{found['messages']:,} distinct messages of random words: peak memory", f"{found['rss_mb']} MB"),
        ("clusters after that", f"{found['clusters']:,}, of them {found['overflow_clusters']} overflow"),
        ("CPU of the last 100,000 against the first", f"{found['last_over_first']:.1f} times"),
    ]
    return rows(("", "figure"), *lines)


def start(found):
    lines = [
        ("model of 10,000 stored clusters ready", f"{found['model_s']:.2f} s"),
        ("worker on Firestore with 10,000 clusters, from its start to ready", f"{found['worker_ready_s']:.2f} s"),
        ("replay of an empty file on that state", f"{found['replay_s']:.2f} s"),
        ("`gardener --help`", f"{found['help_s']:.2f} s"),
        ("`gardener clusters`", f"{found['clusters_s']:.2f} s"),
    ]
    return rows(("", "time"), *lines)


def cost(found):
    lines = [
        ("entry", f"{found['entry_us']:.1f} µs", "10,000 to 80,000 entries of 50 texts"),
        ("different text", f"{found['text_us']:.1f} µs", "50 to 40,000 texts of 50 clusters"),
        ("cluster", f"{found['cluster_us'] / 1000:.2f} ms, once", "50 to 2,000 clusters, the most that a stream has"),
        ("entry, every text different, 2,000 clusters", f"{found['dearest_us']:.1f} µs", "the dearest case"),
    ]
    return rows(("for each", "CPU", "what was varied"), *lines)


def workers(found):
    lines = [
        (one["workers"], f"{one['per_s']:,.0f}", f"{one['refused_share']:.0%}", f"{one['busy']:.0%}")
        for one in found["workers"]
    ]
    head = ("workers", "entries/s", "commits refused because another came first", "cores busy")
    refused = found["refusal"]
    return rows(head, *lines) + f"\n\nBeing overtaken costs {refused['share']:.0%} of a flush of 5,000 entries."


def way(found):
    lines = [
        ("the obvious program", f"{found['obvious']:,.0f} messages/s"),
        ("pulling and acknowledging alone", f"{found['floor']:,.0f} messages/s"),
        ("`gardener run`", f"{found['worker']:,.0f} messages/s"),
        ("times the obvious program", f"{found['worker'] / found['obvious']:.1f}"),
        ("of pulling and acknowledging alone", f"{found['worker'] / found['floor']:.0%}"),
        *(
            (
                f"publish to visible at {name.removeprefix('latency_')}/s, p50 and p95",
                f"{of['p50']:.2f} s, {of['p95']:.2f} s",
            )
            for name, of in found.items()
            if name.startswith("latency_")
        ),
    ]
    return rows(("50,000 entries waiting, both emulators on the same machine", "figure"), *lines)


def stand_in(found):
    lines = [
        (one["workers"], f"{one['per_s']:,.0f}", f"{one['times']:.2f}", f"{one['refused_share']:.0%}", one["again"])
        for one in found
        if "kills" not in one
    ]
    killed = [f"{one['workers']} workers, {one['kills']} of them killed: exact." for one in found if "kills" in one]
    head = ("workers", "entries/s", "times one", "commits refused", "digested again")
    return "\n\n".join([rows(head, *lines), "Counts were exact to the entry each time.", *killed])


def lanes(found):
    lines = [(one["lanes"], f"{one['per_s']:,.0f}", f"{one['per_s'] / found[0]['per_s']:.2f}") for one in found]
    return rows(("lanes", "entries/s", "times one"), *lines) + "\n\nCounts were exact to the entry each time."


# Part -> (page, command, the table made of what it prints); parts with one command share one run of it.
PARTS = {
    "accuracy": ("accuracy.md", ("accuracy.py", "{data}/loghub", "--baseline", "--shuffles", "5", "--json"), accuracy),
    "speed": (
        "accuracy.md",
        ("speed.py", "{data}/cloud-run-hour/export.json", "{data}/loghub", "--turns", "3", "--json"),
        speed,
    ),
    "bounds": ("accuracy.md", ("hostile.py",), bounds),
    "start": ("accuracy.md", ("restart.py", "--emulators", "--json"), start),
    "cost": ("scale.md", ("scale.py", "--json"), cost),
    "workers": ("scale.md", ("scale.py", "--json"), workers),
    "stand-in": ("scale.md", ("stand_in.py", "--messages", "50000", "--kills", "--json"), stand_in),
    "lanes": ("scale.md", ("lanes.py", "--json"), lanes),
    "way": ("scale.md", ("e2e.py", "--rates", "500", "--repeats", "3", "--json"), way),
}  # fmt: skip


def replaced(text, part, content):
    """The page with another content of a part. Raises `ValueError` if the page has no such part."""
    begin, end = f"<!-- measured: {part} -->\n", f"<!-- end of {part} -->"
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not found or not closed:
        raise ValueError(f"no block {begin.strip()} ... {end}")
    return f"{before}{begin}{content}\n{end}{after}"


def circumstances(load):
    """Where and when, in a sentence; `load` is that of before the first part, since each part is a load by itself."""
    busy = "" if load <= QUIET else f"; the machine was BUSY, load {load:.1f}"
    when = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    return f"Measured {when}, Python {platform.python_version()}, {os.cpu_count()} cores{busy}."


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, nargs="?", default=DATA)
    parser.add_argument("--only", nargs="*", choices=PARTS, default=[*PARTS])
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.check:
        for part, (page, _, _) in PARTS.items():
            replaced((DOCS / page).read_text("utf-8"), part, "")
        return
    load = os.getloadavg()[0]
    if load > QUIET and not options.busy:
        sys.exit(f"the machine is busy (load {load:.1f}); wait, or give --busy")
    known = {}
    for part in options.only:
        page, command, table = PARTS[part]
        said = circumstances(load)
        if command not in known:
            print(f"--- {part}: {' '.join(command)}", flush=True)
            program = [sys.executable, HERE / command[0], *(word.format(data=options.data) for word in command[1:])]
            done = subprocess.run(program, check=True, capture_output=True, text=True, cwd=HERE.parent)
            known[command] = said, json.loads(done.stdout)
        said, found = known[command]
        path = DOCS / page
        path.write_text(replaced(path.read_text("utf-8"), part, f"{said}\n\n{table(found)}"), "utf-8")
    print(f"written: {', '.join(options.only)}")


if __name__ == "__main__":
    main()
