"""Workers that share a state make fewer than 80 writes in any minute, together, and still write everything.

Workers run in threads over one simulated time: only one thread runs at once, the one that wakes first is next, and
every request takes its time. Writes are counted when they arrive at GitHub.
"""

import random
import threading
from bisect import bisect_left
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial

import httpx2
import pytest
from fakegithub import FakeGitHub
from msgspec.structs import replace
from seed import seed_clusters

from processor.app.tracker import write_slots
from processor.issues import body as report
from processor.issues.controller import Limits, Reconciler
from processor.issues.plan import IssueSettings
from processor.issues.publish import Wording
from processor.model import Severity, Status
from processor.triage import rules
from sinks.github.auth import TokenAuthority
from sinks.github.http import GitHubApi
from sinks.github.tracker import GitHubTracker
from sinks.sqlite.store import SqliteStore

REPO = "acme/shop"
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
CLUSTERS = tuple(f"c{number:03}" for number in range(160))
ALLOWED = 80
STALL = (timedelta(minutes=2), timedelta(minutes=2, seconds=45))
WRITES = ("POST", "PATCH", "DELETE")


HERE = threading.local()


def _carry(request):
    return HERE.hand.carry(request)


@pytest.fixture(autouse=True)
def _requests_in_simulated_time(monkeypatch):
    transport = httpx2.MockTransport(_carry)
    monkeypatch.setattr("sinks.github.http.httpx2.Client", partial(httpx2.Client, transport=transport))


class Killed(BaseException):
    """The process is gone: nothing that it would still do is done."""


class Timeline:
    """One time for all; `run` moves it to whoever wakes next."""

    def __init__(self):
        self.at = START
        self.hands = []
        self.baton = threading.Semaphore(0)

    def run(self, until):
        """Let everybody work until `until`."""
        while (hand := min(self.hands, key=lambda one: one.wake)).wake <= until:
            self.at = max(self.at, hand.wake)
            hand.go.release()
            assert self.baton.acquire(timeout=60)
            if hand.failed:
                raise hand.failed
        self.at = until

    def end(self):
        for hand in self.hands:
            hand.over = True
            hand.go.release()
            hand.thread.join(20)


class Hand:
    """A worker: its clock, its process that may be killed at some of its requests, and its way to GitHub."""

    def __init__(self, timeline, fake, path, name, *, work, skew_s=0.0, kills=()):
        self.timeline, self.fake, self.path, self.name, self.work = timeline, fake, path, name, work
        self.skew, self.kills = timedelta(seconds=skew_s), set(kills)
        self.random = random.Random(name)  # the same run every time
        self.wake, self.go, self.over, self.failed = START, threading.Semaphore(0), False, None
        self.requests = self.killed = 0
        timeline.hands.append(self)
        self.thread = threading.Thread(target=self._live, daemon=True)
        self.thread.start()

    def now(self):
        return self.timeline.at + self.skew

    def sleep(self, seconds):
        self.wake = self.timeline.at + timedelta(seconds=seconds)
        self.timeline.baton.release()
        self._wait()

    def _wait(self):
        self.go.acquire()
        if self.over:
            raise Killed

    def _live(self):
        try:
            self._wait()
            while True:
                with suppress(Killed):
                    self._process()
                if self.over:
                    return
                self.killed += 1
        except Killed:
            return
        except BaseException as error:  # noqa: BLE001  # for the test, which runs in another thread
            self.failed = error
            self.timeline.baton.release()

    def _process(self):
        """Work until killed; what the next process knows is in the store."""
        store = SqliteStore(self.path)
        store._db.execute("PRAGMA synchronous = OFF")  # the machine does not go down with a worker of this test
        HERE.hand = self
        api = GitHubApi("http://fake", TokenAuthority("t"), clock=self, slot=write_slots(store, self))
        try:
            self.work(self, store, api)
        finally:
            api.close()
            store.close()

    def carry(self, request):
        """There and back; a kill strikes before the request arrives, or before the answer does."""
        self.requests += 1
        is_struck = self.requests in self.kills
        self.sleep(self._latency_s() if request.method in WRITES else self._stalled_s() or self._latency_s())
        if is_struck and self.requests % 2:
            raise Killed
        url = str(request.url).removeprefix("http://fake")
        status, headers, body = self.fake.handle(request.method, url, request.content, dict(request.headers))
        self.sleep(self._latency_s())
        if is_struck:
            raise Killed
        return httpx2.Response(status, headers=headers, content=body)

    def _stalled_s(self):
        """Return how long a read waits because GitHub stalls: whoever has a slot is late with it, all at once."""
        began = self.timeline.at - START
        return max(0.0, (STALL[1] - began).total_seconds()) if began > STALL[0] else 0.0

    def _latency_s(self):
        return 4.0 if self.random.random() < 0.004 else self.random.choice((0.005, 0.02, 0.05, 0.1))


