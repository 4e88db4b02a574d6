"""The pages with figures have a block for each part that is measured, and the tables are made of what is printed."""

import importlib.util
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
spec = importlib.util.spec_from_file_location("bench_pages", ROOT / "bench" / "pages.py")
pages = importlib.util.module_from_spec(spec)
spec.loader.exec_module(pages)


@pytest.mark.parametrize("part", pages.PARTS)
def test_every_part_has_its_block(part):
    page = (ROOT / "docs" / pages.PARTS[part][0]).read_text("utf-8")

    changed = pages.replaced(page, part, "| new |")

    assert f"<!-- measured: {part} -->\n| new |\n<!-- end of {part} -->" in changed
    assert pages.replaced(changed, part, "| new |") == changed


def test_a_page_without_the_block_is_refused():
    with pytest.raises(ValueError, match="no block"):
        pages.replaced("# A page\n", "speed", "x")


def test_a_table_has_its_figures_to_the_right():
    found = {
        "messages": 1_000_000, "rss_mb": 59, "clusters": 2001, "overflow_clusters": 1, "last_over_first": 1.04,
    }  # fmt: skip

    assert pages.bounds(found).splitlines() == [
        "|  | figure |",
        "| --- | ---: |",
        "| 1,000,000 distinct messages of random words: peak memory | 59 MB |",
        "| clusters after that | 2,001, of them 1 overflow |",
        "| CPU of the last 100,000 against the first | 1.0 times |",
    ]


def test_each_table_is_made_of_what_its_program_prints():
    speed = {
        "input": "real", "obvious_per_s": 5000, "ours_per_s": 40000, "ratio": 8.0, "ratio_processor": 5.2,
        "share_of_decoding": 0.4,
    }  # fmt: skip
    way = {"obvious": 400.0, "floor": 60_000.0, "worker": 30_000.0, "latency_500": {"p50": 1.0, "p95": 1.8, "max": 2}}

    assert "| real | 5,000/s | 40,000/s | 8.0 | 5.2 | 40% |" in pages.speed([speed])
    assert "| times the obvious program | 75.0 |" in pages.way(way)
    assert "| publish to visible at 500/s, p50 and p95 | 1.00 s, 1.80 s |" in pages.way(way)


def test_runs_with_kills_are_a_sentence_below_the_table():
    one = {"per_s": 5000.0, "times": 1.0, "refused_share": 0.0, "again": 0, "workers": 1}

    table = pages.stand_in([one, {"workers": 4, "kills": 3}])

    assert "| 1 | 5,000 | 1.00 | 0% | 0 |" in table
    assert table.endswith("4 workers, 3 of them killed: exact.")
