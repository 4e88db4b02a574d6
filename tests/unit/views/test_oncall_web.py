"""The page's routes over a real store: what is shown, who may act, what is refused, and what it costs the store."""

import asyncio
import json
import re
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace
from oncall_state import commit, commit_all
from starlette.testclient import TestClient

from processor.model import Priority, Severity, Status, Totals
from processor.model.errors import Conflict, StateError, Transient
from processor.model.notes import FOR_BUDGET, Notes
from processor.triage import transitions
from processor.views.snapshot import StateReader
from processor.views.web.app import make_app
from processor.views.web.auth import Access
from processor.views.web.middleware import HEADERS
from processor.views.web.poller import Poller
from processor.views.web.settings import load_web
from sinks.redact import redact
from sinks.sqlite.store import SqliteStore

ON_CALL = "on-call-token-0123456789"
READ = "read-token-0123456789"
BROWSER = {"accept": "text/html", "sec-fetch-site": "same-origin", "origin": "http://localhost"}
HOSTILE = "</pre><script>alert(1)</script><img src=x onerror=alert(1)> {{7*7}} \x1b[31m \u202egpj.exe"


class CountingStore:
    """The real store; counts what is asked of it, and is away when told so. The test and the poller take turns."""

    documents_read = 0

    def __init__(self, path):
        self.inner = SqliteStore(str(path))
        self.aside = SqliteStore(str(path))  # another process, not counted
        self.lock = threading.Lock()
        self.calls = Counter()
        self.away = None

    def __getattr__(self, name):
        method = getattr(self.inner, name)

        def call(*arguments):
            with self.lock:
                self.calls[name] += 1
                if self.away:
                    raise self.away
                return method(*arguments)

        return call

    def close(self):
        """The poller lets go of a store that is away; this one stays."""

    def end(self):
        self.inner.close()
        self.aside.close()


@pytest.fixture
def store(tmp_path):
    made = CountingStore(tmp_path / "g.db")
    commit_all(
        made,
        now(),
        [
            ("c1", [1, 2, 70], {"template": "Card <*> declined", "text": "Card 41 declined", "service": "pay"}),
            ("c2", [3], {"template": "HTTP 4xx", "severity": Severity.WARNING}),
            ("bad", [9], {"template": HOSTILE, "text": HOSTILE, "raw": HOSTILE, "facets": {"route": HOSTILE}}),
        ],
    )
    yield made
    made.end()


def now():
    return datetime.now(UTC)


def client_for(store, **flags):
    def make_poller():
        return Poller(StateReader(lambda: store, now), now, every_s=0.2)

    access = Access(load_web(flags), key_for=lambda _: None, local_name="mo")
    return TestClient(make_app(make_poller, access), base_url="http://localhost", headers={"accept": "text/html"})


@pytest.fixture
def client(store):
    with client_for(store) as made:
        yield made


def form(client, cluster_id="c1", **fields):
    """The fields of the page's own form, as a browser would send them."""
    page = client.get(f"/clusters/{cluster_id}").text
    found = dict(re.findall(r'name="(form_token|seen)"(?: form="act")? value="([^"]*)"', page))
    return {**found, **fields}


def act(client, cluster_id="c1", headers=BROWSER, **fields):
    return client.post(
        f"/clusters/{cluster_id}/actions",
        data=form(client, cluster_id, **fields),
        headers=headers,
        follow_redirects=False,
    )


def test_the_overview_shows_what_is_new_the_sum_and_the_workers(client, store):
    page = client.get("/").text
    twin = client.get("/index.json").json()

    for part in ("Card", "Every entry accounted for", "worker-1", "ingested"):
        assert part in page
    totals = twin["totals"]
    assert totals["ingested"] == totals["counted"] + totals["duplicates"] + totals["rejected"] + totals["ignored"] == 5
    assert [one["id"] for one in twin["new"]] == ["bad", "c1", "c2"], "the worst first, then the newest"


