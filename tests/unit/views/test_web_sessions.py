"""Whoever holds some of the secrets gets what these secrets give, and nothing more: over every set-up and subset."""

import hashlib
import hmac
import itertools
import time
from base64 import urlsafe_b64encode

import pytest

from processor.model.errors import ConfigError, Transient
from processor.views.web.auth import COOKIE, Access
from processor.views.web.ended import EndedSessions
from processor.views.web.iap_keys import ProxyKeys
from processor.views.web.sessions import SESSION_S, Role, Sessions
from processor.views.web.settings import load_web
from sinks.sqlite.store import SqliteStore

SECRETS = {
    "token": "on-call-token-0123456789",
    "read_token": "read-token-0123456789",
    "session_key": "a-key-of-its-own-that-is-long-enough-012345",
}
RANK = {None: 0, Role.READ: 1, Role.ON_CALL: 2}
NOW_S = time.time()


def subsets(names):
    return [set(some) for size in range(len(names) + 1) for some in itertools.combinations(sorted(names), size)]


def access(configured, **more):
    flags = {name: SECRETS[name] for name in configured}
    return Access(load_web({"iap_audience": "aud", **flags, **more}), key_for=lambda _: None, now_s=lambda: NOW_S)


def forgeries(known):
    """Cookies that somebody can make who knows these secrets and the program."""
    values = ["", *(SECRETS[name] for name in sorted(known))]
    for on_call, read, key in itertools.product(values, repeat=3):
        made = Sessions(key, {Role.ON_CALL: on_call, Role.READ: read})
        for role, token in ((Role.ON_CALL, on_call), (Role.READ, read)):
            if token:
                yield made.cookie("eve", role, NOW_S)
    for role, one, two in itertools.product(Role, values, values):
        claim = f"{role.name}.{'0' * 32}.{urlsafe_b64encode(b'eve').decode()}.{int(NOW_S) + 3600}"
        for secret in (one.encode(), f"{one}\0{two}".encode(), hashlib.blake2b(f"{one}\0{two}".encode()).digest()):
            yield f"{claim}.{hmac.new(secret, claim.encode(), hashlib.sha256).hexdigest()}"


def given(who, known):
    """The role that the known tokens give by right."""
    roles = [who.role_of(SECRETS[name], name) for name in known & {"token", "read_token"}]
    return max(roles, key=RANK.get, default=None)


def named(known):
    return "+".join(sorted(known)) or "none"


CASES = [(config, known) for config in subsets(SECRETS) for known in subsets(SECRETS) if known <= config]


@pytest.mark.parametrize(("configured", "known"), CASES, ids=named)
def test_nobody_forges_a_session_above_the_secrets_they_hold(configured, known):
    who = access(configured)
    # Without the key not even a session of their own role can be forged; with it none of a role whose token is unknown.
    by_right = RANK[given(who, known)] if "session_key" in known else 0
    best = max(
        (RANK[viewer.role] for cookie in forgeries(known) if (viewer := who.viewer({}, {COOKIE: cookie}))), default=0
    )

    assert best <= by_right


@pytest.mark.parametrize("configured", subsets(SECRETS), ids=named)
def test_a_role_without_a_token_has_no_session(configured):
    who = access(configured)
    for role, name in ((Role.ON_CALL, "token"), (Role.READ, "read_token")):
        if name in configured:
            assert who.viewer({}, {COOKIE: who.sign_in("Mo", role)}).role is role
        else:
            with pytest.raises(KeyError):
                who.sign_in("Mo", role)


def test_a_session_is_believed_by_processes_that_share_a_key_and_by_no_other():
    mine, twin, other = access(SECRETS), access(SECRETS), access({"token", "read_token"})
    cookie = mine.sign_in("Mo", Role.ON_CALL)

    assert twin.viewer({}, {COOKIE: cookie})
    assert other.viewer({}, {COOKIE: cookie}) is None
    renewed = {"token": "a-new-token-0123456789"}
    assert access({"session_key"}, **renewed).viewer({}, {COOKIE: cookie}) is None


class Processes:
    """Processes of one page that share a key and a state; `clock_s` is theirs, `is_away` the state's."""

    def __init__(self, path):
        self.path, self.clock_s, self.is_away, self.opened = str(path), 0.0, False, []

    def open_store(self):
        if self.is_away:
            raise Transient("away")
        self.opened.append(SqliteStore(self.path))
        return self.opened[-1]

    def start(self, configured=frozenset(SECRETS)):
        flags = {name: SECRETS[name] for name in configured}
        ended = EndedSessions(self.open_store, lambda: self.clock_s)
        return Access(load_web(flags), key_for=lambda _: None, now_s=lambda: NOW_S, ended=ended)


