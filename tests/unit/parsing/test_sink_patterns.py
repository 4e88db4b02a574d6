"""The log sink forwards the lines that stack traces consist of: its words are made from the languages' registry."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path

import pytest
import re2

from processor.parsing.stacktrace.posix import posix
from processor.parsing.stacktrace.registry import LANGUAGES, sink_patterns

GOLDEN = Path(__file__).parents[2] / "golden" / "tracebacks" / "lines"
WORDS = json.loads(resources.files("processor.app.setup").joinpath("sink_filter.json").read_text("utf-8"))
PATTERNS = [re2.compile(pattern) for pattern in (*WORDS["line_patterns"], *WORDS["trace_patterns"])]
# Lines of messages and of code in the first column, which could be anybody's.
LOST = {
    "called `Result::unwrap()` on an `Err` value: Overdrawn { account: 9 }",
    "Address 0x7ffd5b0 is located in stack of thread T0 at offset 48 in frame",
    "open config: permission denied",
    "bad checksum in block 7",
    "Location:",
    "Error has been observed at the following site(s):",
    "Original Stack Trace:",
    "async function bake(b) { try { heat(b); } catch (e) { throw new Error(`cannot bake ${b}`, { cause: e }); } }",
    'else if (m === "agg") throw new AggregateError([new Error("a"), new TypeError("b")], "two ovens");',
    "bakery-hs: oven too cold for rye-17",
    "oven too cold for rye",
    "oven too cold for rye-17",
    "2026/11/26 09:03:12 day end failed:",
    (
        "Parameter 0 of constructor in com.bakery.TillController required a bean of type 'com.bakery.TillService'"
        " that could not be found."
    ),
    "Consider defining a bean of type 'com.bakery.TillService' in your configuration.",
    'View in rendered output by enabling the "displayErrorDetails" setting.',
}


def test_the_filter_has_the_registrys_patterns():
    assert set(sink_patterns()) <= set(WORDS["trace_patterns"])


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.txt")), ids=lambda path: path.stem)
def test_every_line_of_a_trace_gets_through_but_those_that_could_be_anybodys(path):
    lines = [line for line in path.read_text("utf-8").split("\n") if line.strip()]

    assert [line for line in lines if not any(each.search(line) for each in PATTERNS)] == [
        line for line in lines if line in LOST
    ]


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)
def test_a_pattern_without_escapes_matches_what_the_pattern_matches(language):
    lines = [line for path in GOLDEN.glob("*.txt") for line in path.read_text("utf-8").split("\n")]
    for pattern in (*language.fragments, *language.crash, *language.lines):
        python, plain = re2.compile(f"^(?:{pattern})"), re2.compile(f"^(?:{posix(pattern)})")

        assert [line for line in lines if python.search(line) and not plain.search(line)] == []


@pytest.mark.parametrize(
    "line",
    [
        "[2025-09-16 00:42:59] production.ERROR: no cart",
        "[16-Sep-2025 00:42:59 UTC] PHP Warning:  Undefined array key",
        "2025-09-16T00:42:59+0000 [shop.cart#error] no cart",
        "2025-09-16T00:42:59+0000 error shop.cart : no cart",
        "[8:00:00 AM] › error     no cart",
        "1:M 16 Sep 2025 00:42:59.123 # Background saving error",
        "EROR[09-16|00:42:59] no cart",
        "Warning message:",
        "2025/09/16 00:42:59 ERRO <cart/cart.go:33> no cart",
    ],
)
def test_lines_of_loggers_that_state_a_level_get_through(line):
    assert any(re2.compile(pattern).search(line) for pattern in WORDS["line_patterns"])


@pytest.mark.parametrize(
    "line",
    [
        "listening on :8080",
        "GET /carts/17 200 3ms",
        "worker 3 is ready",
        "10.0.0.7 - - [14/Sep/2025] 200",
        "3 jobs done",
    ],
)
def test_ordinary_lines_are_left_out(line):
    assert not any(each.search(line) for each in PATTERNS)
