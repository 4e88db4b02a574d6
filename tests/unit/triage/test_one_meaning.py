"""One act has one meaning: page, command line, live table and issue comment end in the same state."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from msgspec.structs import replace

from processor.app import wiring
from processor.cli import actions as commands
from processor.issues.comment_commands import Listener
from processor.model import (
    Cluster,
    Issue,
    IssueComment,
    IssueRef,
    Kind,
    Priority,
    Sample,
    Severity,
    Span,
    Stream,
    Triage,
)
from processor.model.errors import ConfigError
from processor.model.notes import EMPTY
from processor.triage import operate
from processor.views.snapshot import Row
from processor.views.terminal.screen import MUTES, Screen, press
from processor.views.web.acts import _wish

NOW = datetime(2026, 1, 1, 3, tzinfo=UTC)
REF = IssueRef("o/r", 7, "https://issues.example/7")
CLUSTER = Cluster(
    id="c1",
    stream=Stream("p", "shop", Kind.TEXT),
    template="it broke <*>",
    sample=Sample("i", NOW, "it broke 1", "{}"),
    severity=Severity.ERROR,
    count=70,
    first_seen=NOW - timedelta(hours=2),
    last_seen=NOW - timedelta(minutes=1),
    severities={Severity.ERROR: 70},
    minutes={},
    days={},
    facets={},
    revisions={"shop-1": Span(70, NOW - timedelta(hours=2), NOW - timedelta(minutes=1))},
    triage=Triage(issue=REF, announced=50),
)
# How each verb is said in each of the four ways; None: the live table does not offer it, so the page is used.
VERBS = {
    "acknowledge": ({"action": "acknowledge"}, (commands.acknowledge, []), "a", "acknowledge"),
    "assign": ({"action": "assign", "assignee": "Ana"}, (commands.assignee, ["Ana"]), "tAna\n", "assign @Ana"),
    "mute": ({"action": "mute"}, (commands.mute, []), "m5", "mute"),
    "mute 2h": ({"action": "mute", "until": "2h"}, (commands.mute, ["--for", "2h"]), "m1", "mute 2h"),
    "mute 90m": ({"action": "mute", "until": "90m"}, (commands.mute, ["--for", "90m"]), None, "mute 90m"),
    "mute 10x": ({"action": "mute", "until": "10x"}, (commands.mute, ["--until-times", "10"]), "m4", "mute until 10x"),
    "resolve": ({"action": "resolve"}, (commands.resolve, []), "r", "resolve"),
    "resolve next": (
        {"action": "resolve", "next_revision": "yes"},
        (commands.resolve, ["--next-revision"]),
        None,
        "resolve until next revision",
    ),
    "reopen": ({"action": "reopen"}, (commands.reopen, []), "o", "reopen"),
    "P0": ({"action": "priority", "priority": "P0"}, (commands.priority, ["P0"]), None, "priority P0"),
    "auto": ({"action": "priority", "priority": ""}, (commands.priority, ["auto"]), None, "priority auto"),
}
SEQUENCES = [one for length in (1, 2, 3) for one in itertools.product(VERBS, repeat=length)]


class OneCluster:
    """A store of one cluster, as far as an act needs it."""

    def __init__(self):
        self.held = CLUSTER

    def cluster(self, cluster_id):
        return self.held if cluster_id == self.held.id else None

    def clusters(self):
        return [self.held]

    def put_triage(self, cluster_id, triage, audit=()):
        self.held = replace(self.held, triage=triage)
        return triage

    def close(self):
        pass


class OneComment:
    """A tracker whose only comment is a command of somebody who may steer."""

    body = ""
    number = 0

    def comments(self, ref, since):
        return [IssueComment(self.number, "mo", f"/garden {self.body}", NOW)]

    def may_steer(self, ref, author):
        return True

    def react(self, ref, comment, *, understood):
        assert understood, self.body


class StoppedClock:
    def now(self):
        return NOW

    def sleep(self, seconds):
        raise AssertionError


class OneRow:
    """A snapshot of one row, as far as a key needs it."""

    def __init__(self, cluster):
        self.rows = (Row(cluster, None, ""),)

    def row(self, cluster_id):
        return self.rows[0]


def by_page(store, verb):
    operate.carry_out(store, _wish("c1", VERBS[verb][0]), now=NOW, who="mo")


def by_command(store, verb, monkeypatch):
    command, options = VERBS[verb][1]
    monkeypatch.setattr(wiring, "open_store", lambda *_, **__: store)
    monkeypatch.setattr(commands, "me", lambda: "mo")
    monkeypatch.setattr(commands, "datetime", FixedTime)
    done = CliRunner().invoke(command, ["c1", "--state", "sqlite:state.db", *options], catch_exceptions=False)
    assert done.exit_code == 0, done.output


class FixedTime:
    @staticmethod
    def now(_):
        return NOW


def by_table(store, verb):
    if VERBS[verb][2] is None:
        return by_page(store, verb)
    screen = Screen(mode="detail", selected="c1")
    for key in VERBS[verb][2]:
        screen = press(screen, "enter" if key == "\n" else key, OneRow(store.held), 40)
    operate.carry_out(store, screen.wish, now=NOW, who="mo")
    return None


def by_comment(store, verb, tracker):
    tracker.body, tracker.number = VERBS[verb][3], tracker.number + 1
    issue = Issue(REF, "", "", frozenset(), True, "", NOW, NOW, None, comments=1)
    Listener(store, tracker, clock=StoppedClock()).listen(store.held, issue)


def bare(triage):
    """What an act decides; the controller's notes and the note for people are not part of it."""
    return replace(triage, notes=EMPTY, note="")


