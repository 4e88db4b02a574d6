"""A person acts between any two requests of any step: nothing is undone, nothing is lost, no twin, and all comes back.

One limit is GitHub's own: it has no conditional writes, so text that somebody saves between our look at an issue and
our edit, the next request, is overwritten by it. That gap is left out for edits of the text, and for nothing else.
"""

import os
from datetime import UTC, datetime, timedelta

import pytest
from fakegithub import FakeGitHub, Fault
from seed import seed_clusters

from processor.issues import body as report
from processor.issues.controller import Limits, Reconciler
from processor.issues.plan import IssueSettings
from processor.issues.publish import Wording
from processor.model import Severity
from processor.triage import rules
from sinks.github.auth import TokenAuthority
from sinks.github.http import GitHubApi
from sinks.github.tracker import GitHubTracker
from sinks.sqlite.store import SqliteStore

REPO, OTHER = "acme/shop", "acme/pay"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Clock:
    def __init__(self):
        self.at = START

    def now(self):
        return self.at

    def sleep(self, seconds):
        self.at += timedelta(seconds=seconds)


class Bed:
    """One controller over a fake GitHub, in simulated time."""

    def __init__(self, *, auto_close=False):
        self.clock = Clock()
        self.fake = FakeGitHub(REPO, OTHER)
        self.fake.now = self.clock.now
        self.fake.__enter__()
        self.store = SqliteStore(":memory:")
        self.settings = IssueSettings(rules.make(), Wording(str, str), auto_close=auto_close)
        api = GitHubApi(self.fake.url, TokenAuthority("t"), clock=self.clock, write_gap_s=0.0)
        self.fake.closing.append(api.close)
        self.tracker = GitHubTracker(REPO, api=api, clock=self.clock)
        self.controller = self.another()

    def another(self):
        return Reconciler(
            self.store, self.tracker, settings=self.settings, clock=self.clock, name="test", limits=Limits()
        )

    def grow(self, count, **more):
        seed_clusters(self.store, self.clock.now(), ("c1",), count, **more)

    def turns(self, times=1, **passing):
        for _ in range(times):
            self.clock.at += timedelta(**(passing or {"seconds": 30}))
            self.controller.turn()

    def cluster(self):
        return self.store.cluster("c1")

    def notes(self):
        return self.cluster().triage.notes

    def issue(self, name=REPO, number=1):
        return self.fake.repositories[name].issues[number]

    def ours(self):
        return [
            (name, one)
            for name, repository in self.fake.repositories.items()
            for number, one in repository.issues.items()
            if number not in repository.moved and number not in repository.deleted and report.key_of(one["body"] or "")
        ]

    def close(self):
        self.fake.__exit__()
        self.store.close()


# --- steps: (prepared, then the turns in which somebody acts) ---------------------------------------------
def _opened(bed):
    bed.grow(5)
    bed.turns(2)


def _grown(bed):
    bed.grow(3)
    bed.clock.at += timedelta(minutes=12)


def _tenfold(bed):
    bed.grow(60)


def _more_urgent(bed):
    bed.grow(1, severity=Severity.EMERGENCY)


def _lost(bed):
    """The process and what it had seen."""
    bed.controller = bed.another()
    _grown(bed)


STEPS = {"opens": None, "rewrites": _grown, "comments": _tenfold, "labels": _more_urgent, "restarts": _lost}


# --- deeds: (what somebody does, whether it has held two hours later) -------------------------------------
def _act(bed, **fields):
    bed.issue().update(fields, updated=bed.clock.now())


def _closes(bed):
    bed.fake.close_by_hand(1, "completed")


def _closes_unplanned(bed):
    bed.fake.close_by_hand(1, "not_planned")


def _commands(bed):
    bed.fake.say_by_hand(1, "/garden mute 7d")


def _renames_title(bed):
    _act(bed, title="a person's title")


def _sets_priority(bed):
    bed.fake.repositories[REPO].labels.setdefault("priority: P2", {"id": 7, "color": "0", "description": None})
    _act(bed, labels=[*bed.issue()["labels"], "priority: P2"])


def _takes_label(bed):
    if "log-gardener" in bed.issue()["labels"]:
        bed.fake.take_label(1, "log-gardener")


def _renames_label(bed):
    if "log-gardener" in bed.fake.repositories[REPO].labels:
        bed.fake.rename_label("log-gardener", "robot")


def _writes_text(bed):
    _act(bed, body=bed.issue()["body"] + "\nSeen by a person.\n")


def _transfers(bed):
    bed.fake.transfer(1, REPO, OTHER)


def _renames_repository(bed):
    bed.fake.rename(REPO, "acme/store")


def _deletes(bed):
    bed.fake.repositories[REPO].deleted.add(1)


def _is_closed(bed):
    return bed.issue()["state"] == "closed" and bed.cluster().triage.status == "resolved"


def _is_muted(bed):
    return bed.cluster().triage.status == "muted" and bed.issue()["state"] == "closed"


def _is_heard(bed):
    return bed.cluster().triage.status == "muted" and len(bed.fake.repositories[REPO].reactions) == 1


def _is_followed(bed):
    where = bed.cluster().triage.issue
    return where.repository == OTHER and not bed.notes().abandoned


def _is_followed_by_name(bed):
    return bed.cluster().triage.issue.repository == "acme/store" and not bed.notes().abandoned


def _has_label(bed):
    return "log-gardener" in bed.issue()["labels"]


