"""`gardener clusters`, `show` and the actions speak of incidents."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from oncall_state import commit_all

from processor.cli import cli
from processor.model import AuditRecord, Severity, Status, Triage
from processor.model.triage import Priority
from sinks.sqlite.store import SqliteStore

CAUSE = "ConnectionError: db-7 refused the connection"
AGES = [20, 20, 20, 19, 19]


@pytest.fixture
def state(tmp_path):
    store = SqliteStore(str(tmp_path / "g.db"))
    commit_all(
        store,
        datetime.now(UTC),
        [
            ("s1aa", AGES, {"text": CAUSE, "service": "pay"}),
            ("s2aa", AGES, {"text": f"failed: {CAUSE}", "service": "cart"}),
            ("s3aa", AGES[:3], {"text": f"gave up: {CAUSE}", "service": "mail"}),
            ("disk", [5, 4, 3], {"template": "Disk full", "severity": Severity.CRITICAL}),
            ("worst", [5], {"template": "Everything is gone"}),
        ],
    )
    for name, priority in (("s1aa", "P2"), ("s2aa", "P3"), ("s3aa", "P3"), ("disk", "P1"), ("worst", "P0")):
        store.put_triage(name, Triage(priority=Priority(priority)))
    store.close()
    return f"sqlite:{tmp_path}/g.db"


def run(*words, state):
    done = CliRunner().invoke(cli, [*words, "--state", state], env={"COLUMNS": "160"})
    assert done.exit_code == 0, done.output
    return done.output


def rows(output):
    return [line.split()[0] for line in output.splitlines()[1:] if line.strip()]


def test_what_goes_on_comes_first_and_an_incident_is_one_row(state):
    output = run("clusters", state=state)

    assert rows(output) == ["worst", "s1aa", "disk"], "P0, the incident, then what is more urgent than it but alone"
    assert "[3 clusters] ConnectionError: db-7 refused the connection" in output
    assert "cart, mail, pay" in output


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        (["--members"], ["worst", "disk", "s1aa", "s2aa", "s3aa"]),
        (["--service", "cart"], ["s1aa"]),
        (["--search", "gave up"], ["s1aa"]),
        (["--priority", "P1"], ["disk"]),
        (["--search", "-refused"], ["worst", "disk"]),
    ],
)
def test_filters_find_an_incident_by_any_of_its_clusters(state, asked, found):
    output = run("clusters", *asked, state=state)

    assert rows(output) == found
    assert ("[1 of 3 clusters]" in output) is (asked[0] == "--service" or asked[-1] == "gave up")


def test_show_says_the_incident_and_who_is_on_it(state):
    run("assignee", "s2aa", "ana", state=state)
    output = run("show", "s2aa", state=state)

    assert "going on, open, priority P2" in output
    assert "13 entries in 3 clusters, at least 5 failures" in output
    assert output.count("ana") == 2, "on the incident, and on the cluster"
    assert json.loads(run("show", "s2aa", "--json", state=state))["assignee"] == "ana"
    assert json.loads(run("show", "disk", "--json", state=state))["incident"] is None


def test_an_action_reaches_the_incident_when_asked_to_and_says_so_when_not(state):
    assert "--incident reaches them all" in run("acknowledge", "s2aa", state=state)
    output = run("acknowledge", "s2aa", "--incident", state=state)

    assert [line.split()[0] for line in output.splitlines()] == ["s1aa", "s2aa", "s3aa"]
    assert "is on it" in output
    assert len(json.loads(run("clusters", "--search", "assignee:me", "--json", state=state))) == 3
    assert len(json.loads(run("clusters", "--search", "assignee:nobody", "--json", state=state))) == 2


def test_a_cluster_without_an_incident_is_not_taken_for_one(state):
    done = CliRunner().invoke(cli, ["mute", "disk", "--incident", "--state", state])

    assert done.exit_code == 1
    assert "part of no incident" in done.output


def test_what_is_settled_makes_an_incident_no_more_urgent(state):
    store = SqliteStore(state.removeprefix("sqlite:"))
    now = datetime.now(UTC)
    triage = Triage(rev=1, status=Status.RESOLVED, priority=Priority.P0, resolved_at=now)
    store.put_triage("s1aa", triage, [AuditRecord(now, "mo", "resolve", "s1aa")])
    store.close()

    assert "priority P3" in run("show", "s2aa", state=state)
