"""Real entries to cluster ids against the obvious pipeline, in one run on one file.

    python bench/speed.py EXPORT.json LOGHUB_FOLDER [--entries 200000] [--lines 100000]

The obvious pipeline is `json.loads` and drain3's `TemplateMiner` with its example masks, one process. Ours is
what `gardener assign` does. Two inputs: the export repeated with ids, times and numbers varied, and lines of
the Loghub systems with all numbers varied so that no two messages are equal. The floor is decoding alone.
"""

import argparse
import json
import random
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

OBVIOUS = """
import json, logging, sys
from drain3 import TemplateMiner
from drain3.masking import MaskingInstruction
from drain3.template_miner_config import TemplateMinerConfig
config = TemplateMinerConfig()
config.profiling_enabled = False
config.masking_instructions = [MaskingInstruction(p, m) for p, m in [
    (r"((?<=[^A-Za-z0-9])|^)(([0-9a-f]{2,}:){3,}([0-9a-f]{2,}))((?=[^A-Za-z0-9])|$)", "ID"),
    (r"((?<=[^A-Za-z0-9])|^)(\\d{1,3}\\.\\d{1,3}\\.\\d{1,3}\\.\\d{1,3})((?=[^A-Za-z0-9])|$)", "IP"),
    (r"((?<=[^A-Za-z0-9])|^)([0-9a-f]{6,} ?){3,}((?=[^A-Za-z0-9])|$)", "SEQ"),
    (r"((?<=[^A-Za-z0-9])|^)([0-9A-F]{4} ?){4,}((?=[^A-Za-z0-9])|$)", "SEQ"),
    (r"((?<=[^A-Za-z0-9])|^)(0x[a-f0-9A-F]+)((?=[^A-Za-z0-9])|$)", "HEX"),
    (r"((?<=[^A-Za-z0-9])|^)([\\-\\+]?\\d+)((?=[^A-Za-z0-9])|$)", "NUM"),
    (r"(?<=executed cmd )(\\".+?\\")", "CMD"),
]]
miner = TemplateMiner(config=config)
with open(sys.argv[1], "rb") as lines:
    for line in lines:
        entry = json.loads(line)
        text = entry.get("textPayload")
        if text is None:
            text = str(entry.get("jsonPayload", {}).get("message", ""))
        print(entry["insertId"], miner.add_log_message(text)["cluster_id"])
"""
DECODE_ONLY = """
import sys
from datetime import UTC, datetime
from processor.parsing.decode import decode
now = datetime.now(UTC)
with open(sys.argv[1], "rb") as lines:
    for line in lines:
        decode(line, now)
"""
NUMBER = re.compile(r"\d+")


def vary(text, rnd):
    """The same text with other digits of the same number of places."""
    return NUMBER.sub(lambda m: "".join(rnd.choice("123456789") for _ in m[0]), text)


def real(export, out, entries):
    """The export over and over, with the numbers inside its values and its ids and times moved."""
    rnd = random.Random(1)
    source = json.loads(export.read_text())
    with out.open("w") as lines:
        for number in range(entries):
            entry = dict(source[number % len(source)])
            entry["insertId"] = f"{number:024x}"
            second = number % 86_400
            entry["timestamp"] = (
                f"2025-09-16T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}.{rnd.randrange(10**6):06d}Z"
            )
            if "textPayload" in entry:
                entry["textPayload"] = vary(entry["textPayload"], rnd)
            elif "jsonPayload" in entry:
                payload = dict(entry["jsonPayload"])
                payload["message"] = vary(str(payload.get("message", "")), rnd)
                entry["jsonPayload"] = payload
            lines.write(json.dumps(entry) + "\n")


def distinct(folder, out, count):
    """Loghub lines with every number varied, no two messages equal."""
    rnd = random.Random(2)
    source = [json.loads(line) for path in sorted(folder.glob("*.ndjson")) for line in path.open()]
    source = [entry for entry in source if NUMBER.search(entry["textPayload"])]
    seen = set()
    with out.open("w") as lines:
        while len(seen) < count:
            entry = dict(rnd.choice(source))
            text = NUMBER.sub(lambda m: str(rnd.randrange(10 ** min(len(m[0]) + 2, 9))), entry["textPayload"])
            if text not in seen:
                seen.add(text)
                lines.write(json.dumps({**entry, "textPayload": text, "insertId": f"{len(seen):x}"}) + "\n")


def timed(*command):
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def compare(name, path, count):
    # Alternating, best of two: a shared machine disturbs single runs.
    ours = min(timed(sys.executable, "-m", "processor", "assign", str(path)) for _ in range(2))
    floor = min(timed(sys.executable, "-c", DECODE_ONLY, str(path)) for _ in range(2))
    obvious = timed(sys.executable, "-c", OBVIOUS, str(path))
    figures = {
        "input": name,
        "obvious_per_s": round(count / obvious),
        "ours_per_s": round(count / ours),
        "decode_only_per_s": round(count / floor),
        "ratio": round(obvious / ours, 2),
        "share_of_decode_limit": round(floor / ours, 2),
    }
    print(json.dumps(figures))
    return figures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export", type=Path)
    parser.add_argument("loghub", type=Path)
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("--lines", type=int, default=100_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input.ndjson"
        real(options.export, path, options.entries)
        compare("real entries, numbers varied", path, options.entries)
        distinct(options.loghub, path, options.lines)
        compare("Loghub lines, all distinct", path, options.lines)


if __name__ == "__main__":
    print(json.dumps({"python": sys.version.split()[0], "at": datetime.now(UTC).isoformat(timespec="seconds")}))
    main()