DEEDS = {
    "closes it": (_closes, _is_closed),
    "closes it as not planned": (_closes_unplanned, _is_muted),
    "writes a command": (_commands, _is_heard),
    "gives it a title": (_renames_title, lambda bed: bed.issue()["title"] == "a person's title"),
    "sets a priority": (_sets_priority, lambda bed: bed.cluster().triage.priority == "P2"),
    "takes our label off": (_takes_label, _has_label),
    "renames our label": (_renames_label, _has_label),
    "writes text below": (_writes_text, lambda bed: "Seen by a person." in bed.issue()["body"]),
    "transfers it": (_transfers, _is_followed),
    "renames the repository": (_renames_repository, _is_followed_by_name),
    "deletes it": (_deletes, lambda bed: bed.cluster().triage.status == "muted"),
}


def _run(step, deed, gap):
    """The step with the deed before its request number `gap`: the bed two hours later, the requests it took."""
    bed = Bed()
    if STEPS[step] is not None:
        _opened(bed)
        STEPS[step](bed)
    else:
        bed.grow(5)
    first, done, skipped = len(bed.fake.log), [], []

    def between(number, method, path):
        bed.clock.at += timedelta(milliseconds=400)
        exists = 1 in bed.fake.repositories.get(REPO, bed.fake.repositories[OTHER]).issues
        if deed is None or done or number - first < gap or not exists:
            return
        if deed == "writes text below" and method == "PATCH":
            skipped.append(path)
        done.append(number)
        DEEDS[deed][0](bed)

    bed.fake.between = between
    bed.turns(4)
    requests = len(bed.fake.log) - first
    bed.fake.between = None
    if deed is not None and not done and 1 in bed.fake.repositories[REPO].issues:
        DEEDS[deed][0](bed)  # right after the last request
    if deed != "closes it":  # else it would be back, which is another step
        bed.grow(1)
    bed.turns(12, minutes=11)
    return bed, requests, bool(skipped)


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.timeout(300)
def test_whatever_somebody_does_in_any_gap_is_heard_and_kept(step, deed):
    bed, requests, _ = _run(step, None, 0)
    assert bed.fake.violations == []
    bed.close()
    wrong = []
    # All of them take six minutes; every fourth is tried anyway, each step and deed beginning at another one.
    start, stride = (0, 1) if os.environ.get("GARDENER_EVERY_GAP") else ((len(step) + len(deed)) % 4, 4)
    for gap in range(start, requests + 1, stride):
        bed, _, skipped = _run(step, deed, gap)
        if not skipped and not DEEDS[deed][1](bed):
            wrong.append((gap, "lost", bed.cluster().triage.status, bed.notes().abandoned))
        if len(bed.ours()) > 1:
            wrong.append((gap, "twin"))
        if bed.fake.violations:
            wrong.append((gap, bed.fake.violations[0]))
        bed.close()

    assert wrong == []


@pytest.mark.parametrize("status", [400, 403, 404, 409, 410, 415, 422, 451, 500])
@pytest.mark.parametrize(("method", "path"), [("POST", "/issues$"), ("PATCH", "/issues/1$"), ("POST", "/comments$")])
def test_one_refused_write_is_made_good_within_two_hours(status, method, path):
    bed = Bed()
    bed.fake.faults.append(Fault(method, path, status=status, message="no"))
    bed.grow(5)
    bed.turns(3)
    bed.grow(60)
    bed.turns(14, minutes=11)

    assert not bed.fake.faults[0].times
    assert len(bed.ours()) == 1
    assert "65 entries" in bed.ours()[0][1]["body"]
    assert len(bed.fake.comments(1)) == 1 or method == "POST"
    assert bed.notes().abandoned == ""
    bed.close()


def test_a_repository_with_no_access_for_a_while_is_used_again():
    bed = Bed()
    _opened(bed)
    bed.fake.repositories[REPO].unavailable = True
    bed.grow(60)
    bed.turns(3)
    bed.fake.repositories[REPO].unavailable = False
    bed.turns(10, minutes=12)

    assert "65 entries" in bed.issue()["body"]
    assert len(bed.fake.comments(1)) == 1
    bed.close()


def test_a_stranger_stops_nothing_where_nobody_may_be_asked_about():
    bed = Bed()
    _opened(bed)
    bed.fake.repositories[REPO].permission_status = 403
    bed.fake.say_by_hand(1, "/garden mute 7d", author="mallory")
    bed.turns(2)
    bed.grow(60)
    bed.turns(2)

    assert bed.cluster().triage.status == "open"
    assert len([text for text in bed.fake.comments(1) if "Escalating" in text]) == 1
    bed.close()


def test_a_persons_copy_of_our_issue_is_left_alone():
    bed = Bed()
    _opened(bed)
    repository = bed.fake.repositories[REPO]
    repository.issues[2] = {**bed.issue(), "number": 2, "id": 99, "author": "alice", "updated": bed.clock.now()}
    repository.following = 3
    bed.turns(3, minutes=5)

    assert repository.issues[2]["state"] == "open"
    assert bed.cluster().triage.issue.number == 1
    bed.close()


def test_a_line_above_our_part_and_a_lost_state_give_no_twin():
    bed = Bed()
    _opened(bed)
    bed.issue()["body"] = "Known since spring.\n\n" + bed.issue()["body"]
    bed.store.close()
    bed.store = SqliteStore(":memory:")
    bed.controller = bed.another()
    bed.grow(8)
    bed.turns(3)

    assert len(bed.fake.issues()) == 1
    assert bed.issue()["body"].startswith("Known since spring.\n\n<!-- log-gardener")
    bed.close()


def test_our_label_in_another_case_is_our_label():
    bed = Bed()
    bed.fake.repositories[REPO].labels["Log-Gardener"] = {"id": 5, "color": "0", "description": None}
    _opened(bed)
    bed.grow(60)
    bed.turns(4)

    assert bed.issue()["labels"].count("Log-Gardener") == 1
    assert len(bed.fake.comments(1)) == 1
    bed.close()