def test_every_sequence_of_three_verbs_ends_alike_however_it_is_said(monkeypatch):
    differing = []
    for sequence in SEQUENCES:
        page, command, table, comment, tracker = OneCluster(), OneCluster(), OneCluster(), OneCluster(), OneComment()
        for verb in sequence:
            by_page(page, verb)
            by_command(command, verb, monkeypatch)
            by_table(table, verb)
            by_comment(comment, verb, tracker)
        ends = {repr(bare(one.held.triage)) for one in (page, command, table, comment)}
        if len(ends) > 1:
            differing.append((sequence, ends))

    assert len(SEQUENCES) == 1463
    assert not differing, differing[:3]


@pytest.mark.parametrize("text", ["1x", "0m", "0d", "400d", "7w", "7", "x", "10", "-3h", "99999999h", "7d extra"])
def test_a_limit_that_one_refuses_all_refuse(text, monkeypatch):
    store, tracker = OneCluster(), OneComment()
    monkeypatch.setattr(wiring, "open_store", lambda *_, **__: store)
    with pytest.raises(ConfigError):
        operate.carry_out(store, _wish("c1", {"action": "mute", "until": text}), now=NOW, who="mo")
    said = CliRunner().invoke(commands.mute, ["c1", "--state", "sqlite:state.db", "--for", text])
    tracker.react = lambda ref, comment, *, understood: None if not understood else pytest.fail(text)
    tracker.body = f"mute {text}"
    Listener(store, tracker, clock=StoppedClock()).listen(
        store.held, Issue(REF, "", "", frozenset(), True, "", NOW, NOW, None, comments=1)
    )

    assert said.exit_code != 0
    assert bare(store.held.triage) == bare(CLUSTER.triage)


def test_the_live_table_offers_only_limits_that_the_others_take():
    for until in MUTES.values():
        operate.carry_out(OneCluster(), _wish("c1", {"action": "mute", "until": until}), now=NOW, who="mo")


def test_priorities_are_those_of_the_model():
    for one in Priority:
        operate.carry_out(OneCluster(), _wish("c1", {"action": "priority", "priority": one}), now=NOW, who="mo")
