"""Fields whose name ends like a reason or the code of an error, whatever comes before."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from processor.parsing.decode import decode

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def text_of(**payload):
    entry = {
        "insertId": "a",
        "logName": "projects/p/logs/run.googleapis.com%2Fstderr",
        "timestamp": "2026-03-01T10:00:00Z",
        "severity": "ERROR",
        "resource": {"type": "cloud_run_revision", "labels": {"project_id": "p", "service_name": "s"}},
        "jsonPayload": {"message": "answer was cut", **payload},
    }
    return decode(json.dumps(entry).encode(), NOW).text


@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("finish_reason", "length"),
        ("skipReason", "already running"),
        ("smsErrorCode", "30003"),
        ("required_scope", "repo:write"),
        ("missingPermission", "run.services.update"),
        ("quotaMetric", "compute.googleapis.com/cpus"),
    ],
)
def test_a_field_that_tells_why_joins_the_message(name, word):
    assert f"{name}={word}" in text_of(**{name: word})


@pytest.mark.parametrize("name", ["treason_id", "scope", "userRole", "season"])
def test_a_field_that_only_looks_alike_does_not(name):
    assert text_of(**{name: "winter"}) == "answer was cut"
