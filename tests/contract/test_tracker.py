"""What every issue tracker has to do, over the folder and over GitHub; then what only GitHub can do to us.

The GitHub side speaks to a fake on loopback that holds every request and answer against GitHub's own OpenAPI document.
"""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fakegithub import SECONDARY, FakeGitHub, Fault

from processor.issues.body import key_of, marker
from processor.model import IssueDraft, IssueEdit, IssueRef
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
from sinks.folder import FolderTracker
from sinks.github.auth import AppAuthority, TokenAuthority
from sinks.github.http import GitHubApi
from sinks.github.tracker import GitHubTracker

PAST = datetime(2000, 1, 1, tzinfo=UTC)
KEY = "abc123"
SPENT = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "9999999999"}


class Clock:
    """The real time, but sleeping is only written down."""

    def __init__(self):
        self.slept = []

    def now(self):
        return datetime.now(UTC)

    def sleep(self, seconds):
        self.slept.append(seconds)


def github(fake, clock=None, *, authority=None, repository="acme/shop", **options):
    clock = clock or Clock()
    api = GitHubApi(fake.url, authority or TokenAuthority("t0ken"), clock=clock, write_gap_s=0.0)
    fake.closing.append(api.close)
    return GitHubTracker(repository, api=api, clock=clock, **options)


@pytest.fixture
def fake():
    with FakeGitHub("acme/shop", "acme/pay") as running:
        yield running
    assert running.violations == []


@pytest.fixture(params=["folder", "github", "enterprise"])
def tracker(request, tmp_path):
    if request.param == "folder":
        yield FolderTracker(str(tmp_path / "issues"), clock=Clock())
        return
    with FakeGitHub("acme/shop", prefix="/api/v3" if request.param == "enterprise" else "") as running:
        yield github(running)
    assert running.violations == []


def draft(tracker, title="it broke", text="body", labels=("log-gardener", "priority: P1"), **more):
    return IssueDraft(tracker.repository("shop"), title, f"{marker(KEY)}\n\n{text}\n", labels, **more)


def test_an_issue_is_read_back_as_it_was_opened(tracker):
    made = tracker.create(draft(tracker, title='it "broke" ☠ = \\ [x]', text="line\n\n+++\nmore"))

    read = tracker.get(made.ref)

    assert (read.title, read.open, read.labels) == ('it "broke" ☠ = \\ [x]', True, {"log-gardener", "priority: P1"})
    assert read.body.rstrip() == f"{marker(KEY)}\n\nline\n\n+++\nmore"
    assert key_of(read.body) == KEY


def test_every_issue_gets_a_number_of_its_own(tracker):
    numbers = [tracker.create(draft(tracker)).ref.number for _ in range(3)]

    assert numbers == [1, 2, 3]


def test_a_listing_holds_what_changed_since(tracker):
    made = tracker.create(draft(tracker))
    repository = tracker.repository("shop")

    assert [issue.ref for issue in tracker.listing(repository, None)] == [made.ref]
    assert [issue.ref for issue in tracker.listing(repository, PAST)] == [made.ref]
    assert tracker.listing(repository, datetime.now(UTC) + timedelta(hours=1)) == []


def test_an_issue_that_lost_our_label_is_found_by_asking_for_all(tracker):
    made = tracker.create(draft(tracker, labels=("other",)))
    repository = tracker.repository("shop")

    assert tracker.listing(repository, None) == []
    assert [issue.ref for issue in tracker.listing(repository, None, labelled=False)] == [made.ref]


def test_a_listing_is_complete_beyond_one_page(tracker):
    for number in range(103):
        tracker.create(draft(tracker, title=f"problem {number}"))

    assert len(tracker.listing(tracker.repository("shop"), None)) == 103


def test_an_edit_changes_what_it_names_and_nothing_else(tracker):
    made = tracker.create(draft(tracker))
    tracker.edit(made.ref, IssueEdit(add_labels=("theirs",)))

    edited = tracker.edit(
        made.ref,
        IssueEdit(body=f"{marker(KEY)}\n\nnew\n", add_labels=("quiet",), remove_labels=("priority: P1", "absent")),
    )

    assert (edited.title, edited.open, edited.labels) == ("it broke", True, {"log-gardener", "theirs", "quiet"})
    assert edited.body.rstrip().endswith("new")


def test_an_edit_made_twice_is_made_once(tracker):
    made = tracker.create(draft(tracker))
    edit = IssueEdit(open=False, reason="completed", add_labels=("quiet",), remove_labels=("priority: P1",))

    first, second = tracker.edit(made.ref, edit), tracker.edit(made.ref, edit)

    assert (first.open, first.reason, first.labels) == (second.open, second.reason, second.labels)
    assert (second.open, second.reason) == (False, "completed")