def test_the_list_and_the_detail_have_twins_with_the_same_figures(client):
    listed = client.get("/clusters.json?q=card").json()
    detail = client.get("/clusters/c1.json").json()

    assert [one["id"] for one in listed["clusters"]] == ["c1"]
    assert (detail["count"], detail["last_hour"], detail["hour_before"]) == (3, 2, 1)
    assert "41" in client.get("/clusters/c1").text, "the wildcard shows the sample's value"


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/nothing", 404),
        ("/clusters/nope", 404),
        ("/clusters/nope.json", 404),
        ("/clusters?page=x", 400),
        ("/clusters.json?sort=size", 400),
        ("/static/../web.py", 404),
        ("/static/%2e%2e/web.py", 404),
        ("/signin", 404),  # no token is set
    ],
)
def test_what_is_not_there_is_answered_with_a_sentence(client, path, code):
    answer = client.get(path)

    assert answer.status_code == code
    assert "Traceback" not in answer.text
    if path.endswith(".json") or ".json?" in path:
        assert answer.json()["error"]


def test_every_answer_carries_the_headers_that_keep_it_harmless(client):
    for path in ("/", "/nothing", "/clusters.json", "/static/oncall.css", "/healthz", "/clusters/bad"):
        answer = client.get(path)
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
    assert "unsafe" not in HEADERS["content-security-policy"]


def test_hostile_log_text_is_escaped_and_what_cannot_be_seen_is_named(client):
    for path in ("/", "/clusters", "/clusters/bad", "/clusters?q=%3Cscript%3Ealert(1)%3C/script%3E"):
        page = client.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "\u202e" not in page
        assert "\x1b" not in page
    page = client.get("/clusters/bad").text
    assert "[U+202E]" in page
    assert "{{7*7}}" in page, "log text is no template"


def test_no_page_holds_a_script_or_a_style_of_its_own_or_an_address_outside(client):
    for path in ("/", "/clusters", "/clusters/c1"):
        page = client.get(path).text
        tags = re.sub(r'"[^"]*"', '""', page)
        assert not re.search(r"<script(?! src=)|<style|<[^<>]*\s(?:style|on[a-z]+)=", tags)
        assert not re.search(r'(?:src|action)="(?:https?:)?//', page)
        assert set(re.findall(r'href="(?:https?:)?//([^/"]*)', page)) <= {"console.cloud.google.com"}


@pytest.mark.parametrize(
    ("fields", "status", "check"),
    [
        ({"action": "acknowledge", "note": "on it"}, Status.ACKNOWLEDGED, lambda h: h.note == "on it"),
        ({"action": "mute", "until": "7d"}, Status.MUTED, lambda h: h.mute_until - h.changed_at == timedelta(days=7)),
        ({"action": "mute", "until": "10x"}, Status.MUTED, lambda h: h.mute_until_count == 30),
        ({"action": "mute", "until": ""}, Status.MUTED, lambda h: h.mute_until is None),
        ({"action": "resolve"}, Status.RESOLVED, lambda h: h.resolved_revision == ""),
        ({"action": "resolve", "next_revision": "yes"}, Status.RESOLVED, lambda h: h.resolved_revision != ""),
        ({"action": "reopen"}, Status.OPEN, lambda h: h.changed_at is not None),
        ({"action": "priority", "priority": "P0"}, Status.OPEN, lambda h: h.priority is Priority.P0),
    ],
)
def test_every_action_leaves_its_trace_in_the_store(client, store, fields, status, check):
    answer = act(client, **fields)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith(f"/clusters/c1?done={fields['action']}&undo=")
    triage = store.cluster("c1").triage
    assert (triage.status, triage.by) == (status, "mo")
    assert check(triage)
    (record,) = store.audit(10)
    assert (record.who, record.action, record.cluster_id) == ("mo", fields["action"], "c1")
    assert "mo" in client.get("/clusters/c1").text


@pytest.fixture
def twin(client, store):
    """One more cluster of the stream that c1 is of."""
    commit(store.aside, now(), "c4", [4], template="Card <*> refused", service="pay")
    assert wait_for(client, 'href="/clusters/c4"')
    return "c4"


