"""The corpus of made-up secrets, and lines of real logs that hold none."""

import json
from itertools import islice

import leaks

from sinks.redact import redact


def test_the_corpus_is_large():
    found = leaks.secrets()

    assert len(found) >= 500
    assert len({one.kind for one in found}) >= 240


def test_no_line_gives_its_secret_away():
    assert [one for one in leaks.secrets() if leaks.shows(one, redact(one.line))] == []


def test_at_most_one_real_line_in_a_hundred_is_touched(shared_data):
    """Addresses aside: those of the internet are personal data by policy, and these logs are full of them."""
    texts = set()
    for path in sorted((shared_data / "loghub").glob("*.ndjson")):
        entries = map(json.loads, path.read_text("utf-8").splitlines())
        texts |= {entry["textPayload"] for entry in islice(entries, 400) if "textPayload" in entry}
    touched = [text for text in texts if "[redacted" in redact(text).replace("[redacted: IP address]", "")]

    assert len(texts) >= 1_000
    assert len(touched) * 100 <= len(texts), touched[:20]