def test_an_issue_closes_with_its_reason_and_reopens_without(tracker):
    made = tracker.create(draft(tracker))
    closed = tracker.edit(made.ref, IssueEdit(open=False, reason="not_planned"))
    reopened = tracker.edit(made.ref, IssueEdit(open=True))

    assert (closed.reason, closed.closed_at is not None) == ("not_planned", True)
    assert (reopened.open, reopened.reason, reopened.closed_at) == (True, "", None)


def test_a_twin_is_closed_as_duplicate_of_the_one_that_stays(tracker):
    stays, twin = tracker.create(draft(tracker)), tracker.create(draft(tracker))

    closed = tracker.edit(twin.ref, IssueEdit(open=False, reason="duplicate", duplicate_of=stays.ref.number))

    assert (closed.open, closed.reason) == (False, "duplicate")


def test_comments_come_in_order_and_since_a_time(tracker):
    made = tracker.create(draft(tracker))
    for text in ("one", "two\n\n```text\n<!-- comment 9 by x at y -->\n```"):
        tracker.comment(made.ref, text)

    assert [comment.body.split("\n")[0] for comment in tracker.comments(made.ref, PAST)] == ["one", "two"]
    assert tracker.comments(made.ref, datetime.now(UTC) + timedelta(hours=1)) == []
    assert tracker.get(made.ref).comments == 2


def test_a_reaction_given_twice_is_given_once_or_harmless(tracker):
    made = tracker.create(draft(tracker))
    tracker.comment(made.ref, "text")
    comment = tracker.comments(made.ref, PAST)[0]

    tracker.react(made.ref, comment, understood=True)
    tracker.react(made.ref, comment, understood=False)

    assert tracker.comments(made.ref, PAST)[0].body.startswith("text")


def test_an_issue_that_is_not_there_is_gone(tracker):
    with pytest.raises(IssueGone):
        tracker.get(IssueRef(tracker.repository("shop"), 77, ""))


# --- what only GitHub does ---------------------------------------------------------------------------------
def test_only_new_issues_and_comments_notify_anybody(fake):
    tracker = github(fake)
    made = tracker.create(draft(tracker))
    for n in range(10):
        tracker.edit(made.ref, IssueEdit(body=f"{marker(KEY)}\n\n{n}\n", add_labels=("quiet",)))
    tracker.comment(made.ref, "text")

    assert fake.notified == ["issues/create", "issues/create-comment"]


def test_a_label_that_another_worker_removed_first_is_not_in_the_answer(fake):
    tracker = github(fake)
    made = tracker.create(draft(tracker))
    fake.between = lambda _number, method, _path: method == "DELETE" and fake.take_label(1, "priority: P1")

    edited = tracker.edit(made.ref, IssueEdit(add_labels=("priority: P0",), remove_labels=("priority: P1",)))

    assert edited.labels == {"log-gardener", "priority: P0"}


@pytest.mark.parametrize(
    ("fault", "error", "issues"),
    [
        # It was done, the answer is lost: nobody may ask again.
        (Fault("POST", "/issues$", when="after", status=502), OutcomeUnknown, 1),
        (Fault("POST", "/issues$", when="after", status=None), OutcomeUnknown, 1),
        # It was not done, but nobody can know.
        (Fault("POST", "/issues$", status=503), OutcomeUnknown, 0),
        (Fault("POST", "/issues$", status=None), OutcomeUnknown, 0),
        # Limits: certainly not done.
        (Fault("POST", "/issues$", status=403, headers={"retry-after": "7"}, message=SECONDARY), RateLimited, 0),
        (Fault("POST", "/issues$", status=403, message=SECONDARY), RateLimited, 0),
        (Fault("POST", "/issues$", status=429), RateLimited, 0),
        (Fault("POST", "/issues$", status=403, headers=SPENT), RateLimited, 0),
        # Refused for good.
        (Fault("POST", "/issues$", status=403, message="Resource not accessible by integration"), RepositoryParked, 0),
        (Fault("POST", "/issues$", status=401, message="Bad credentials"), RepositoryParked, 0),
        (Fault("POST", "/issues$", status=410, message="Issues are disabled for this repo"), RepositoryParked, 0),
        (Fault("POST", "/issues$", status=422, message="Validation Failed"), TrackerError, 0),
    ],
)  # fmt: skip
def test_a_create_is_sent_once_whatever_is_answered(fake, fault, error, issues):
    tracker = github(fake)
    fake.faults.append(fault)

    with pytest.raises(error) as raised:
        tracker.create(draft(tracker))

    posts = [url for method, url, *_ in fake.log if method == "POST" and url.endswith("/issues")]
    assert (type(raised.value), len(posts), len(fake.issues())) == (error, 1, issues)