def test_a_merged_cluster_leads_to_the_one_that_continues_it(client, store, twin):
    answer = act(client, twin, action="merge", into=" c1 ", note="the same bank")

    assert answer.headers["location"].startswith("/clusters/c1?done=merge&undo=")
    assert client.get("/clusters/c4", follow_redirects=False).headers["location"] == "/clusters/c1"
    assert client.get("/clusters/c4.json").json()["count"] == 4
    assert store.audit(1)[0].detail == "into c1: the same bank"
    assert "c4" not in [one["id"] for one in client.get("/clusters.json?status=all").json()["clusters"]]


@pytest.mark.parametrize("apart", ["", "c4"])
def test_a_split_gives_back_what_was_merged_with_what_was_counted_on_it(client, store, twin, apart):
    act(client, twin, action="merge", into="c1")
    assert '<button name="action" value="split"' in client.get("/clusters/c1").text
    answer = act(client, "c1", action="split", apart=apart, note="two banks")

    assert answer.headers["location"].startswith("/clusters/c1?done=split&undo=")
    assert [client.get(f"/clusters/{name}.json").json()["count"] for name in ("c1", "c4")] == [3, 1]
    (record, _) = store.audit(9)
    assert (record.action, record.cluster_id, record.detail) == ("split", "c1", "c4: two banks")
    assert {worker.id for worker in store.workers()} == {"worker-1"}, "nobody else counts as a worker"
    assert "split c4" not in client.get("/clusters/c1").text
    assert "c4: two banks" in client.get("/clusters/c1").text


def test_what_belongs_to_a_cluster_is_named_with_its_evidence(client, store):
    storm = [
        ("s1", [20, 20, 20, 19, 19], {"text": "ConnectionError: db-7 refused the connection", "service": "pay"}),
        ("s2", [20, 20, 20, 19, 19], {"text": "failed: ConnectionError: db-7 refused the connection"}),
    ]
    commit_all(store.aside, now(), storm)
    assert wait_for(client, "it broke s1")
    page, twin = client.get("/clusters/s2").text, client.get("/clusters/s2.json").json()

    assert [one["cluster"] for one in twin["incident"]["members"]] == ["s1", "s2"]
    assert (twin["incident"]["root"], twin["incident"]["over"]) == ("s1", False)
    assert all(part in page for part in ("Incident", "where it began", "same exception", 'href="/clusters/s1"'))
    assert client.get("/clusters/c2.json").json()["incident"] is None


def test_an_incident_that_the_controller_has_found_stays_one(store):
    store.put_triage("c2", replace(store.cluster("c2").triage, notes=Notes(incident="c1")))
    with client_for(store) as client:
        for name in ("c1", "c2"):
            members = client.get(f"/clusters/{name}.json").json()["incident"]["members"]
            assert {one["cluster"] for one in members} == {"c1", "c2"}


def test_a_cluster_whose_issue_is_held_back_says_why(store):
    store.put_triage("c1", replace(store.cluster("c1").triage, announced=1, notes=Notes(waiting=FOR_BUDGET)))
    with client_for(store) as client:
        assert FOR_BUDGET in client.get("/clusters/c1").text
        assert FOR_BUDGET not in client.get("/clusters/c2").text
        assert client.get("/clusters/c1.json").json()["issue_held_back"] == FOR_BUDGET


def test_of_two_people_the_second_is_told_who_was_first(client, store):
    seen = form(client, action="resolve")
    cluster = store.cluster("c1")
    decision = transitions.acknowledge(cluster, now=now(), who="ana")
    store.put_triage("c1", decision.triage, [decision.audit])

    answer = client.post("/clusters/c1/actions", data=seen, headers=BROWSER)
    assert answer.status_code == 409
    assert "ana decided first" in answer.text
    assert store.cluster("c1").triage.status is Status.ACKNOWLEDGED


