"""The controller over a real embedded store and a tracker in memory that can misbehave."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from seed import seed_clusters

from processor.issues import body as report
from processor.issues.controller import Limits, Reconciler
from processor.issues.plan import IssueSettings
from processor.issues.publish import Wording
from processor.model import AuditRecord, Issue, IssueComment, IssueRef, Priority, Severity, Status
from processor.model.errors import (
    IssueGone,
    IssueLocked,
    IssueMoved,
    OutcomeUnknown,
    RateLimited,
    RepositoryParked,
    TrackerError,
    Transient,
)
from processor.model.notes import FOR_BUDGET
from processor.triage import rules
from sinks.sqlite.store import SqliteStore

START = datetime(2026, 1, 10, 12, tzinfo=UTC)
REPO = "acme/shop"


class ManualClock:
    def __init__(self):
        self.at = START

    def now(self):
        return self.at

    def sleep(self, seconds):
        self.at += timedelta(seconds=seconds)

    def pass_(self, **amount):
        self.at += timedelta(**amount)


class MemoryTracker:
    """Issues in a dict. `faults` holds (method, error, was it carried out) for the calls to come."""

    settle_s = 120.0
    body_interval_s = 600.0

    def __init__(self, clock):
        self.clock = clock
        self.issues = {}
        self.said = []
        self.bodies_written = 0
        self.reactions = []
        self.writers = {"alice"}
        self.faults = []
        self.lag = timedelta(0)
        self.listing_is_empty = False

    def reserve(self):
        pass

    def repositories(self):
        return [REPO]

    def repository(self, _service):
        return REPO

    def _fault(self, method, *, done):
        if self.faults and self.faults[0][0] == method and self.faults[0][2] is done:
            raise self.faults.pop(0)[1]

    def listing(self, _repository, since, *, labelled=True):
        self._fault("listing", done=False)
        return [
            one
            for one in self.issues.values()
            if not self.listing_is_empty
            and self.clock.now() - one.created_at >= self.lag
            and (since is None or one.updated_at >= since)
            and (not labelled or report.LABEL in one.labels)
        ]

    def get(self, ref):
        if ref.number not in self.issues:
            raise IssueGone("deleted")
        self._fault("get", done=False)
        return self.issues[ref.number]

    def create(self, draft):
        self._fault("create", done=False)
        number, now = len(self.issues) + 1, self.clock.now()
        ref = IssueRef(REPO, number, f"https://x.example/{number}")
        labels = frozenset(draft.labels)
        self.issues[number] = Issue(ref, draft.title, draft.body, labels, True, "", now, now, None)
        self._fault("create", done=True)
        return self.issues[number]

    def edit(self, ref, edit):
        one = self.get(ref)
        self._fault("edit", done=False)
        self.bodies_written += edit.body is not None
        self.change(
            ref.number,
            title=edit.title or one.title,
            body=edit.body or one.body,
            open=one.open if edit.open is None else edit.open,
            reason=edit.reason if edit.open is False else "" if edit.open else one.reason,
            labels=(one.labels - set(edit.remove_labels)) | set(edit.add_labels),
        )
        self._fault("edit", done=True)
        return self.issues[ref.number]

    def comment(self, ref, body):
        self.get(ref)
        self._fault("comment", done=False)
        self.say(ref.number, body, author="me")
        self._fault("comment", done=True)

    def comments(self, ref, since):
        return [one for number, one in self.said if number == ref.number and one.at >= since]

    def may_steer(self, _ref, author):
        return author in self.writers

    def react(self, _ref, comment, *, understood):
        self.reactions.append((comment.id, understood))

    def close(self):
        pass

    # --- what people do -------------------------------------------------------------------------------
    def change(self, number, **fields):
        one, now = self.issues[number], self.clock.now()
        closing = fields.get("open") is False and one.open
        closed_at = now if closing else one.closed_at if not fields.get("open", one.open) else None
        self.issues[number] = replace(one, **fields, updated_at=now, closed_at=closed_at)

    def say(self, number, body, author="alice"):
        self.said.append((number, IssueComment(len(self.said) + 1, author, body, self.clock.now())))
        one = self.issues[number]
        self.issues[number] = replace(one, comments=one.comments + 1, updated_at=self.clock.now())

    def texts(self, number=1):
        return [one.body for where, one in self.said if where == number and one.author == "me"]


class TrackedState:
    """A store with clusters that grow on command, and any number of controllers over it."""

    def __init__(self, *, limits=None, path=":memory:", on_report=None, **settings):
        self.clock = ManualClock()
        self.store = SqliteStore(path)
        self.tracker = MemoryTracker(self.clock)
        wording = Wording(redact=lambda text: text, mask=lambda text: text)
        self.settings = IssueSettings(rules.make(), wording, **settings)
        self.limits = limits or Limits()
        self.on_report = on_report
        self.controller = self.another()

    def another(self):
        return Reconciler(
            self.store,
            self.tracker,
            settings=self.settings,
            clock=self.clock,
            name="test",
            limits=self.limits,
            on_report=self.on_report,
        )

    def grow(self, count, *, ids=("c1",), **more):
        seed_clusters(self.store, self.clock.now(), ids, count, **more)

    def turn(self, times=1, **passing):
        for _ in range(times):
            self.clock.pass_(**(passing or {"seconds": 1}))
            self.controller.turn()

    def cluster(self, name="c1"):
        return self.store.cluster(name)

    def handle(self, name="c1", **fields):
        cluster = self.cluster(name)
        self.store.put_triage(name, replace(cluster.triage, **fields))

    def restart(self):
        self.controller = self.another()


@pytest.fixture
def tracked():
    made = TrackedState()
    yield made
    made.store.close()


@pytest.fixture
def opened(tracked):
    tracked.grow(5)
    tracked.turn()
    assert len(tracked.tracker.issues) == 1
    return tracked


def test_a_cluster_that_crosses_its_threshold_gets_one_issue(tracked):
    tracked.grow(2)
    tracked.turn(2)
    assert tracked.tracker.issues == {}

    tracked.grow(1)
    tracked.turn(3)

    issue = tracked.tracker.issues[1]
    assert (len(tracked.tracker.issues), issue.open) == (1, True)
    assert issue.labels == {"log-gardener", "priority: P1", "service: shop"}
    assert tracked.cluster().triage.issue == issue.ref
    assert tracked.cluster().triage.priority == "P1"


def test_a_turn_over_a_settled_state_writes_nothing(opened):
    opened.turn()
    before = (opened.tracker.issues, opened.cluster())
    opened.turn(5, hours=1)

    assert (opened.tracker.issues, opened.cluster()) == before


def test_counts_go_into_the_body_at_intervals_and_tell_nobody(opened):
    for _ in range(20):
        opened.grow(1)
        opened.turn(seconds=60)

    assert opened.tracker.texts() == []
    assert 1 <= opened.tracker.bodies_written <= 2
    opened.turn(minutes=11)
    assert "25 entries" in opened.tracker.issues[1].body


def test_tenfold_growth_is_one_comment(opened):
    opened.grow(45)
    opened.turn(3)
    opened.grow(400)
    opened.turn(3)

    assert [text.split("\n")[2] for text in opened.tracker.texts()] == [
        "**Escalating.** 50 occurrences, 10 times as many as when this was last reported.",
    ]


def test_a_settled_problem_that_is_back_reopens_with_one_comment(opened):
    opened.handle(status=Status.RESOLVED, resolved_at=opened.clock.now())
    opened.turn()
    assert not opened.tracker.issues[1].open

    opened.clock.pass_(hours=1)
    opened.grow(1)
    opened.turn(4)

    assert opened.tracker.issues[1].open
    assert [text.split("\n")[2][:16] for text in opened.tracker.texts()] == ["**Back again.** "]
    assert opened.cluster().triage.regressions == 1


def test_a_problem_that_is_back_much_later_gets_a_new_issue_that_names_the_old(opened):
    opened.handle(status=Status.RESOLVED, resolved_at=opened.clock.now())
    opened.turn()
    opened.clock.pass_(days=40)
    opened.grow(1)
    opened.turn(3)

    assert [issue.open for issue in opened.tracker.issues.values()] == [False, True]
    assert "Continues https://x.example/1" in opened.tracker.issues[2].body
    assert opened.tracker.texts() == []


def test_what_comes_and_goes_is_labelled_and_left_alone(opened):
    for _ in range(4):
        opened.handle(status=Status.RESOLVED, resolved_at=opened.clock.now())
        opened.turn(2)
        opened.clock.pass_(hours=1)
        opened.grow(1)
        opened.turn(4)

    assert opened.tracker.issues[1].open
    assert "flapping" in opened.tracker.issues[1].labels
    assert len(opened.tracker.texts()) == 2, "the third and fourth return are no news"


def test_what_flaps_is_not_closed_for_its_silence_but_a_person_may_close_it(tracked):
    tracked = TrackedState(auto_close=True)
    tracked.grow(50)
    tracked.turn()
    for _ in range(2):
        tracked.turn(2, hours=80)
        tracked.grow(1)
        tracked.turn(3)
    assert (tracked.tracker.issues[1].open, "flapping" in tracked.tracker.issues[1].labels) == (True, True)
    tracked.grow(60, age=timedelta(minutes=1))
    tracked.turn(2, hours=80)
    assert tracked.tracker.issues[1].open

    tracked.tracker.change(1, open=False, reason="completed")
    tracked.turn(5)
    assert not tracked.tracker.issues[1].open
    tracked.store.close()


def test_a_deleted_issue_comes_again_only_when_somebody_reopens_its_cluster(opened):
    del opened.tracker.issues[1]
    opened.grow(1)
    opened.turn(3, minutes=11)
    assert opened.cluster().triage.status == "muted"
    opened.tracker.issues[9] = Issue(
        IssueRef(REPO, 9, "https://x.example/9"), "else", "else", frozenset(), True, "", START, START, None
    )

    opened.handle(status=Status.OPEN)
    opened.turn(3)

    assert [report.key_of(one.body) for one in opened.tracker.issues.values()] == ["", "c1"]
    assert "Continues" not in opened.tracker.issues[2].body


@pytest.mark.parametrize("auto_close", [False, True])
def test_silence_is_a_label_and_closing_only_on_request(auto_close):
    tracked = TrackedState(auto_close=auto_close)
    tracked.grow(50)
    tracked.turn()
    tracked.turn(2, days=5)

    assert "quiet" in tracked.tracker.issues[1].labels
    assert tracked.tracker.issues[1].open is not auto_close
    assert tracked.tracker.texts() == []

    tracked.grow(1)
    tracked.turn(4)
    assert tracked.tracker.issues[1].open
    assert "quiet" not in tracked.tracker.issues[1].labels
    assert len(tracked.tracker.texts()) == auto_close
    tracked.store.close()


# --- a person's word wins ----------------------------------------------------------------------------------
@pytest.mark.parametrize("reason", ["not_planned", "duplicate"])
def test_closed_as_not_planned_is_muted_until_it_has_grown_tenfold(opened, reason):
    opened.clock.pass_(seconds=5)
    opened.tracker.change(1, open=False, reason=reason)
    opened.turn(2)
    assert (opened.cluster().triage.status, opened.cluster().triage.mute_until_count) == ("muted", 50)

    opened.grow(44)
    opened.turn(3)
    assert not opened.tracker.issues[1].open

    opened.grow(1)
    opened.turn(4)
    assert opened.tracker.issues[1].open
    assert [text.split("\n")[2][:22] for text in opened.tracker.texts()] == ["**No longer muted.** M"]


def test_closed_as_completed_is_settled_until_it_is_back(opened):
    opened.clock.pass_(seconds=5)
    opened.tracker.change(1, open=False, reason="completed")
    opened.turn(2)
    assert opened.cluster().triage.status == "resolved"
    assert not opened.tracker.issues[1].open

    opened.clock.pass_(minutes=5)
    opened.grow(1)
    opened.turn(3)
    assert opened.tracker.issues[1].open


def test_reopened_by_hand_stays_open(opened):
    opened.handle(status=Status.RESOLVED, resolved_at=opened.clock.now() + timedelta(days=1))
    opened.turn()
    assert not opened.tracker.issues[1].open

    opened.clock.pass_(seconds=5)
    opened.tracker.change(1, open=True, reason="")
    opened.turn(4)

    assert opened.tracker.issues[1].open
    assert opened.cluster().triage.status == "open"


def test_human_title_labels_and_text_are_never_overwritten(opened):
    opened.clock.pass_(seconds=5)
    mine = opened.tracker.issues[1]
    opened.tracker.change(
        1,
        title="Checkout is down",
        body=f"{mine.body}\nSeen with customer 7.\n",
        labels=(mine.labels - {"service: shop"}) | {"team-pay", "priority: P0"},
    )
    opened.turn(2)
    opened.clock.pass_(hours=1)
    opened.grow(300, template="it broke badly")
    opened.turn(4)

    issue = opened.tracker.issues[1]
    assert issue.title == "Checkout is down"
    assert issue.labels == {"log-gardener", "team-pay", "priority: P0"}
    assert issue.body.endswith("Seen with customer 7.\n")
    assert "305 entries" in issue.body
    assert opened.cluster().triage.priority == Priority.P0


def test_a_deleted_issue_is_a_persons_word_and_not_opened_again(opened):
    del opened.tracker.issues[1]
    opened.grow(500)
    opened.turn(5)

    assert opened.tracker.issues == {}
    assert opened.cluster().triage.status == "muted"


def test_a_transferred_issue_is_followed(opened):
    opened.tracker.issues[7] = replace(opened.tracker.issues.pop(1), ref=IssueRef("acme/pay", 7, "https://y"))
    plain = opened.tracker.get

    def get(ref):
        if ref.number == 1:
            raise IssueMoved("moved", "acme/pay", 7)
        return plain(ref)

    opened.tracker.get = get
    opened.grow(45)
    opened.turn(4)

    assert opened.cluster().triage.issue == IssueRef("acme/pay", 7, "https://y")
    assert len(opened.tracker.texts(7)) == 1


def test_a_locked_issue_takes_no_comment_and_a_regression_starts_over(opened):
    opened.grow(45)
    opened.tracker.faults = [("comment", IssueLocked("locked"), False)]
    opened.turn(3)
    assert (opened.tracker.texts(), len(opened.tracker.issues)) == ([], 1)

    opened.handle(status=Status.RESOLVED, resolved_at=opened.clock.now())
    opened.turn()
    opened.tracker.change(1, locked=True)
    opened.clock.pass_(minutes=5)
    opened.grow(1)
    opened.turn(4)

    assert [issue.open for issue in opened.tracker.issues.values()] == [False, True]
    assert "Continues https://x.example/1" in opened.tracker.issues[2].body


def test_a_problem_nobody_wants_to_hear_of_opens_nothing(tracked):
    tracked.grow(1)
    tracked.handle(status=Status.MUTED)
    tracked.grow(500)
    tracked.turn(3)

    assert tracked.tracker.issues == {}


# --- commands ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("text", "author", "status", "priority", "reaction"),
    [
        ("/garden mute 7d", "alice", "muted", "P1", True),
        ("/garden mute until 10x", "alice", "muted", "P1", True),
        ("/garden priority P2", "alice", "open", "P2", True),
        ("/garden resolve", "alice", "resolved", "P1", True),
        ("thanks!\r\n\r\n/garden resolve\r\n", "alice", "resolved", "P1", True),  # a line of its own among others
        ("/garden mute 7d", "mallory", "open", "P1", False),  # no write access
        ("/garden explode", "alice", "open", "P1", False),  # not a command
        ("/garden mute 7d extra", "alice", "open", "P1", False),
        ("please /garden mute 7d", "alice", "open", "P1", None),  # in the middle of a line it is talk
        ("> /garden mute 7d", "alice", "open", "P1", None),  # a quote
        ("```\n/garden mute 7d\n```", "alice", "open", "P1", None),  # code
        ("````\n```\n/garden mute 7d\n````", "alice", "open", "P1", None),
    ],
)
def test_commands_of_people_with_write_access_are_obeyed_once(opened, text, author, status, priority, reaction):
    opened.clock.pass_(seconds=5)
    opened.tracker.say(1, text, author)
    opened.turn(4)

    triage = opened.cluster().triage
    assert (triage.status, triage.priority) == (status, priority)
    assert opened.tracker.reactions == ([] if reaction is None else [(1, reaction)])
    assert [record.who for record in opened.store.audit(9) if record.action in text] == ([author] if reaction else [])


def test_a_merge_leaves_one_issue_open(tracked):
    tracked.grow(5, ids=("c1", "c2"))
    tracked.turn()
    tracked.clock.pass_(seconds=5)
    tracked.tracker.say(2, "/garden merge #1")
    tracked.turn(4)

    assert [(issue.open, issue.reason) for issue in tracked.tracker.issues.values()] == [
        (True, ""),
        (False, "duplicate"),
    ]
    assert tracked.cluster("c2").id == tracked.cluster("c1").id == "c1"
    assert tracked.cluster("c1").count == 10


def test_a_split_gives_back_what_was_merged_with_its_issue(tracked):
    tracked.grow(5, ids=("c1", "c2"))
    tracked.turn()
    tracked.clock.pass_(seconds=5)
    tracked.tracker.say(2, "/garden merge #1")
    tracked.turn(4)
    tracked.clock.pass_(seconds=5)
    tracked.tracker.say(1, "/garden split")
    tracked.turn(6)

    assert tracked.tracker.reactions == [(1, True), (2, True)]
    assert [issue.open for issue in tracked.tracker.issues.values()] == [True, True]
    assert [tracked.cluster(name).count for name in ("c1", "c2")] == [5, 5]
    assert tracked.cluster("c2").triage.status == "open"


def test_a_split_of_what_was_never_merged_is_answered_with_doubt(opened):
    opened.clock.pass_(seconds=5)
    opened.tracker.say(1, "/garden split")
    opened.turn(3)

    assert opened.tracker.reactions == [(1, False)]


# --- lost answers ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("done", [False, True])
@pytest.mark.parametrize("lag", [0, 100])
def test_a_create_without_an_answer_is_looked_up_not_repeated(tracked, done, lag):
    tracked.tracker.lag = timedelta(seconds=lag)
    tracked.tracker.faults = [("create", OutcomeUnknown("502"), done)]
    tracked.grow(5)
    tracked.turn(3)
    assert len(tracked.tracker.issues) == done

    tracked.restart()
    tracked.turn(seconds=60)
    assert len(tracked.tracker.issues) == done  # too early to tell

    tracked.turn(3, seconds=61)
    assert len(tracked.tracker.issues) == 1
    assert tracked.cluster().triage.issue.number == 1


@pytest.mark.parametrize("done", [False, True])
def test_a_comment_without_an_answer_is_looked_up_not_repeated(opened, done):
    opened.tracker.faults = [("comment", OutcomeUnknown("cut"), done)]
    opened.grow(45)
    opened.turn(3)
    opened.restart()
    opened.turn(4, seconds=61)

    assert len(opened.tracker.texts()) == 1


def test_an_issue_that_lost_its_label_is_found_all_the_same(tracked):
    tracked.tracker.faults = [("create", OutcomeUnknown("502"), True)]
    tracked.grow(5)
    tracked.turn()
    tracked.tracker.issues[1] = replace(tracked.tracker.issues[1], labels=frozenset())
    tracked.turn(3, seconds=130)

    assert len(tracked.tracker.issues) == 1
    assert tracked.cluster().triage.issue.number == 1


def test_a_state_that_was_lost_finds_its_issues_again(opened):
    other = TrackedState()
    other.clock, other.tracker = opened.clock, opened.tracker
    other.controller = other.another()
    other.grow(5)
    other.turn(3)

    assert len(opened.tracker.issues) == 1
    assert other.cluster().triage.issue.number == 1
    other.store.close()


def test_a_forged_marker_without_our_label_is_nobodys(tracked):
    """Who may set labels may steer anyway; a stranger's issue must not stand for ours."""
    forged = Issue(
        IssueRef(REPO, 1, "https://x.example/1"), "t", f"hello\n{report.marker('c1')}\n", frozenset(),
        True, "", START, START, None,
    )  # fmt: skip
    tracked.tracker.issues[1] = forged
    tracked.grow(5)
    tracked.turn(2)

    assert tracked.cluster().triage.issue.number == 2


