"""A million distinct messages of random words: memory, clusters, and whether time grows.

    python bench/hostile.py [--messages 1000000]

Decode, mask, tally and mine in batches of 1,000 as the worker does, without a store.
"""

import argparse
import json
import random
import resource
import string
import time
from datetime import UTC, datetime

from processor.ingest import pipeline
from processor.mining.grouper import Grouper
from processor.mining.masker import Masker
from processor.mining.miners import Miners
from processor.model import ReceivedMessage, Seen, Severity

BATCH = 1000
WINDOW = 100_000


def message(number, rnd):
    words = " ".join("".join(rnd.choices(string.ascii_lowercase, k=rnd.randrange(3, 10))) for _ in range(8))
    entry = {"insertId": str(number), "timestamp": "2025-09-14T05:00:00Z", "severity": "ERROR", "textPayload": words}
    return ReceivedMessage(json.dumps(entry).encode(), str(number))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=1_000_000)
    options = parser.parse_args()
    rnd, miners, masker, now = random.Random(4), Miners(), Masker(), datetime.now(UTC)
    windows, spent, overflow = [], 0.0, 0
    for start in range(0, options.messages, BATCH):
        messages = [message(number, rnd) for number in range(start, start + BATCH)]
        began = time.process_time()
        batch = pipeline.decode(messages, min_severity=Severity.WARNING, now=now)
        checkpoint = pipeline.digest(batch, Seen(frozenset()), miners, Grouper(masker), worker="bench", now=now)
        overflow += any(record.overflow for change in checkpoint.templates for record in change.records)
        miners.confirm({change.stream: change.base_rev + 1 for change in checkpoint.templates})
        spent += time.process_time() - began
        if (start + BATCH) % WINDOW == 0:
            windows.append(round(spent, 2))
            spent = 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures = {
        "messages": options.messages,
        "clusters": len(miners),
        "overflow_clusters": overflow,
        "rss_mb": round(peak),
        "cpu_s_per_100k": windows,
        "last_over_first": round(windows[-1] / windows[0], 2),
    }
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