def test_the_controllers_own_notes_are_no_reason_to_refuse_a_person(client, store):
    seen = form(client, action="acknowledge")
    store.put_triage("c1", store.cluster("c1").triage)

    assert client.post("/clusters/c1/actions", data=seen, headers=BROWSER).status_code == 200
    assert store.cluster("c1").triage.status is Status.ACKNOWLEDGED


@pytest.mark.parametrize(
    "headers",
    [
        {"accept": "text/html"},  # says nothing of where it comes from
        {**BROWSER, "sec-fetch-site": "cross-site", "origin": "http://evil.example"},
        {**BROWSER, "origin": "http://evil.example"},
        {"accept": "text/html", "origin": "null"},
    ],
)
def test_another_sites_form_does_nothing_even_with_a_stolen_form_token(client, store, headers):
    assert act(client, headers=headers, action="resolve").status_code == 403
    assert store.cluster("c1").triage.rev == 0


@pytest.mark.parametrize("token", ["", "0" * 64, "é"])
def test_our_own_origin_without_the_form_token_does_nothing(client, store, token):
    assert act(client, action="resolve", form_token=token).status_code == 403
    assert store.cluster("c1").triage.rev == 0


def test_getting_an_action_does_nothing(client):
    assert client.get("/clusters/c1/actions").status_code == 405


def test_a_form_is_bounded(client):
    assert act(client, action="acknowledge", note="n" * 20_000).status_code == 413
    many = "&".join(f"f{n}=1" for n in range(40))
    assert client.post("/clusters/c1/actions", content=many, headers=BROWSER).status_code == 400
    assert client.post("/clusters/c1/actions", content=b"\xff\xfe", headers=BROWSER).status_code == 400


def test_with_a_token_set_nobody_sees_anything_without_it(store):
    with client_for(store, token=ON_CALL) as client:
        for path in ("/", "/clusters", "/clusters/c1", "/clusters.json", "/events", "/nothing"):
            answer = client.get(path, follow_redirects=False)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/signin?next=/")
            assert client.get(path, headers={"accept": "application/json"}).status_code == 401
        assert client.post("/clusters/c1/actions", data={"action": "resolve"}, headers=BROWSER).status_code == 401
        assert store.cluster("c1").triage.rev == 0


def test_signing_in_gives_the_role_of_the_token_and_the_name_for_the_audit_trail(store):
    with client_for(store, token=ON_CALL, read_token=READ) as client:
        wrong = client.post("/signin", data={"name": "Ana", "token": ON_CALL + "x"}, headers=BROWSER)
        assert wrong.status_code == 401
        assert client.post("/signin", data={"name": "", "token": ON_CALL}, headers=BROWSER).status_code == 401
        evil = {**BROWSER, "origin": "http://evil.example"}
        assert client.post("/signin", data={"name": "Ana", "token": ON_CALL}, headers=evil).status_code == 403

        client.post("/signin", data={"name": "Ana", "token": ON_CALL}, headers=BROWSER)
        assert act(client, action="acknowledge").status_code == 303
        assert store.cluster("c1").triage.by == "Ana"
        client.post("/signout", headers=BROWSER)
        assert client.get("/", follow_redirects=False).status_code == 303

        client.post("/signin", data={"name": "Guest", "token": READ}, headers=BROWSER)
        page = client.get("/clusters/c1").text
        assert "Read-only access." in page
        assert "form_token" not in page
        assert client.post("/clusters/c1/actions", data={"action": "resolve"}, headers=BROWSER).status_code == 403


@pytest.mark.parametrize("wanted", ["//evil.example", "/\\evil.example", "http://evil.example", "javascript:alert(1)"])
def test_signing_in_never_leads_to_another_site(store, wanted):
    with client_for(store, token=ON_CALL) as client:
        answer = client.post(
            "/signin",
            params={"next": wanted},
            data={"name": "Ana", "token": ON_CALL},
            headers=BROWSER,
            follow_redirects=False,
        )
        assert answer.headers["location"] == "/"
        cookie = answer.headers["set-cookie"].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie


