"""The real hour, kind by kind: each kind of message listed by hand is one cluster, none split, none merged."""

import json
import re
from collections import defaultdict
from pathlib import Path

KINDS = Path(__file__).with_name("cloud_run_hour_kinds.txt")


def test_every_kind_of_message_is_one_cluster(gardener, shared_data):
    export = shared_data / "cloud-run-hour" / "export.json"
    rows = [line.split("\t", 1) for line in KINDS.read_text("utf-8").splitlines() if not line.startswith("#")]
    kinds = [(int(count), re.compile(pattern)) for count, pattern in rows]
    texts = {
        entry["insertId"]: entry.get("textPayload") or entry["jsonPayload"]["message"]
        for entry in json.loads(export.read_text("utf-8"))
    }
    clusters = defaultdict(set)
    counts = defaultdict(int)
    for line in gardener("assign", export).stdout.splitlines():
        one = json.loads(line)
        (kind,) = [number for number, (_, kind) in enumerate(kinds) if kind.fullmatch(texts[one["insert_id"]])]
        clusters[kind].add(one["cluster_id"])
        counts[kind] += 1

    assert [counts[number] for number in range(len(kinds))] == [count for count, _ in kinds]
    assert all(len(found) == 1 for found in clusters.values())
    assert len(set.union(*clusters.values())) == len(kinds)
