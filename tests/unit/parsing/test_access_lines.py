"""Access lines: the request that a server's line of text reports, and the failures that the log sink lets through."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
import re2

from processor.model import HttpRequest, Severity
from processor.parsing import access_lines
from processor.parsing.decode import decode

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LINES = [
    ('198.51.100.7 - - [16/Sep/2025:00:42:59 +0000] "GET /seats/17 HTTP/1.1" {} 12 "-" "curl/8"', ""),
    ('[2025-09-16T00:42:59.123Z] "GET /seats/17 HTTP/2" {} UF,URX upstream_reset - "-" 0 95 5001', "UF,URX"),
    ('2025/09/16 00:42:59 "GET http://seats/17 HTTP/1.1" from 198.51.100.7:4411 - {} 0B in 12ms', ""),
    ("GET /seats/17 {} 12.345 ms - 42", ""),
    ("[00:42:59 INF] HTTP GET /seats/17 responded {} in 12.3456 ms", ""),
    ('[GIN] 2025/09/16 - 00:42:59 | {} |     1.2345ms |    198.51.100.7 | GET      "/seats/17"', ""),
    ("00:42:59 | {} |  1.2345ms | 198.51.100.7 | GET | /seats/17 | -", ""),
    ('198.51.100.7:4411 [16/Sep/2025:00:42:59] f b/- 0/-1/-1/-1/0 {} 217 - - SC-- 1/1/0 0/0 "GET /seats/17 H"', "SC--"),
    ("[Tue Sep 16 00:42:59 2025] 198.51.100.7:4411 [{}]: GET /seats/17", ""),
    ("{} GET /seats/17 (198.51.100.7) 12.34ms", ""),
    ("Request finished HTTP/1.1 GET http://seats/17 - - - {} 0 - 12.3456ms", ""),
    ("[2025-09-16 00:42:59 +0000] [7] [INFO][198.51.100.7:4411]: GET http://seats/17  {} 12", ""),
]  # fmt: skip
BARE = ["Completed {} Internal Server Error in 12ms (Views: 3.1ms)", "Sent {} in 12ms"]


def entry(text: str, **fields: str):
    return decode(json.dumps({"logName": "projects/p/logs/stdout", "timestamp": "2025-09-16T00:42:59Z",
                              "textPayload": text, **fields}).encode(), NOW)  # fmt: skip


@pytest.mark.parametrize(("line", "flags"), LINES)
def test_a_failed_request_is_the_subject_of_its_entry(line, flags):
    found = entry(line.format(503))

    assert found.http in {HttpRequest("GET", url, 503, flags) for url in ("/seats/17", "http://seats/17")}
    assert (found.text, found.severity) == ("", Severity.ERROR)


@pytest.mark.parametrize("line", BARE)
def test_a_status_alone_is_a_failure_with_its_text(line):
    found = entry(line.format(500))

    assert (found.text, found.http, found.severity) == (line.format(500), None, Severity.ERROR)


@pytest.mark.parametrize("line", [*(line for line, _ in LINES), *BARE])
@pytest.mark.parametrize("status", [200, 404])
def test_any_other_request_is_information_whatever_its_stream_says(line, status):
    found = entry(line.format(status), logName="projects/p/logs/stderr", severity="ERROR")

    assert (found.text, found.severity) == (line.format(status), Severity.INFO)


def test_the_writers_own_severity_stays():
    assert entry(LINES[0][0].format(503), severity="NOTICE").severity == Severity.NOTICE


def test_a_level_above_stays_and_a_level_below_does_not():
    assert entry("CRITICAL " + LINES[3][0].format(500)).severity == Severity.CRITICAL
    assert entry("INFO: " + LINES[3][0].format(500)).severity == Severity.ERROR


def test_further_lines_are_not_lost():
    found = entry(LINES[3][0].format(500) + "\nno seat is left")

    assert found.http is None
    assert "no seat is left" in found.text


@pytest.mark.parametrize(
    "line",
    ["GET 500 seats", "HTTP/1.1 500", "POST /seats took 500 steps", "we sent 500 in all", "| 500 | seats | are | left"],
)
def test_a_number_in_a_sentence_is_no_status(line):
    assert access_lines.places(line) is None


@pytest.mark.parametrize("line", [*(line for line, _ in LINES), *BARE])
def test_the_sink_lets_failures_through_and_nothing_else(line):
    patterns = [re2.compile(pattern) for pattern in access_lines.sink_patterns()]

    assert any(each.search(line.format(502)) for each in patterns)
    assert not any(each.search(line.format(status)) for each in patterns for status in (200, 404))
