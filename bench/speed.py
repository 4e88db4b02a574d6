"""Real entries to cluster ids against the obvious pipeline, in one run on one file.

    python bench/speed.py EXPORT.json LOGHUB_FOLDER [--entries 200000] [--lines 100000] [--turns 5] [--json]

The obvious pipeline is `json.loads` and drain3's `TemplateMiner` with its example masks, one process. Ours is
what `gardener assign` does. Three inputs: the export repeated with ids, times and numbers varied, once an entry a
second and once a hundred, so that the lines of its stack traces lie close to everything (a crash loop); and lines of
the Loghub systems with all numbers varied so that no two messages are equal. The floor is decoding alone. All three
are whole processes and run in turns, the start of Python counted; medians, of the time that passed and of processor
time.
"""

import argparse
import json
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path
from statistics import median

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
START = datetime(2025, 9, 16)  # noqa: DTZ001  # written with Z


def vary(text, rnd):
    """The same text with other digits of the same number of places."""
    return NUMBER.sub(lambda m: "".join(rnd.choice("123456789") for _ in m[0]), text)


def real(export, out, entries, per_second=1):
    """The export over and over, with the numbers inside its values and its ids and times moved."""
    rnd = random.Random(1)
    source = json.loads(export.read_text())
    with out.open("w") as lines:
        for number in range(entries):
            entry = dict(source[number % len(source)])
            entry["insertId"] = f"{number:024x}"
            at = START + timedelta(seconds=number // per_second, microseconds=rnd.randrange(10**6 // per_second))
            at += timedelta(microseconds=number % per_second * (10**6 // per_second))
            entry["timestamp"] = f"{at:%Y-%m-%dT%H:%M:%S.%f}Z"
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
    """Seconds that passed, and seconds of processor time of the process and its children."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    passed, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    return passed, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def compare(name, path, count, turns):
    """Whole processes in turns: what else the machine does meets all of them."""
    commands = {
        "ours": ("-m", "processor", "assign", str(path)),
        "decode_only": ("-c", DECODE_ONLY, str(path)),
        "obvious": ("-c", OBVIOUS, str(path)),
    }
    spent = {one: [] for one in commands}
    for _ in range(turns):
        for one, command in commands.items():
            spent[one].append(timed(sys.executable, *command))
    passed = {one: median(seconds for seconds, _ in found) for one, found in spent.items()}
    processor = {one: median(seconds for _, seconds in found) for one, found in spent.items()}
    return {
        "input": name,
        "obvious_per_s": round(count / passed["obvious"]),
        "ours_per_s": round(count / passed["ours"]),
        "decode_only_per_s": round(count / passed["decode_only"]),
        "ratio": round(passed["obvious"] / passed["ours"], 2),
        "ratio_processor": round(processor["obvious"] / processor["ours"], 2),
        "share_of_decoding": round(processor["decode_only"] / processor["ours"], 2),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("export", type=Path)
    parser.add_argument("loghub", type=Path)
    parser.add_argument("--entries", type=int, default=200_000)
    parser.add_argument("--lines", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="one list at the end, nothing else")
    options = parser.parse_args()
    inputs = (
        ("real entries, numbers varied", options.entries, lambda path: real(options.export, path, options.entries)),
        ("the same as a crash loop", options.entries, lambda path: real(options.export, path, options.entries, 100)),
        ("Loghub lines, all distinct", options.lines, lambda path: distinct(options.loghub, path, options.lines)),
    )
    found = []
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "input.ndjson"
        for name, count, write in inputs:
            write(path)
            found.append(compare(name, path, count, options.turns))
            if not options.json:
                print(json.dumps(found[-1]), flush=True)
    if options.json:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
