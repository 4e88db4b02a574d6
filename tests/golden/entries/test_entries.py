"""Entries in the shapes that Cloud Logging delivers: their service, severity, kind and message, as on-call says it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from processor.mining.grouper import Grouper
from processor.mining.masker import Masker
from processor.model import Severity
from processor.parsing import decode as entries
from processor.parsing.service_labels import RESOURCE_TYPES

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CASES = [json.loads(line) for line in Path(__file__).with_name("cases.ndjson").read_text("utf-8").splitlines()]
GROUPER = Grouper(Masker())


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_an_entry_is_read_as_on_call_would_say_it(case):
    entry = entries.decode(json.dumps(case["entry"]).encode(), NOW)
    stream, message = GROUPER(entry)
    expect = case["expect"]

    found = {
        "service": entry.service,
        "severity": Severity(entry.severity).name,
        "kind": str(stream.kind),
        "message": message if stream.kind == "http" else entry.text,
    }
    wanted = {name: value for name, value in expect.items() if name != "has" and value is not None}
    assert {name: found[name] for name in wanted} == wanted
    assert expect.get("has", "") in message
    for start, end in entry.said:
        assert entry.text[start:end] in message  # what is said is never masked


def test_every_row_of_the_table_has_a_case():
    seen = {case["entry"].get("resource", {}).get("type") for case in CASES}

    assert [row.types for row in RESOURCE_TYPES if seen.isdisjoint(row.types)] == []
    assert len(CASES) >= 60