@pytest.mark.parametrize(("scheme", "is_secure"), [("http", False), ("https", True)])
def test_behind_a_proxy_that_ends_tls_the_session_never_travels_without_it(store, scheme, is_secure):
    with client_for(store, token=ON_CALL) as client:
        headers = {**BROWSER, "origin": f"{scheme}://localhost"}
        form = {"name": "Ana", "token": ON_CALL}
        answer = client.post("/signin", data=form, headers=headers, follow_redirects=False)
        assert ("secure" in answer.headers["set-cookie"].lower()) is is_secure


def test_a_script_acts_with_a_token_and_reads_json(store):
    with client_for(store, token=ON_CALL, read_token=READ) as client:
        headers = {"authorization": f"Bearer {ON_CALL}", "accept": "application/json"}
        answer = client.post("/clusters/c1/actions", data={"action": "acknowledge"}, headers=headers)
        assert (answer.status_code, answer.json()["status"]) == (200, "acknowledged")
        headers["authorization"] = f"Bearer {READ}"
        refused = client.post("/clusters/c1/actions", data={"action": "resolve"}, headers=headers)
        assert (refused.status_code, refused.json()["error"]) == (403, "token has read-only access.")


def test_a_store_that_is_away_is_said_and_what_was_read_last_stays(client, store):
    client.get("/")
    store.away = Transient("the state is locked by another process")
    assert wait_for(client, "has not answered since")
    page = client.get("/clusters").text
    assert "the state is locked by another process" in page
    assert "Card" in page
    assert act(client, action="resolve").status_code == 503

    store.away = None
    assert wait_for(client, "has not answered since", gone=True)


def test_a_store_that_has_never_answered_is_a_sentence_and_no_defect(store):
    store.away = StateError("the state is damaged")
    with client_for(store) as client:
        answer = client.get("/")
        assert answer.status_code == 503
        assert "the state is damaged" in answer.text


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (Conflict("someone else"), "Nothing was changed: "),
        (Transient("no answer"), "The outcome is unknown; check before you repeat it: no answer"),
    ],
)
def test_a_store_that_fails_while_writing_is_a_sentence_that_says_what_is_known(client, store, error, sentence):
    fields = form(client, action="acknowledge")
    store.put_triage = lambda *_: (_ for _ in ()).throw(error)
    answer = client.post("/clusters/c1/actions", data=fields, headers=BROWSER)

    assert answer.status_code == 503
    assert sentence in answer.text


def test_an_action_that_is_stored_is_done_though_its_trail_cannot_be_read(client, store):
    fields = form(client, action="acknowledge")
    real = store.put_triage

    def put_and_go_away(*arguments):
        stored = real(*arguments)
        store.away = Transient("no answer")
        return stored

    store.put_triage = put_and_go_away
    answer = client.post("/clusters/c1/actions", data=fields, headers=BROWSER, follow_redirects=False)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/clusters/c1?done=acknowledge")


def test_a_defect_while_reading_ends_the_page_instead_of_showing_old_figures_as_live(store):
    async def run():
        poller = Poller(StateReader(lambda: store, now), now, every_s=0.05)
        waiting = asyncio.create_task(poller.after(poller.snapshot.version, 3))
        store.away = ZeroDivisionError("a defect")
        await asyncio.wait_for(poller.run(), 3)
        await waiting
        await poller.close()
        return poller

    poller = asyncio.run(run())
    assert poller.ending
    assert isinstance(poller.broken, ZeroDivisionError)


def test_an_old_export_says_what_its_rates_are_relative_to(client, tmp_path):
    assert "No entry in the last three hours" not in client.get("/").text
    old = CountingStore(tmp_path / "old.db")
    newest = now() - timedelta(days=400)
    commit(old, newest, "c1", [0, 5, 70])
    with client_for(old) as made:
        page = made.get("/clusters").text
        assert "No entry in the last three hours" in page
        assert f"{newest:%Y-%m-%d %H:%M} UTC" in page
        assert made.get("/clusters/c1.json").json()["last_hour"] == 2
    old.end()