@pytest.mark.parametrize(
    ("headers", "message", "wait_s"),
    [
        ({"retry-after": "7"}, SECONDARY, 7),
        ({}, SECONDARY, 60),  # GitHub often says nothing: a minute at least
        ({"retry-after": "999999"}, SECONDARY, 3600),  # and an hour at most
        ({"retry-after": "soon"}, SECONDARY, 60),  # what cannot be read is no header
    ],
)
def test_a_limit_says_how_long_to_wait(fake, headers, message, wait_s):
    tracker = github(fake)
    made = tracker.create(draft(tracker))
    fake.faults.append(Fault("PATCH", ".", status=403, headers=headers, message=message))

    with pytest.raises(RateLimited) as raised:
        tracker.edit(made.ref, IssueEdit(open=False))

    assert raised.value.retry_after_s == wait_s


def test_a_read_is_tried_again_and_then_left_for_later(fake):
    tracker, made = github(fake), None
    made = tracker.create(draft(tracker))
    fake.faults.append(Fault("GET", "/issues/1$", status=502, times=2))

    assert tracker.get(made.ref).open

    fake.faults.append(Fault("GET", "/issues/1$", status=None, times=3))
    with pytest.raises(Transient):
        tracker.get(made.ref)


def test_a_server_that_is_not_there_has_certainly_done_nothing():
    clock = Clock()
    api = GitHubApi("http://127.0.0.1:9", TokenAuthority("t"), clock=clock)

    with pytest.raises(Transient) as raised:
        api.write("POST", "/repos/acme/shop/issues", {})
    api.close()

    assert not isinstance(raised.value, OutcomeUnknown)


def test_an_unchanged_issue_costs_no_quota(fake):
    tracker = github(fake)
    ref = tracker.create(draft(tracker)).ref
    tracker.get(ref)

    again = tracker.get(ref)

    assert again.open
    assert fake.log[-1][3]["if-none-match"].startswith('W/"')


def test_what_a_person_writes_right_after_our_edit_is_not_taken_for_its_failure(fake):
    tracker = github(fake)
    made = tracker.create(draft(tracker))
    plain = fake.issues_get

    def later(*asked):
        fake.repositories["acme/shop"].issues[1]["body"] += "\nmine"
        return plain(*asked)

    fake.issues_get = later

    assert tracker.edit(made.ref, IssueEdit(body=f"{marker(KEY)}\n\nnew\n")).body == f"{marker(KEY)}\n\nnew\n"


def test_a_body_that_was_not_kept_is_an_error_although_github_says_200(fake):
    tracker = github(fake)
    made = tracker.create(draft(tracker))
    fake.issues_update = fake.issues_get

    with pytest.raises(TrackerError, match="kept the old body"):
        tracker.edit(made.ref, IssueEdit(body="new"))


def test_writes_keep_their_distance(fake):
    clock = Clock()
    api = GitHubApi(fake.url, TokenAuthority("t"), clock=clock, write_gap_s=30.0)
    fake.closing.append(api.close)
    tracker = GitHubTracker("acme/shop", api=api, clock=clock)
    made = tracker.create(draft(tracker, labels=()))

    tracker.comment(made.ref, "text")

    assert len(clock.slept) == 1
    assert 25 < clock.slept[0] <= 30


def test_a_transferred_issue_says_where_it_is(fake):
    tracker = github(fake)
    made = tracker.create(draft(tracker))
    elsewhere = tracker.create(IssueDraft("acme/pay", "it broke", f"{marker(KEY)}\n", ("log-gardener",)))
    fake.repositories["acme/shop"].moved[made.ref.number] = ("acme/pay", elsewhere.ref.number)

    for attempt in (
        lambda: tracker.get(made.ref),
        lambda: tracker.edit(made.ref, IssueEdit(open=False)),
        lambda: tracker.comment(made.ref, "text"),
    ):
        with pytest.raises(IssueMoved) as raised:
            attempt()
        assert (raised.value.repository, raised.value.number) == ("acme/pay", elsewhere.ref.number)
    assert fake.comments(elsewhere.ref.number, "acme/pay") == []


@pytest.mark.parametrize(
    ("arrange", "error"),
    [
        (lambda repository: repository.deleted.add(1), IssueGone),
        (lambda repository: setattr(repository, "has_issues", False), RepositoryParked),
        (lambda repository: setattr(repository, "archived", True), RepositoryParked),
        (lambda repository: repository.locked.add(1), IssueLocked),
    ],
)
def test_an_issue_out_of_reach_says_why(fake, arrange, error):
    tracker = github(fake)
    made = tracker.create(draft(tracker))
    arrange(fake.repositories["acme/shop"])

    with pytest.raises(error):
        tracker.comment(made.ref, "text")


def test_a_repository_that_vanished_is_parked(fake):
    tracker = github(fake)
    made = tracker.create(draft(tracker))
    del fake.repositories["acme/shop"]

    with pytest.raises(RepositoryParked):
        tracker.get(made.ref)