@pytest.fixture
def processes(tmp_path):
    made = Processes(tmp_path / "garden.db")
    yield made
    for store in made.opened:
        store.close()


def test_signing_out_ends_the_session_in_every_process_and_after_a_restart(processes):
    one, other = processes.start(), processes.start()
    cookies = {COOKIE: one.sign_in("Mo", Role.ON_CALL)}
    assert other.viewer({}, cookies)
    one.sign_out(cookies)

    assert one.viewer({}, cookies) is None
    assert other.viewer({}, cookies), "it has just asked"
    processes.clock_s += 30
    assert other.viewer({}, cookies) is None
    assert processes.start().viewer({}, cookies) is None
    assert other.viewer({}, {COOKIE: one.sign_in("Mo", Role.ON_CALL)}), "others stay"


def test_a_state_that_is_away_locks_nobody_out_and_hears_of_the_end_later(processes):
    processes.is_away = True
    one, other = processes.start(), processes.start()
    cookies = {COOKIE: one.sign_in("Mo", Role.ON_CALL)}
    assert other.viewer({}, cookies)
    one.sign_out(cookies)
    assert one.viewer({}, cookies) is None

    processes.is_away = False
    processes.clock_s += 30
    assert one.viewer({}, {COOKIE: one.sign_in("Kim", Role.READ)})
    assert other.viewer({}, cookies) is None


def test_a_page_whose_key_is_its_own_asks_the_state_nothing(processes):
    one = processes.start({"token"})
    cookies = {COOKIE: one.sign_in("Mo", Role.ON_CALL)}
    assert one.viewer({}, cookies)
    one.sign_out(cookies)
    assert one.viewer({}, cookies) is None
    assert processes.opened == []


def test_ended_sessions_stay_ended_however_many_end(monkeypatch):
    monkeypatch.setattr("processor.views.web.sessions._MAX_ENDED", 5)
    sessions = Sessions("", {Role.READ: SECRETS["read_token"]})
    cookies = [sessions.cookie("mo", Role.READ, NOW_S) for _ in range(20)]
    for cookie in cookies:
        sessions.end(cookie, NOW_S)

    assert not any(sessions.viewer(cookie, NOW_S + 1) for cookie in cookies)
    fresh = sessions.cookie("mo", Role.READ, NOW_S + 1)
    assert sessions.viewer(fresh, NOW_S + 2), "and new ones are made"
    assert sessions.viewer(fresh, NOW_S + SESSION_S + 2) is None


@pytest.mark.parametrize(
    ("flags", "named"),
    [
        ({"token": SECRETS["token"], "read_token": SECRETS["token"]}, "must differ"),
        ({"token": SECRETS["session_key"], "session_key": SECRETS["session_key"]}, "must differ"),
        ({"session_key": "short"}, "32 characters"),
        ({"proxies": "everywhere"}, "network"),
        ({"proxies": "0.0.0.0/0"}, "everybody"),
    ],
)
def test_secrets_that_would_give_one_role_the_others_key_are_refused(flags, named):
    with pytest.raises(ConfigError, match=named):
        load_web({"iap_audience": "aud", **flags})


class Fetching:
    """Google's keys; away when told so."""

    def __init__(self):
        self.now_s, self.answers, self.asked = 0.0, [], 0

    def __call__(self):
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_people_whose_key_is_known_are_served_while_fetches_fail():
    fetching = Fetching()
    fetching.answers = [{"k1": "key"}, OSError("away")]
    keys = ProxyKeys(fetching, lambda: fetching.now_s)
    assert keys("k1") == "key"
    for fetching.now_s in range(1, 20 * 3600, 60):
        assert keys("k2") is None
        assert keys("k1") == "key"
    fetching.now_s = 25 * 3600
    assert keys("k1") is None, "a key that could not be renewed for a day may have been withdrawn"


def test_a_first_fetch_that_fails_is_repeated_soon():
    fetching = Fetching()
    fetching.answers = [OSError("away"), OSError("away"), {}, {"k1": "key"}]
    keys = ProxyKeys(fetching, lambda: fetching.now_s)
    while keys("k1") is None:
        fetching.now_s += 0.25
    assert fetching.now_s <= 10
    assert fetching.asked == 4


def test_a_key_that_is_withdrawn_is_dropped_and_a_new_one_is_found_within_a_minute():
    fetching = Fetching()
    fetching.answers = [{"k1": "key"}, {"k2": "new"}]
    keys = ProxyKeys(fetching, lambda: fetching.now_s)
    assert keys("k1") == "key"
    fetching.now_s = 61
    assert keys("k2") == "new"
    assert keys("k1") is None
