"""The alert on our own errors, held against the lines that the program really writes."""

import ast
import json
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from log_filter import compile_filter

from processor.app.logs import CloudFormatter
from processor.app.setup.alerts import own_errors
from processor.issues.controller import Reconciler
from processor.model.delivery_health import problems
from processor.model.errors import RepositoryParked
from processor.views.worklog import markdown as worklog_page
from processor.views.worklog.writer import read
from sinks.sqlite.store import SqliteStore

TOP = Path(__file__).resolve().parents[2]
ACTIONS = json.loads((TOP / "processor" / "app" / "setup" / "actions.json").read_text("utf-8"))
BAD = {"ERROR", "CRITICAL", "ALERT", "EMERGENCY"}
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def written():
    """Every line that the source writes with an action: (action, severity, where)."""
    for top in ("processor", "sinks"):
        for path in sorted((TOP / top).rglob("*.py")):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                    continue
                for keyword in node.keywords:
                    if keyword.arg == "extra" and isinstance(keyword.value, ast.Dict):
                        for key, value in zip(keyword.value.keys, keyword.value.values, strict=True):
                            if getattr(key, "value", "") == "action" and isinstance(value, ast.Constant):
                                yield value.value, node.func.attr.upper(), path.name


def test_every_action_is_in_the_table_with_the_severity_that_the_program_writes():
    found = list(written())
    assert len(found) > 12
    for action, severity, where in found:
        assert ACTIONS[action]["severity"] == severity, f"{action} in {where}"


def entry(line, **labels):
    return {
        "severity": line["severity"],
        "jsonPayload": line,
        "resource": {"type": "cloud_run_worker_pool", "labels": {"worker_pool_name": "log-gardener-worker", **labels}},
    }


def line(action, severity):
    record = logging.LogRecord("gardener", getattr(logging, severity), "x.py", 1, "it is so", (), None)
    record.action, record.fields = action, {}
    return json.loads(CloudFormatter().format(record))


@pytest.mark.parametrize("action", ACTIONS)
def test_the_filter_matches_the_errors_and_nothing_else(action):
    matches = compile_filter(own_errors("log-gardener"))
    severity = ACTIONS[action]["severity"]
    assert matches(entry(line(action, severity))) is (severity in BAD)
    assert not matches(entry(line(action, severity), worker_pool_name="other-worker"))


class Clock:
    def __init__(self):
        self.at = START

    def now(self):
        return self.at

    def sleep(self, seconds):
        self.at += timedelta(seconds=seconds)


class Refusing:
    """A tracker whose token has ended."""

    settle_s = body_interval_s = 0.0
    token_expires_at = START

    def repositories(self):
        return ["o/r"]

    def repository(self, _service):
        return "o/r"

    def listing(self, *_arguments, **_options):
        raise RepositoryParked("GitHub answered 401 to GET /repos/o/r/issues: Bad credentials")


def test_an_hour_of_401_wakes_somebody_and_is_said_where_people_look(caplog):
    from processor.issues.plan import IssueSettings
    from processor.issues.publish import Wording
    from processor.triage.rules import make

    clock, store = Clock(), SqliteStore(":memory:")
    policy = make((), {}, {})
    wording = Wording(redact=str, mask=str)
    controller = Reconciler(
        store, Refusing(), settings=IssueSettings(policy, wording), clock=clock, name="w1", shown="github:o/r"
    )
    caplog.set_level(logging.INFO)
    for _ in range(125):
        controller.run_if_due(done=False)
        clock.sleep(30.0)

    matches = compile_filter(own_errors("log-gardener"))
    lines = [json.loads(CloudFormatter().format(one)) for one in caplog.records if one.name == "gardener.issues"]
    waking = [one for one in lines if matches(entry(one))]
    assert {one["log_gardener"]["action"] for one in waking} == {"repository_parked", "token_expiring"}
    assert "401" in waking[0]["message"]

    told = problems(store.delivery(), clock.now())
    assert any("o/r" in one and "401" in one for one in told)
    assert any("token" in one and "has expired" in one for one in told)
    assert problems(store.delivery(), clock.now() + timedelta(days=1)) == (), "what a dead worker said is no news"


def test_the_worklog_says_it(monkeypatch):
    from processor.model import DeliveryHealth
    from processor.triage.rules import make

    store = SqliteStore(":memory:")
    now = datetime.now(UTC)
    store.put_delivery(DeliveryHealth("w1", now, "github:o/r", None, now, "x", {"o/r": "GitHub answered 401"}))
    text = worklog_page.markdown(read(store, make((), {}, {})), str)
    assert "GitHub answered 401" in text