def wait_for(client, text, *, gone=False):
    """The poller looks several times a second; two seconds are plenty."""
    deadline = now() + timedelta(seconds=4)
    while now() < deadline:
        if (text in client.get("/").text) is not gone:
            return True
    return False


def test_fifty_viewers_cost_the_store_no_more_reads_than_one(store):
    async def reads(viewers):
        poller = Poller(StateReader(lambda: store, now), now, every_s=0.05)
        polling = asyncio.create_task(poller.run())
        await poller.current()
        store.calls.clear()
        poller.viewers = viewers

        async def view():
            snapshot = await poller.current()
            return await poller.after(snapshot.version, 3)

        waiting = [asyncio.create_task(view()) for _ in range(viewers)]
        await asyncio.sleep(0.3)
        commit(store.aside, now(), "c1", [0])
        seen = await asyncio.gather(*waiting)
        assert {snapshot.rows["c1"].cluster.count for snapshot in seen} == {seen[0].rows["c1"].cluster.count}
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
        await poller.close()
        return store.calls["clusters"], store.calls["workers"]

    alone, _ = asyncio.run(reads(1))
    many, probes = asyncio.run(reads(50))

    assert (alone, many) == (1, 1), "one commit, one read of the clusters"
    assert probes < 20


def test_while_nobody_looks_nothing_is_read(store, monkeypatch):
    monkeypatch.setattr("processor.views.web.poller._LINGER_S", 0.1)

    async def rest():
        poller = Poller(StateReader(lambda: store, now), now, every_s=0.05)
        polling = asyncio.create_task(poller.run())
        await asyncio.sleep(0.5)
        store.calls.clear()
        await asyncio.sleep(0.5)
        resting = sum(store.calls.values())
        await poller.current()
        await asyncio.sleep(0.1)
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)
        await poller.close()
        return resting, sum(store.calls.values())

    resting, woken = asyncio.run(rest())
    assert resting == 0
    assert woken > 0


def test_a_viewer_hears_of_a_commit(client, store):
    version = int(re.search(r'data-version="(\d+)"', client.get("/").text)[1])
    commit(store.aside, now(), "c3", [0], template="Brand new")

    assert wait_for(client, "Brand new")
    assert int(re.search(r'data-version="(\d+)"', client.get("/").text)[1]) > version


PATHS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(["/clusters", "/clusters/c1", "/clusters.json", "/signin", "/static", "/clusters/c1/actions"]),
)


@settings(max_examples=400, suppress_health_check=list(HealthCheck))
@given(
    PATHS,
    st.dictionaries(st.text(max_size=12), st.text(max_size=60), max_size=5),
    st.sampled_from(["GET", "POST", "PUT", "HEAD"]),
)
@example("/clusters/%00", {"q": "\x00"}, "GET")
@example("/clusters/%ff%fe", {}, "GET")
@example("/clusters/c1.json/../../", {"page": "-1"}, "GET")
@example("/clusters", {"q": "' OR 1=1 --", "page": "1e9", "service": "\u202e"}, "GET")
def test_no_path_and_no_query_makes_the_page_fail_or_act(fuzzed, path, query, method):
    client, store = fuzzed
    path = "/" + quote(path.lstrip("/"), safe="/%")
    if path.startswith("/events"):
        return  # never ends
    answer = client.request(method, path, params=query, headers=BROWSER, follow_redirects=False)
    assert answer.status_code < 500
    assert "Traceback" not in answer.text
    assert not store.audit(1)


@pytest.fixture(scope="module")
def fuzzed(tmp_path_factory):
    store = CountingStore(tmp_path_factory.mktemp("fuzz") / "g.db")
    commit(store, now(), "c1", [1])
    with client_for(store) as client:
        yield client, store
    store.end()