class Arrivals:
    """GitHub, of which only the times of the writes matter."""

    def __init__(self, timeline):
        self.timeline = timeline
        self.arrived = []

    def handle(self, method, _url, _body, _headers):
        if method in WRITES:
            self.arrived.append(self.timeline.at)
        return 200, {}, b"{}"

    def busiest(self):
        """Return the most writes in any 60 seconds."""
        first = [bisect_left(self.arrived, at - timedelta(seconds=60)) for at in self.arrived]
        return max(number - at + 1 for number, at in enumerate(first))


def _edit_without_end(hand, _store, api):
    """Reserve, read, and write or find that nothing is to be written, as fast as one may, with a pause now and then."""
    began = hand.timeline.at - START
    if hand.begins > began:
        hand.sleep((hand.begins - began).total_seconds())
    while True:
        api.reserve()
        api.read("/repos/acme/shop/issues/1")
        if hand.random.random() < 0.9:
            api.write("PATCH", "/repos/acme/shop/issues/1", {"title": "t"})
        if hand.random.random() < 0.002:
            hand.sleep(hand.random.choice((20, 70, 200)))


@pytest.mark.parametrize(
    ("workers", "skews_s", "kills"),
    [
        (1, [0], ()),
        (2, [0], ()),
        (2, [0], range(5, 9_000, 17)),
        (2, [0, 7], range(5, 9_000, 61)),
        (2, [0, -7], ()),
        (30, [0], range(5, 9_000, 41)),
        (20, [0, 0, 0, 0, 7], ()),
        (20, [0, 0, 0, 0, -7], range(5, 9_000, 17)),
        (40, [0, 7], ()),
    ],
)
def test_any_number_of_workers_as_fast_as_they_may(tmp_path, workers, skews_s, kills):
    timeline, path = Timeline(), str(tmp_path / "state.db")
    github = Arrivals(timeline)
    SqliteStore(path).close()
    for number in range(workers):
        skew_s = skews_s[number % len(skews_s)]
        hand = Hand(timeline, github, path, f"w{number}", work=_edit_without_end, skew_s=skew_s, kills=kills)
        hand.begins = timedelta(seconds=250 if skew_s > 0 else 0)
    timeline.run(START + timedelta(minutes=6))
    timeline.end()

    assert github.busiest() < ALLOWED
    assert len(github.arrived) > 6 * 15  # the limit is not kept by writing nothing
    assert bool(kills) == any(hand.killed for hand in timeline.hands)


class CountingGitHub(FakeGitHub, Arrivals):
    """The stateful fake in simulated time; that its answers are GitHub's is held by other tests."""

    def __init__(self, timeline):
        FakeGitHub.__init__(self, REPO)
        Arrivals.__init__(self, timeline)
        self.now = lambda: timeline.at
        self.document.answer = lambda *_: None

    def handle(self, method, url, body, headers):
        Arrivals.handle(self, method, url, body, headers)
        return FakeGitHub.handle(self, method, url, body, headers)


def _control(hand, store, api):
    tracker = GitHubTracker(REPO, api=api, clock=hand, body_interval_s=0.0)
    settings = IssueSettings(rules.make(), Wording(redact=str, mask=str))
    limits = Limits(issues_per_hour=1_000)
    controller = Reconciler(store, tracker, settings=settings, clock=hand, name=hand.name, limits=limits)
    while True:
        controller.turn()
        hand.sleep(15.0)


def _run_until(timeline, is_done):
    began = timeline.at
    while not is_done():
        assert timeline.at - began < timedelta(minutes=30), "not everything is written"
        timeline.run(timeline.at + timedelta(seconds=30))


def test_two_controllers_write_everything_although_one_is_killed_and_one_clock_is_wrong(tmp_path):
    path, timeline = str(tmp_path / "state.db"), Timeline()
    github, store = CountingGitHub(timeline), SqliteStore(path)
    for name, skew_s in (("w0", 0.0), ("w1", 7.0)):
        Hand(timeline, github, path, name, work=_control, skew_s=skew_s, kills=range(40, 4_000, 97))
    escalate, urgent, resolve = CLUSTERS[:80], CLUSTERS[80:120], CLUSTERS[120:]
    seed_clusters(store, timeline.at, CLUSTERS, 5)
    _run_until(timeline, lambda: len(github.issues()) == len(CLUSTERS))
    number_of = {report.key_of(one["body"]): one["number"] for one in github.issues()}
    seed_clusters(store, timeline.at, escalate, 45)
    seed_clusters(store, timeline.at, urgent, 1, severity=Severity.EMERGENCY)
    for name in resolve:
        triage = store.cluster(name).triage
        store.put_triage(name, replace(triage, status=Status.RESOLVED, resolved_at=timeline.at))

    def has(name):
        issue, said = github.issues()[number_of[name] - 1], github.comments(number_of[name])
        if name in resolve:
            return issue["state"] == "closed"
        return any("**Escalating" in one for one in said) if name in escalate else "priority: P0" in issue["labels"]

    _run_until(timeline, lambda: all(map(has, CLUSTERS)))
    timeline.end()
    store.close()

    assert sorted(number_of) == sorted(CLUSTERS)
    assert all(len(github.comments(number_of[name])) == 1 for name in escalate)
    assert github.busiest() < ALLOWED
    assert all(hand.killed for hand in timeline.hands)
    assert github.violations == []
