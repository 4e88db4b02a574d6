"""Every row of bench/mutations.toml can still be tried: a text that moved would never be mutated again."""

import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROWS = tomllib.loads((ROOT / "bench" / "mutations.toml").read_text("utf-8"))


@pytest.mark.parametrize("row", ROWS.values(), ids=list(ROWS))
def test_its_text_stands_exactly_once_and_its_tests_are_there(row):
    assert (ROOT / row["file"]).read_text("utf-8").count(row["old"]) == 1
    assert row["old"] != row["new"]
    assert [one for one in row["tests"] if one.startswith("tests/") and not (ROOT / one).exists()] == []


def test_at_most_two_may_live_and_each_says_why():
    assert len([row for row in ROWS.values() if row.get("survives")]) <= 2
    assert len(ROWS) >= 40