def test_twins_are_swept_and_the_older_stays(opened):
    twin = replace(opened.tracker.issues[1], ref=IssueRef(REPO, 2, "https://x.example/2"))
    opened.tracker.issues[2] = twin
    opened.restart()
    opened.turn(2)

    assert [(issue.open, issue.reason) for issue in opened.tracker.issues.values()] == [
        (True, ""),
        (False, "duplicate"),
    ]


def test_an_empty_listing_is_no_truth_while_issues_are_known(opened):
    opened.tracker.listing_is_empty = True
    opened.restart()
    opened.grow(5, ids=("c2", "c3"))
    opened.turn(5)
    assert len(opened.tracker.issues) == 1

    opened.tracker.listing_is_empty = False
    opened.turn(5)
    assert len(opened.tracker.issues) == 3


# --- limits and trouble ------------------------------------------------------------------------------------
def test_new_issues_are_capped_and_the_rest_comes_later_most_urgent_first():
    tracked = TrackedState(limits=Limits(issues_per_hour=5))
    tracked.grow(30, ids=("w1", "w2", "w3"), severity=Severity.WARNING, age=timedelta(minutes=30))
    tracked.grow(5, ids=("e1", "e2", "e3"))
    tracked.turn(10)
    first = [report.key_of(issue.body) for issue in tracked.tracker.issues.values()]

    tracked.turn(5, minutes=61)

    assert (sorted(first[:3]), len(first)) == (["e1", "e2", "e3"], 4)
    assert len(tracked.tracker.issues) == 6
    tracked.store.close()


