"""The stored form of a decision: what earlier versions wrote is read, and written again as they did."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from processor.model import IssueRef, Priority, Status, Triage
from processor.model.errors import StateError
from processor.model.notes import Intent, LastWritten, Notes, PendingComment, RelatedIssue, Replaced
from sinks import triage_json

AT = datetime(2025, 9, 14, 5, tzinfo=UTC)
LATER = AT + timedelta(microseconds=123456)
DECISION = Triage(
    rev=3,
    status=Status.ACKNOWLEDGED,
    priority=Priority.P1,
    by="ana",
    assignee="bo",
    changed_at=AT,
    issue=IssueRef("o/r", 57, "https://example.org/57"),
    notes=Notes(
        intent=Intent("comment", "tok", AT, LATER, 2),
        owed=(PendingComment(1, "new", 3, "why"),),
        comments=2,
        written=LastWritten("T", "f", ("a", "b"), open=True, at=AT, updated_at=LATER),
        came_back=(AT, LATER),
        retry_at=LATER,
        links=(RelatedIssue(5, "https://example.org/5", "same", "c"), RelatedIssue(6, "https://example.org/6", "w")),
        replaced=Replaced("muted", "open", priority_by="po", mute_until=LATER, mute_until_count=4),
        command_ids=(7, 8),
    ),
)
STORED = {
    "announced": 0,
    "assignee": "bo",
    "by": "ana",
    "changed_at": "2025-09-14T05:00:00+00:00",
    "issue": {"number": 57, "repository": "o/r", "url": "https://example.org/57"},
    "memory": {
        "came_back": ["2025-09-14T05:00:00Z", "2025-09-14T05:00:00.123456Z"],
        "command_ids": [7, 8],
        "comments": 2,
        "intent": {
            "action": "comment",
            "at": "2025-09-14T05:00:00Z",
            "number": 2,
            "token": "tok",
            "until": "2025-09-14T05:00:00.123456Z",
        },
        "links": [
            {"cluster": "c", "number": 5, "url": "https://example.org/5", "why": "same"},
            {"number": 6, "url": "https://example.org/6", "why": "w"},
        ],
        "owed": [{"change": "new", "count": 3, "number": 1, "reason": "why"}],
        "replaced": {
            "became": "muted",
            "mute_until": "2025-09-14T05:00:00.123456Z",
            "mute_until_count": 4,
            "priority_by": "po",
            "status": "open",
        },
        "retry_at": "2025-09-14T05:00:00.123456Z",
        "written": {
            "at": "2025-09-14T05:00:00Z",
            "figures": "f",
            "labels": ["a", "b"],
            "open": True,
            "title": "T",
            "updated_at": "2025-09-14T05:00:00.123456Z",
        },
    },
    "mute_until": None,
    "mute_until_count": None,
    "note": "",
    "priority": "P1",
    "priority_by": "policy",
    "quiet": False,
    "regressions": 0,
    "resolved_at": None,
    "resolved_revision": "",
    "status": "acknowledged",
}


def test_a_decision_is_stored_as_it_always_was_and_read_back():
    assert json.loads(triage_json.dump(DECISION)) == STORED
    assert triage_json.load(json.dumps(STORED), 3) == DECISION


def test_notes_of_a_later_version_are_read_without_what_is_not_known():
    memory = STORED["memory"]
    later = {**STORED, "memory": {**memory, "not_yet": 1, "owed": [{**memory["owed"][0], "new": 2}]}}

    assert triage_json.load(json.dumps(later), 3) == DECISION


def test_a_decision_without_notes_has_none():
    assert json.loads(triage_json.dump(Triage()))["memory"] == {}
    assert triage_json.load(triage_json.dump(Triage()), 0) == Triage()


@pytest.mark.parametrize("memory", [{"comments": "many"}, {"intent": {"action": "shout"}}, {"retry_at": "soon"}, [1]])
def test_damaged_notes_are_refused(memory):
    with pytest.raises(StateError, match="notes cannot be read"):
        triage_json.load(json.dumps({**STORED, "memory": memory}), 0)
