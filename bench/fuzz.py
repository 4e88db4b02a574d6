"""Coverage-guided fuzzing of the steps with atheris: nothing but their own error may come out.

    make fuzz                                    # ten minutes
    .venv-fuzz/bin/python bench/fuzz.py -max_total_time=600 [CORPUS_FOLDER]

The first byte chooses what is fed: bytes to decode, a text to mask, group and mine, or chunks to the framer.
"""

import json
import sys
from datetime import UTC, datetime

import atheris

with atheris.instrument_imports(include=["processor"]):
    from processor.ingest.tally import tally
    from processor.mining.grouper import Grouper
    from processor.mining.masker import Masker
    from processor.mining.miners import Miners
    from processor.parsing.decode import decode
    from processor.parsing.entry_fields import identity
    from processor.parsing.log_entry import DecodeError
    from processor.parsing.multiline import join
    from processor.sources.framing import Framer

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MASKER = Masker()
GROUPER = Grouper(MASKER)


def entry_steps(data):
    try:
        entry = decode(data, NOW)
    except DecodeError:
        return
    one = identity(entry, "1")
    join([entry, entry])
    masked = GROUPER(entry)
    assert masked.message  # noqa: S101
    tally([(one, entry, masked)])
    miners = Miners()
    first = miners.assign(*masked)
    assert miners.assign(*masked) == first  # noqa: S101


def text_steps(data):
    text = data.decode("utf-8", "replace")
    masked = MASKER.mask(text)
    assert MASKER.mask(masked) == masked, (text, masked)  # noqa: S101
    MASKER.explain(text)
    payload = {"timestamp": "2025-09-14T05:00:00Z", "textPayload": text}
    entry_steps(json.dumps(payload).encode())


def framer_steps(data):
    size = (data[0] if data else 0) + 1
    whole, parts = Framer(4096), Framer(4096)
    once = [*whole.feed(data), *whole.finish()]
    cut = [frame for start in range(0, len(data), size) for frame in parts.feed(data[start : start + size])]
    assert [*cut, *parts.finish()] == once  # noqa: S101


def one_input(data):
    choice = data[0] % 3 if data else 0
    (entry_steps, text_steps, framer_steps)[choice](data[1:])


if __name__ == "__main__":
    atheris.Setup(sys.argv, one_input)
    atheris.Fuzz()