def test_what_waits_for_the_budget_says_so_until_its_issue_is_there():
    told = []
    tracked = TrackedState(limits=Limits(issues_per_hour=4), on_report=lambda report: told.append(report.waiting))
    tracked.grow(30, ids=("w1", "w2", "w3", "w4", "w5"), severity=Severity.WARNING, age=timedelta(minutes=30))
    tracked.turn()

    held = {one.id: one.triage.held_back for one in tracked.store.clusters()}
    without = {one.id for one in tracked.store.clusters() if one.triage.issue is None}
    assert {name for name, why in held.items() if why == FOR_BUDGET} == without
    assert told[-1] == len(without) == 2

    tracked.turn(5, minutes=61)

    assert not any(one.triage.held_back for one in tracked.store.clusters())
    assert told[-1] == 0
    tracked.store.close()


def test_a_limit_stops_everything_until_it_ends(tracked):
    tracked.tracker.faults = [("create", RateLimited("wait", 300), False)]
    tracked.grow(5, ids=("c1", "c2"))
    tracked.turn(10)
    assert tracked.tracker.issues == {}

    tracked.turn(2, seconds=301)
    assert len(tracked.tracker.issues) == 2


def test_a_limit_on_looking_stops_everything_just_as_well(tracked):
    tracked.tracker.faults = [
        ("listing", RateLimited("wait", 300), False),
        ("listing", Transient("asked again"), False),
    ]
    tracked.grow(5)
    tracked.turn(10)
    assert len(tracked.tracker.faults) == 1

    tracked.turn(3, seconds=301)
    assert len(tracked.tracker.issues) == 1