def test_labels_are_made_with_a_colour_once_and_people_may_have_made_them_before(fake):
    tracker = github(fake)
    fake.repositories["acme/shop"].labels["Log-Gardener"] = {"id": 1, "color": "ffffff", "description": None}
    tracker.create(draft(tracker))
    tracker.create(draft(tracker))

    made = [data["name"] for method, url, data, _ in fake.log if method == "POST" and url.endswith("/labels")]
    assert made == ["priority: P1"]
    assert fake.repositories["acme/shop"].labels["priority: P1"]["color"] == "d93f0b"


def test_an_owner_without_access_does_not_cost_us_the_issue(fake):
    tracker = github(fake)

    made = tracker.create(draft(tracker, assignees=("stranger",)))
    also = tracker.create(draft(tracker, assignees=("alice",)))

    assert [fake.repositories["acme/shop"].issues[one.ref.number]["assignees"] for one in (made, also)] == [
        [],
        ["alice"],
    ]


def test_only_people_with_write_access_may_steer(fake):
    tracker = github(fake)
    made = tracker.create(draft(tracker))

    assert [tracker.may_steer(made.ref, name) for name in ("alice", "mallory", "a/../b")] == [True, False, False]


def test_a_text_with_a_secret_in_it_is_not_sent(fake):
    tracker = github(fake)

    with pytest.raises(TrackerError, match="GitHub token"):
        tracker.create(draft(tracker, text="token ghp_" + "a1" * 18))

    assert fake.log == []


def test_services_may_have_repositories_of_their_own(fake):
    tracker = github(fake, by_service={"pay-*": "acme/pay"})

    assert [tracker.repository(name) for name in ("pay-api", "shop")] == ["acme/pay", "acme/shop"]
    assert tracker.repositories() == ["acme/shop", "acme/pay"]


def test_pull_requests_are_no_issues(fake):
    tracker = github(fake)
    tracker.create(draft(tracker))
    plain, links = fake.issue, dict.fromkeys(("url", "diff_url", "html_url", "patch_url"), "https://x.example/")
    fake.issue = lambda full, one: {**plain(full, one), "pull_request": links}

    assert tracker.listing("acme/shop", None) == []


def test_an_app_asks_for_a_token_that_may_do_little_and_renews_it(fake):
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    fake.accepts = set()
    tracker = github(fake, authority=AppAuthority("12345", 7, pem))
    tracker.create(draft(tracker))
    fake.accepts.clear()  # as if the token had been revoked

    tracker.create(draft(tracker))

    asked = [(data, headers) for _, url, data, headers in fake.log if "access_tokens" in url]
    claims = jwt.decode(asked[0][1]["authorization"].removeprefix("Bearer "), key.public_key(), algorithms=["RS256"])
    assert (len(asked), len(fake.issues()), claims["iss"]) == (2, 2, "12345")
    assert asked[0][0] == {"permissions": {"issues": "write", "metadata": "read"}}


def test_a_key_that_is_none_is_named(fake):
    tracker = github(fake, authority=AppAuthority("1", 7, "nonsense"))

    with pytest.raises(TrackerError, match="GARDENER_GITHUB_PRIVATE_KEY"):
        tracker.create(draft(tracker))


def test_a_token_is_never_sent_to_another_host(fake):
    tracker = github(fake)
    made = tracker.create(draft(tracker))
    fake.faults.append(
        Fault("GET", "/issues/1$", status=301, headers={"location": "http://127.0.0.1:1/steal"}, times=2)
    )

    with pytest.raises((IssueGone, IssueMoved, RepositoryParked, TrackerError)):
        tracker.get(made.ref)

    assert all(url.startswith("/repos/acme/shop/") for _, url, *_ in fake.log)


# --- the fake and the document themselves ------------------------------------------------------------------
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/repos/acme/shop/issues", {"titel": "x", "title": "y"}),  # a field that does not exist
        ("POST", "/repos/acme/shop/issues", {"body": "x"}),  # a field that is required
        ("PATCH", "/repos/acme/shop/issues/1", {"state_reason": "done"}),  # a value that does not exist
        ("DELETE", "/repos/acme/shop/issues/1", None),  # a method that does not exist
        ("GET", "/repos/acme/shop/issues?label=x", None),  # a parameter that does not exist
        ("GET", "/issues/1", None),  # a path that does not exist
    ],
)
def test_a_request_that_github_does_not_document_is_a_violation(method, path, body):
    with FakeGitHub() as running:
        api = GitHubApi(running.url, TokenAuthority("t"), clock=Clock(), write_gap_s=0.0)
        running.closing.append(api.close)
        if method == "GET":
            with pytest.raises(TrackerError):
                api.read(path)
        else:
            with pytest.raises(TrackerError):
                api.write(method, path, body)

    assert len(running.violations) == 1
