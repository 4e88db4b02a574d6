"""Grouping accuracy over a folder of NAME.ndjson with NAME.labels.csv.

GA: the share of lines whose cluster holds exactly the lines of one true template. FGA: F1 over clusters, a cluster
being right when it equals a true group exactly. Ids are taken after the whole file was learned, aliases resolved.

    python bench/accuracy.py FOLDER [--shuffles N] [--json] [--baseline] [--errors N]
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import mean

from drain3.masking import MaskingInstruction
from drain3.template_miner import TemplateMiner
from drain3.template_miner_config import TemplateMinerConfig

from processor.mining.masker import Masker
from processor.mining.miner import Miner

Cluster = Callable[[Sequence[str]], list[str]]

# The masks of the example configuration that drain3 ships.
EXAMPLE_MASKS = (
    (r"((?<=[^A-Za-z0-9])|^)(([0-9a-f]{2,}:){3,}([0-9a-f]{2,}))((?=[^A-Za-z0-9])|$)", "ID"),
    (r"((?<=[^A-Za-z0-9])|^)(\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3})((?=[^A-Za-z0-9])|$)", "IP"),
    (r"((?<=[^A-Za-z0-9])|^)([0-9a-f]{6,} ?){3,}((?=[^A-Za-z0-9])|$)", "SEQ"),
    (r"((?<=[^A-Za-z0-9])|^)([0-9A-F]{4} ?){4,}((?=[^A-Za-z0-9])|$)", "SEQ"),
    (r"((?<=[^A-Za-z0-9])|^)(0x[a-f0-9A-F]+)((?=[^A-Za-z0-9])|$)", "HEX"),
    (r"((?<=[^A-Za-z0-9])|^)([\-\+]?\d+)((?=[^A-Za-z0-9])|$)", "NUM"),
    (r"(?<=executed cmd )(\".+?\")", "CMD"),
)


def ours(messages: Sequence[str]) -> list[str]:
    masker, miner = Masker(), Miner("bench")
    ids = [miner.learn(masker.mask(message))[0] for message in messages]
    return [miner.resolve(cluster_id) for cluster_id in ids]


def obvious(messages: Sequence[str]) -> list[str]:
    config = TemplateMinerConfig()
    config.masking_instructions = [MaskingInstruction(pattern, name) for pattern, name in EXAMPLE_MASKS]
    miner = TemplateMiner(config=config)
    return [str(miner.add_log_message(message)["cluster_id"]) for message in messages]


def score(found: Sequence[str], truth: Sequence[str]) -> tuple[float, float]:
    """Give (GA, FGA)."""
    pairs = Counter(zip(found, truth, strict=True))
    found_sizes, true_sizes = Counter(found), Counter(truth)
    right = [size for (f, t), size in pairs.items() if found_sizes[f] == size == true_sizes[t]]
    return sum(right) / len(truth), 2 * len(right) / (len(found_sizes) + len(true_sizes))


def load(path: Path) -> tuple[list[str], list[str]]:
    """Give the messages of NAME.ndjson and the true templates of NAME.labels.csv."""
    entries = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    with path.with_name(f"{path.stem}.labels.csv").open(encoding="utf-8", newline="") as labels:
        truth = {row["insert_id"]: row["event_template"] for row in csv.DictReader(labels)}
    return [entry["textPayload"] for entry in entries], [truth[entry["insertId"]] for entry in entries]


def shuffled_ga(messages: Sequence[str], truth: Sequence[str], rounds: int) -> list[float]:
    """Give GA for each of `rounds` seeded shuffles of the lines."""
    scores = []
    for seed in range(rounds):
        order = random.Random(seed).sample(range(len(messages)), len(messages))
        scores.append(score(ours([messages[i] for i in order]), [truth[i] for i in order])[0])
    return scores


def print_errors(messages: Sequence[str], truth: Sequence[str], limit: int) -> None:
    """Show the heaviest true groups that are not exactly one cluster."""
    found = ours(messages)
    clusters: defaultdict[str, Counter[str]] = defaultdict(Counter)
    groups: defaultdict[str, Counter[str]] = defaultdict(Counter)
    sample: dict[tuple[str, str], str] = {}
    for cluster_id, template, message in zip(found, truth, messages, strict=True):
        clusters[cluster_id][template] += 1
        groups[template][cluster_id] += 1
        sample.setdefault((template, cluster_id), message)
    wrong = [(g.total(), t) for t, g in groups.items() if len(g) > 1 or len(clusters[next(iter(g))]) > 1]
    for size, template in sorted(wrong, reverse=True)[:limit]:
        print(f"  {size:4} {template[:160]}")
        for cluster_id, count in groups[template].most_common(8):
            print(f"       {count:4} {sample[template, cluster_id][:170]!r}")
            for other, shared in clusters[cluster_id].most_common(3):
                if other != template:
                    print(f"            with {shared} of {other[:120]}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--shuffles", type=int, default=0, help="also shuffle each system's lines N times")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--baseline", action="store_true", help="also measure drain3 with its example masks")
    parser.add_argument("--errors", type=int, default=0, help="show the N heaviest wrong groups of each system")
    arguments = parser.parse_args()
    paths = sorted(path for path in arguments.folder.glob("*.ndjson") if path.with_suffix(".labels.csv").exists())
    if not paths:
        print(f"{arguments.folder}: no NAME.ndjson with NAME.labels.csv here", file=sys.stderr)
        return 2
    report: dict[str, dict[str, float | list[float]]] = {}
    for path in paths:
        messages, truth = load(path)
        ga, fga = score(ours(messages), truth)
        row: dict[str, float | list[float]] = {"ga": ga, "fga": fga}
        if arguments.shuffles:
            row["shuffled_ga"] = shuffled_ga(messages, truth, arguments.shuffles)
        if arguments.baseline:
            row["drain3_ga"], row["drain3_fga"] = score(obvious(messages), truth)
        report[path.stem] = row
    columns = [name for name in next(iter(report.values())) if name != "shuffled_ga"]
    means = {name: mean(row[name] for row in report.values() if isinstance(row[name], float)) for name in columns}
    if arguments.json:
        print(json.dumps({"systems": report, "mean": means}, indent=2))
        return 0
    print(f"{'system':12} " + " ".join(f"{name:>10}" for name in columns))
    for name, row in {**report, "mean": means}.items():
        spread = row.get("shuffled_ga")
        tail = f"  shuffled {min(spread):.3f}..{max(spread):.3f}" if isinstance(spread, list) else ""
        print(f"{name:12} " + " ".join(f"{row[column]:10.3f}" for column in columns) + tail)
    for path in paths if arguments.errors else ():
        print(path.stem)
        print_errors(*load(path), arguments.errors)
    return 0


if __name__ == "__main__":
    sys.exit(main())