def test_a_limit_that_goes_on_is_waited_for_longer_each_time(tracked):
    tracked.tracker.faults = [("create", RateLimited("wait", 60), False)] * 3
    tracked.grow(5)
    waits, before = [], tracked.clock.at
    while tracked.tracker.faults:
        left = len(tracked.tracker.faults)
        tracked.turn(seconds=10)
        if len(tracked.tracker.faults) < left:
            waits.append((tracked.clock.at - before).total_seconds())
            before = tracked.clock.at

    assert waits[1:] == [60, 120]
    tracked.turn(30, seconds=10)
    assert len(tracked.tracker.issues) == 1


def test_repeated_silence_opens_the_breaker(tracked):
    tracked.tracker.faults = [("create", OutcomeUnknown("502"), False)] * 10
    tracked.grow(5, ids=tuple(f"c{n}" for n in range(10)))
    tracked.turn(5)

    assert len(tracked.tracker.faults) == 7


def test_one_refused_issue_does_not_stop_the_others(tracked):
    tracked.tracker.faults = [("create", TrackerError("422"), False)]
    tracked.grow(5, ids=("c1", "c2"))
    tracked.turn(5)

    assert len(tracked.tracker.issues) == 1
    assert "422" in tracked.cluster("c1").triage.notes.abandoned


