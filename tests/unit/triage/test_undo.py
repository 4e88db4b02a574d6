"""The last decision about a cluster is taken back from the state alone: what was before holds again."""

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from oncall_state import commit_all

from processor.cli import cli
from processor.model import Status
from processor.triage.operate import Overtaken, Wish, carry_out
from processor.triage.undo import last_decision, take_back, undo_of
from sinks.sqlite.store import SqliteStore

NOW = datetime.now(UTC)
VERBS = {
    "acknowledge": {},
    "assign": {"assignee": "bea"},
    "mute": {"until": "2h"},
    "resolve": {"next_revision": True},
    "reopen": {},
    "priority": {"priority": "P0"},
}


@pytest.fixture
def store(tmp_path):
    made = SqliteStore(str(tmp_path / "g.db"))
    commit_all(made, NOW, [("c1", [9, 8, 7], {"template": "Disk full"})])
    yield made
    made.close()


def act(store, verb, seconds=0, who="ann", **more):
    wish = Wish("c1", verb, **{**VERBS[verb], **more})
    return carry_out(store, wish, now=NOW + timedelta(seconds=seconds), who=who)


def decided(triage):
    """Everything that a person decides about a cluster."""
    names = "status priority priority_by by assignee note changed_at mute_until mute_until_count resolved_at"
    return [getattr(triage, name) for name in (*names.split(), "resolved_revision")]


def undone(store):
    undo = last_decision(store.cluster("c1"))
    return take_back(store, undo, now=NOW + timedelta(minutes=1), who="bea") if undo else None


@pytest.mark.parametrize("later", VERBS)
@pytest.mark.parametrize("earlier", VERBS)
def test_what_was_before_holds_again_once(store, earlier, later):
    before = act(store, earlier, note="why")
    act(store, later, 5)
    undone(store)

    after = store.cluster("c1").triage
    assert decided(after) == decided(before.triage)
    assert last_decision(store.cluster("c1")) is None, "one step, not a walk through history"
    assert next(iter(store.audit(9))).action == "undo"


def test_nothing_is_taken_back_where_nobody_decided_or_something_else_has_changed_it(store):
    assert last_decision(store.cluster("c1")) is None
    resolved = act(store, "resolve").triage
    for status in (Status.OPEN, Status.MUTED):
        resolved = store.put_triage("c1", type(resolved)(status=status, rev=resolved.rev, notes=resolved.notes))
        assert last_decision(store.cluster("c1")) is None


def test_a_decision_in_between_is_not_touched(store):
    act(store, "mute")
    undo = last_decision(store.cluster("c1"))
    act(store, "acknowledge", 5)
    with pytest.raises(Overtaken, match="ann has decided since"):
        take_back(store, undo, now=NOW, who="bea")


def test_what_the_page_takes_back_is_not_taken_back_again(store):
    before = store.cluster("c1")
    wish = Wish("c1", "mute")
    after = carry_out(store, wish, now=NOW, who="ann")
    (undo,) = undo_of(wish, before, after)
    take_back(store, undo, now=NOW, who="ann")
    assert last_decision(store.cluster("c1")) is None


def test_the_command_brings_an_earlier_mute_back_where_reopen_does_not(store, tmp_path):
    def run(*words):
        return CliRunner().invoke(cli, [*words, "--state", f"sqlite:{tmp_path}/g.db"])

    muted = run("mute", "c1", "--for", "2h").output
    run("resolve", "c1")
    assert run("reopen", "c1").output.startswith("c1 is open")
    run("undo", "c1")
    assert store.cluster("c1").triage.status is Status.RESOLVED, "reopening is a decision, too"

    run("mute", "c1", "--for", "2h")
    run("resolve", "c1")
    again = run("undo", "c1")
    assert (again.exit_code, again.output[:12], muted[:12]) == (0, "c1 is muted ", "c1 is muted ")
    failed = run("undo", "c1")
    assert failed.exit_code == 1
    assert "c1 has no decision to take back" in failed.output