@settings(max_examples=300, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(
        st.sampled_from(["action", "form_token", "seen", "until", "note", "priority", "into", "next_revision", "x"]),
        st.one_of(st.text(max_size=80), st.sampled_from(["resolve", "mute", "merge", "7d", "c1", "P0"])),
    ),
    st.sampled_from([BROWSER, {"accept": "text/html"}, {**BROWSER, "origin": "http://evil.example"}]),
)
def test_no_form_without_the_right_token_makes_the_page_fail_or_act(fuzzed, fields, headers):
    client, store = fuzzed
    answer = client.post("/clusters/c1/actions", data=fields, headers=headers, follow_redirects=False)

    assert answer.status_code == 403
    assert "Traceback" not in answer.text
    assert not store.audit(1)


@settings(max_examples=200, suppress_health_check=list(HealthCheck))
@given(
    st.fixed_dictionaries(
        {"action": st.sampled_from(["mute", "priority", "merge", "split", "", "Mute"])},
        optional={name: st.text(max_size=60) for name in ("until", "priority", "into", "apart", "seen", "note")},
    )
)
def test_on_call_may_write_anything_into_the_form_and_gets_a_sentence(fuzzed, fields):
    client, _ = fuzzed
    page = client.get("/clusters/c1").text
    token = re.search(r'name="form_token" value="([0-9a-f]+)"', page)[1]
    safe = {**fields, "form_token": token, "seen": "another decision"}
    answer = client.post("/clusters/c1/actions", data=safe, headers=BROWSER, follow_redirects=False)

    assert answer.status_code in (404, 409, 422)


def test_the_twin_of_everything_is_json_that_scripts_can_read(client):
    for path in ("/index.json", "/clusters.json", "/clusters/bad.json"):
        assert json.loads(client.get(path).text)["problem"] is None
    assert client.get("/index.json").json()["totals"]["counted"] == Totals(counted=5).ingested


WORD_OF_ALL = "hunter2-x9Qz7"


@pytest.mark.parametrize("path", ["/clusters/s1", "/clusters/s1.json", "/clusters", "/clusters.json", "/"])
def test_a_secret_that_all_entries_share_is_shown_only_to_whoever_is_on_call_and_asks(store, path):
    said = f"cannot log in with password={WORD_OF_ALL} today"
    values = {"template": said, "text": said, "raw": json.dumps({"textPayload": said})}
    commit_all(store, now(), [("s1", [1, 2], {**values, "facets": {"label note": f"password={WORD_OF_ALL}"}})])
    access = Access(load_web({}), key_for=lambda _: None, local_name="mo")
    make_poller = lambda: Poller(StateReader(lambda: store, now), now, every_s=0.2)  # noqa: E731
    with TestClient(
        make_app(make_poller, access, redact=redact), base_url="http://localhost", headers={"accept": "text/html"}
    ) as client:
        assert "cannot log in with" in client.get(path).text
        assert WORD_OF_ALL not in client.get(path).text
        if "s1" in path:
            assert WORD_OF_ALL in client.get(f"{path}?raw=1").text


def test_read_only_people_cannot_ask_for_secrets(store, monkeypatch):
    said = f"cannot log in with password={WORD_OF_ALL} today"
    commit_all(store, now(), [("s1", [1], {"template": said, "text": said, "raw": said})])
    monkeypatch.setenv("GARDENER_WEB_READ_TOKEN", READ)
    monkeypatch.setenv("GARDENER_WEB_TOKEN", ON_CALL)
    access = Access(load_web({}), key_for=lambda _: None, local_name="mo")
    make_poller = lambda: Poller(StateReader(lambda: store, now), now, every_s=0.2)  # noqa: E731
    with TestClient(make_app(make_poller, access, redact=redact), base_url="http://localhost") as client:
        found = {
            token: client.get("/clusters/s1.json?raw=1", headers={"authorization": f"Bearer {token}"}).text
            for token in (READ, ON_CALL)
        }
    assert WORD_OF_ALL not in found[READ]
    assert WORD_OF_ALL in found[ON_CALL]