def test_a_parked_repository_is_left_alone_for_an_hour(tracked):
    tracked.tracker.faults = [("create", RepositoryParked("archived"), False)]
    tracked.grow(5)
    tracked.turn(10)
    assert tracked.tracker.issues == {}

    tracked.turn(minutes=61)
    assert len(tracked.tracker.issues) == 1


def test_a_tracker_that_cannot_be_read_costs_nothing_but_time(tracked):
    tracked.tracker.faults = [("listing", Transient("down"), False), ("listing", TrackerError("what"), False)]
    tracked.grow(5)
    tracked.turn(2)
    assert tracked.tracker.issues == {}

    tracked.turn(minutes=61)
    assert len(tracked.tracker.issues) == 1


def test_dropped_labels_stop_the_repository_after_one_issue(tracked):
    plain = tracked.tracker.create

    def create(draft):
        return plain(replace(draft, labels=()))

    tracked.tracker.create = create
    tracked.grow(5, ids=("c1", "c2", "c3"))
    tracked.turn(10)

    assert len(tracked.tracker.issues) == 1
    assert sum(tracked.cluster(name).triage.issue is not None for name in ("c1", "c2", "c3")) == 1


def test_two_controllers_never_open_the_same_problem_twice(tracked):
    other = tracked.another()
    plain = tracked.tracker.create

    def create(draft):
        # The other one gets its turn exactly between claim and answer.
        if not tracked.tracker.issues:
            other.turn()
        return plain(draft)

    tracked.tracker.create = create
    tracked.grow(5, ids=("c1", "c2"))
    tracked.turn()
    other.turn()
    tracked.turn(2)

    assert sorted(report.key_of(issue.body) for issue in tracked.tracker.issues.values()) == ["c1", "c2"]


def test_a_decision_made_while_the_request_was_under_way_is_kept(tracked):
    plain = tracked.tracker.create

    def create(draft):
        tracked.handle(note="mine", status=Status.ACKNOWLEDGED)
        return plain(draft)

    tracked.tracker.create = create
    tracked.grow(5)
    tracked.turn()

    triage = tracked.cluster().triage
    assert (triage.note, triage.status, triage.issue.number) == ("mine", "acknowledged", 1)


def test_without_a_tracker_priorities_are_kept_all_the_same(tracked):
    controller = Reconciler(tracked.store, None, settings=tracked.settings, clock=tracked.clock, name="t")
    tracked.grow(5)
    controller.turn()

    assert (tracked.cluster().triage.priority, tracked.cluster().triage.issue) == ("P1", None)


def test_a_merge_by_hand_keeps_the_roots_issue(opened):
    opened.grow(5, ids=("c2",))
    opened.turn()
    opened.store.merge("c2", "c1", AuditRecord(opened.clock.now(), "me", "merge", "c2"))
    opened.turn(3)

    assert [issue.open for issue in opened.tracker.issues.values()] == [True, False]


def written_by_a_person(tracked, body, number=7):
    now = tracked.clock.now()
    ref = IssueRef(REPO, number, f"https://x.example/{number}")
    tracked.tracker.issues[number] = Issue(ref, "Help", body, frozenset(), True, "", now, now, None)


def test_an_issue_that_people_wrote_before_is_linked_with_its_reason_and_left_alone(tracked):
    said = "it broke badly while counting the stock of"
    written_by_a_person(tracked, f"Since monday: {said} c1!")
    written_by_a_person(tracked, "The stock is wrong", number=8)
    before = dict(tracked.tracker.issues)
    tracked.grow(5, template=said)
    tracked.turn(3)
    (ours,) = (one for one in tracked.tracker.issues.values() if report.key_of(one.body) == "c1")

    assert "- [issue 7](https://x.example/7): names this cluster" in ours.body
    assert "x.example/8" not in ours.body
    assert {number: tracked.tracker.issues[number] for number in (7, 8)} == before


def test_a_link_survives_a_restart_and_two_controllers_agree_on_it(opened):
    opened.turn(minutes=61)
    written_by_a_person(opened, "c1 is back, as every winter")
    opened.turn(2, minutes=61)
    assert "[issue 7]" in opened.tracker.issues[1].body
    written, other = opened.tracker.bodies_written, opened.another()

    del opened.tracker.issues[7]
    opened.restart()
    for _ in range(4):
        opened.turn(minutes=61)
        other.turn()

    assert opened.tracker.bodies_written == written
