"""Incidents as people meet them: one row, one page, one act for all members, and what takes an act back."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from oncall_state import commit, commit_all
from starlette.testclient import TestClient

from processor.issues.trace import parts
from processor.model import AuditRecord, Priority, Status
from processor.model.errors import ConfigError
from processor.model.notes import Notes
from processor.triage.operate import NotThere, Wish, mark_of
from processor.triage.policy import Policy, Rule
from processor.views.facets import breakdown
from processor.views.incidents import incident_rows
from processor.views.overview import incident_ids, overview_of
from processor.views.query import Folded, ListQuery, folded, select
from processor.views.snapshot import StateReader
from processor.views.titles import OTHER
from processor.views.web.app import make_app
from processor.views.web.auth import Access
from processor.views.web.poller import Poller
from processor.views.web.render import PageContext, did, issue_of, render
from processor.views.web.settings import load_web
from sinks.sqlite.store import SqliteStore

CAUSE = "ConnectionError: db-7 refused the connection"
CONSOLE = "https://console.cloud.google.com"
TRACE_NAME = "projects/p-1/traces/abc"
AGES = [20, 20, 20, 19, 19]


def now():
    return datetime.now(UTC)


@pytest.fixture
def store(tmp_path):
    made = SqliteStore(str(tmp_path / "g.db"))
    commit_all(
        made,
        now(),
        [
            ("s1", AGES, {"text": CAUSE, "service": "pay"}),
            ("s2", AGES, {"text": f"failed: {CAUSE}", "service": "cart"}),
            ("s3", AGES, {"text": f"gave up: {CAUSE}", "service": "mail"}),
            ("alone", [5, 4, 3], {"template": "Disk full", "text": "Disk full on volume 3"}),
        ],
    )
    yield made
    made.close()


@pytest.fixture
def reading(store):
    made = StateReader(lambda: store, now)
    made.refresh()
    return made


@pytest.fixture
def client(store):
    class Kept:
        """The poller lets go of its store; this one stays."""

        def __getattr__(self, name):
            return getattr(store, name)

        def close(self):
            pass

    access = Access(load_web({}), key_for=lambda _: None, local_name="mo")
    app = make_app(lambda: Poller(StateReader(Kept, now), now, every_s=0.2), access)
    with TestClient(app, base_url="http://localhost", headers={"accept": "text/html"}) as made:
        yield made


def send(client, path, **fields):
    token = re.search(r'name="form_token" value="([^"]*)"', client.get("/clusters/alone").text)[1]
    headers = {"accept": "text/html", "sec-fetch-site": "same-origin", "origin": "http://localhost"}
    return client.post(path, data={"form_token": token, **fields}, headers=headers, follow_redirects=False)


def statuses(store):
    return {cluster.id: cluster.triage.status for cluster in store.clusters()}


def test_an_incident_is_one_row_with_the_sums_of_its_members(reading):
    (one,) = reading.snapshot.incidents

    assert (one.id, one.cause, one.entries, one.figures.hour) == ("s1", CAUSE, 15, 15)
    assert one.incident.services == ("cart", "mail", "pay")
    assert [row.cluster.id for row in one.rows] == ["s1", "s2", "s3"]
    assert sum(one.figures.bars) == 15


def test_the_overview_has_it_once_and_its_members_nowhere_else(reading):
    content = overview_of(reading.snapshot)

    assert [one.id for one in content.now] == ["s1"]
    assert [row.cluster.id for row in content.new] == ["alone"]
    assert (content.counts["incidents"], content.counts["members"]) == (1, 3)


def test_a_list_folds_members_where_the_first_of_them_stands_and_says_which_fit(reading):
    snapshot = reading.snapshot
    rows = select(snapshot.rows, ListQuery())
    listed = folded(rows, snapshot, ListQuery())
    only_cart = select(snapshot.rows, ListQuery(service="cart"))

    assert sorted(item.incident.id if isinstance(item, Folded) else item.cluster.id for item in listed) == [
        "alone",
        "s1",
    ]
    (item,) = folded(only_cart, snapshot, ListQuery())
    assert [row.cluster.id for row in item.fitting] == ["s2"]
    assert folded(rows, snapshot, ListQuery(members="apart")) == rows


def test_what_the_controller_remembers_and_what_is_found_since_are_one_incident(store, reading):
    store.put_triage("alone", replace(store.cluster("alone").triage, notes=Notes(incident="s1")))
    (one,) = reading.refresh(force=True).incidents

    assert {row.cluster.id for row in one.rows} == {"alone", "s1", "s2", "s3"}
    assert one.id == "s1"


@pytest.mark.parametrize("owners", [{"s2": "s1", "s1": "alone"}, {"s1": "s2", "s2": "s1"}, {"s3": "gone"}])
def test_a_cluster_is_in_one_incident_at_most_whatever_the_notes_say(store, reading, owners):
    for name, owner in owners.items():
        store.put_triage(name, replace(store.cluster(name).triage, notes=Notes(incident=owner)))
    snapshot = reading.refresh(force=True)
    members = [row.cluster.id for one in snapshot.incidents for row in one.rows]

    assert len(members) == len(set(members))
    backwards = dict(reversed(snapshot.rows.items()))
    assert incident_rows(backwards, snapshot.ids, snapshot.reference) == snapshot.incidents


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ({}, Status.OPEN),
        ({"s1": Status.ACKNOWLEDGED}, Status.ACKNOWLEDGED),  # who is on the cause is on it
        ({"s2": Status.ACKNOWLEDGED}, Status.OPEN),
        (dict.fromkeys(("s1", "s2", "s3"), Status.MUTED), Status.MUTED),
        ({"s1": Status.RESOLVED, "s2": Status.ACKNOWLEDGED, "s3": Status.RESOLVED}, Status.ACKNOWLEDGED),
    ],
)
def test_an_incident_stands_where_its_members_stand(store, reading, given, status):
    for name, one in given.items():
        triage = store.cluster(name).triage
        store.put_triage(name, replace(triage, status=one, resolved_at=now()))
    (found,) = reading.refresh(force=True).incidents

    assert found.status is status
    assert found.priority is None


def test_the_most_urgent_member_gives_the_priority(store, reading):
    store.put_triage("s3", replace(store.cluster("s3").triage, priority=Priority.P0))

    assert reading.refresh(force=True).incidents[0].priority is Priority.P0


def test_an_old_incident_is_no_longer_now_and_a_settled_one_neither(store, reading):
    later = StateReader(lambda: store, lambda: now() + timedelta(days=2))
    commit(store, now() + timedelta(days=2), "alone", [0])
    assert overview_of(later.refresh()).now == []
    for name in ("s1", "s2", "s3"):
        triage = store.cluster(name).triage
        store.put_triage(name, replace(triage, status=Status.RESOLVED, resolved_at=now()))
    assert overview_of(reading.refresh(force=True)).now == []


# --- the page -----------------------------------------------------------------------------------------------
def test_an_incident_has_an_address_to_which_every_member_leads(client):
    page = client.get("/incidents/s1").text

    assert all(part in page for part in (CAUSE, "where it began", "same exception", "cart, mail, pay"))
    assert client.get("/incidents/s3", follow_redirects=False).headers["location"] == "/incidents/s1"
    assert client.get("/incidents/alone", follow_redirects=False).headers["location"] == "/clusters/alone"
    assert client.get("/incidents/nope").status_code == 404
    assert client.get("/incidents/s2.json").json()["count"] == 15


def test_the_overview_and_its_twin_put_incidents_first(client):
    page, twin = client.get("/").text, client.get("/index.json").json()

    assert page.index('href="/incidents/s1"') < page.index("first seen within 24 hours")
    assert [one["id"] for one in twin["incidents"]] == ["s1"]
    assert [one["id"] for one in twin["new"]] == ["alone"]
    listed = client.get("/clusters.json").json()
    assert {one["id"]: one["incident"] for one in listed["clusters"]} == {
        "alone": None,
        "s1": "s1",
        "s2": "s1",
        "s3": "s1",
    }


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"action": "acknowledge", "note": "calling the provider"}, Status.ACKNOWLEDGED),
        ({"action": "mute", "until": "2h"}, Status.MUTED),
        ({"action": "resolve"}, Status.RESOLVED),
    ],
)
def test_an_act_on_the_incident_reaches_its_members_and_undo_takes_it_back(client, store, fields, status):
    answer = send(client, "/incidents/s1/actions", **fields)

    assert answer.status_code == 303
    assert statuses(store) == {"alone": Status.OPEN} | dict.fromkeys(("s1", "s2", "s3"), status)
    assert {record.cluster_id for record in store.audit(9)} == {"s1", "s2", "s3"}
    page = client.get(answer.headers["location"])
    assert page.status_code == 200
    assert "3 clusters" in page.text
    name = answer.headers["location"].partition("undo=")[2].partition("&")[0]
    assert send(client, "/undo", name=name, back="/incidents/s1").headers["location"].startswith("/incidents/s1?")
    assert set(statuses(store).values()) == {Status.OPEN}
    assert store.cluster("s1").triage.note == ""
    assert [record.action for record in store.audit(3)] == ["undo"] * 3


def test_a_muted_incident_stays_one_and_is_reopened_whole(client, store):
    send(client, "/incidents/s1/actions", action="mute", until="")
    assert client.get("/incidents/s1.json").json()["status"] == "muted"
    assert client.get("/index.json").json()["incidents"] == []
    send(client, "/incidents/s1/actions", action="reopen")

    assert set(statuses(store).values()) == {Status.OPEN}


def test_what_a_person_settled_before_is_left_alone(client, store):
    send(client, "/clusters/s2/actions", action="resolve", note="not ours")
    send(client, "/incidents/s1/actions", action="acknowledge")

    assert statuses(store) == {
        "alone": Status.OPEN,
        "s1": Status.ACKNOWLEDGED,
        "s2": Status.RESOLVED,
        "s3": Status.ACKNOWLEDGED,
    }


def test_of_two_people_who_act_on_an_incident_the_second_is_told(client, store):
    seen = client.get("/incidents/s1.json").json()
    assert seen["status"] == "open"
    send(client, "/incidents/s1/actions", action="acknowledge", seen="never")
    answer = send(client, "/incidents/s1/actions", action="resolve", seen="never")

    assert answer.status_code == 409
    assert "decided about one of its clusters first" in answer.text
    assert store.cluster("s1").triage.status is Status.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"action": "merge", "into": "alone"}, 422),  # an incident is no cluster
        ({"action": "dance"}, 422),
        ({"action": "mute", "until": "soon"}, 409),
    ],
)
def test_an_act_that_makes_no_sense_changes_nothing(client, store, fields, code):
    assert send(client, "/incidents/s1/actions", **fields).status_code == code
    assert store.audit(9) == []


# --- several at once ------------------------------------------------------------------------------------------
def test_what_is_chosen_in_the_list_is_acted_on_together_incidents_whole(client, store):
    answer = send(
        client,
        "/clusters/actions",
        action="acknowledge",
        chosen=["incident:s1"],
        id="alone",
        back="/clusters?q=disk&sort=rate",
    )

    assert answer.headers["location"].startswith("/clusters?q=disk&sort=rate&done=acknowledge&undo=")
    assert set(statuses(store).values()) == {Status.ACKNOWLEDGED}


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"action": "acknowledge"}, 422),  # nothing chosen
        ({"action": "merge", "id": "alone"}, 422),
        ({"action": "acknowledge", "id": "nope"}, 404),
    ],
)
def test_a_choice_that_makes_no_sense_changes_nothing(client, store, fields, code):
    assert send(client, "/clusters/actions", **fields).status_code == code
    assert store.audit(9) == []


@pytest.mark.parametrize("back", ["https://evil.example/", "//evil.example", "/clusters?q=x%0d%0ay", "/signout", ""])
def test_after_an_act_nobody_is_led_away(client, back):
    answer = send(client, "/clusters/actions", action="acknowledge", id="alone", back=back)

    assert answer.headers["location"].startswith("/clusters?")
    assert "\n" not in answer.headers["location"]


def test_an_incident_is_assigned_whole_shown_everywhere_and_the_assignment_taken_back(client, store):
    answer = send(client, "/incidents/s1/actions", action="assign", assignee="ana")
    undo = re.search("undo=([0-9a-f]+)", answer.headers["location"])[1]

    assert {one.triage.assigned_to for one in store.clusters()} == {"ana", ""}
    assert "assigned it to" not in client.get("/clusters/alone").text
    for path in ("/", "/clusters", "/incidents/s1", "/clusters/s2"):
        assert "ana" in client.get(path).text, path
    assert client.get("/index.json").json()["incidents"][0]["assignee"] == "ana"
    assert client.get("/clusters/s2.json").json()["assignee"] == "ana"
    send(client, "/undo", name=undo)
    assert {one.triage.assigned_to for one in store.clusters()} == {""}


def test_a_search_for_me_finds_what_i_am_on(client):
    send(client, "/clusters/actions", action="assign", assignee="me", id="alone")

    found = client.get("/clusters.json", params={"q": "assignee:me"}).json()["clusters"]
    assert [one["id"] for one in found] == ["alone"]
    assert len(client.get("/clusters.json", params={"q": "-assignee:me"}).json()["clusters"]) == 3


def test_settled_members_give_no_priority_and_the_largest_says_how_much_failed_at_least(reading, store):
    for name, priority in (("s1", Priority.P0), ("s2", Priority.P2), ("s3", Priority.P3)):
        cluster = store.cluster(name)
        store.put_triage(name, replace(cluster.triage, priority=priority))
    reading.refresh(force=True)
    (whole,) = reading.snapshot.incidents
    reading.act(seen(reading, "s1", "resolve"), who="mo")
    (rest,) = reading.snapshot.incidents

    assert (whole.priority, rest.priority) == (Priority.P0, Priority.P2)
    assert overview_of(reading.snapshot).counts["P0"] == 0
    assert (whole.occurrences, whole.at_least) == (15, 5)


# --- undo ---------------------------------------------------------------------------------------------------
def seen(reading, name, action, **more):
    return Wish(name, action, seen=mark_of(reading.snapshot.rows[name].cluster), **more)


def test_undo_gives_back_the_decision_before_with_its_note_and_its_end(reading, store):
    reading.act(seen(reading, "alone", "mute", until="2h", note="asked ops"), who="ana")
    before = store.cluster("alone").triage
    outcome = reading.act(seen(reading, "alone", "resolve"), who="mo")
    reading.take_back(outcome.undo, who="mo")

    assert replace(store.cluster("alone").triage, rev=0) == replace(before, rev=0)


def test_undo_never_undoes_somebody_else(reading, store):
    outcome = reading.act(seen(reading, "alone", "acknowledge"), who="ana")
    reading.act(seen(reading, "alone", "resolve"), who="mo")
    (problem,) = reading.take_back(outcome.undo, who="ana").problems

    assert "mo has decided since" in problem
    assert store.cluster("alone").triage.status is Status.RESOLVED


def test_undo_takes_a_merge_apart_and_a_split_together(reading, store):
    commit(store, now(), "more", [2], template="Disk nearly full")
    reading.refresh(force=True)
    merged = reading.act(seen(reading, "more", "merge", into="alone"), who="ana")
    assert store.cluster("more").id == "alone"
    reading.take_back(merged.undo, who="ana")
    assert [store.cluster(name).count for name in ("more", "alone")] == [1, 3]

    reading.act(seen(reading, "more", "merge", into="alone"), who="ana")
    apart = reading.act(seen(reading, "alone", "split"), who="ana")
    assert store.cluster("more").id == "more"
    reading.take_back(apart.undo, who="ana")
    assert store.cluster("more").id == "alone"


def test_an_undo_is_good_once_and_a_wrong_name_is_a_sentence(reading):
    outcome = reading.act(seen(reading, "alone", "acknowledge"), who="ana")
    reading.take_back(outcome.undo, who="ana")

    for name in (outcome.undo, "", "x" * 500):
        with pytest.raises(NotThere, match="cannot be undone any more"):
            reading.take_back(name, who="ana")


def test_one_of_several_that_fails_is_named_and_the_others_are_done(reading, store):
    outcome = reading.act_on_all([Wish("nope", "acknowledge"), Wish("alone", "acknowledge")], who="ana")

    assert [one.id for one in outcome.done] == ["alone"]
    assert "nope" in outcome.problems[0]
    with pytest.raises(ConfigError):
        reading.act(Wish("alone", "dance"), who="ana")
    assert store.cluster("alone").triage.by == "ana"


# --- samples ------------------------------------------------------------------------------------------------
def test_the_latest_sample_is_shown_and_the_others_are_a_step_away(client, tmp_path):
    aside = SqliteStore(str(tmp_path / "g.db"))  # another process
    for age, text in ((3000, "the very first"), (0, "the last so far")):
        commit(aside, now(), "alone", [age], text=text, template="Disk full", raw=json.dumps({"trace": TRACE_NAME}))
    aside.close()
    deadline = now() + timedelta(seconds=4)
    while "the last so far" not in (page := client.get("/clusters/alone").text) and now() < deadline:
        pass
    assert "Latest sample" in page
    assert f"{CONSOLE}/traces/list?project=p-1&amp;tid=abc" in page
    assert f"{CONSOLE}/logs/query;query=insertId" in page
    assert 'rel="prev"' in page
    assert 'rel="next"' not in page
    first = client.get("/clusters/alone?sample=1").text
    assert "the very first" in first
    assert 'rel="next"' in first
    assert "the last so far" in client.get("/clusters/alone?sample=99").text


def test_a_trace_shows_whose_lines_are_whose_and_folds_the_librarys():
    library = "".join(f'  File "/usr/lib/python3.11/site-packages/lib/a{n}.py", line {n}, in b{n}\n' for n in range(5))
    own = '  File "/app/shop/cart.py", line 3, in add\n    total += price\n'
    text = f"Traceback (most recent call last):\n{own}{library}ValueError: no price"
    found = parts(text)

    assert [(part.whose, part.lines, part.is_folded) for part in found] == [
        ("", 1, False),
        ("own", 2, False),
        ("library", 5, True),
        ("", 1, False),
    ]
    assert "\n".join(part.text for part in found) == text


@pytest.mark.parametrize("text", ["", "one line", "two\nlines", "Traceback\n" * 900, "\x1b[31m\n<script>\n"])
def test_what_is_no_trace_is_shown_as_it_came(text):
    assert "\n".join(part.text for part in parts(text)) == text


def test_what_is_always_the_same_takes_one_line_and_instances_are_counted(store):
    for number in range(3):
        facets = {"instance": f"00aa{number}", "region": "eu", "label user_id": f"u{number}", "route": f"GET /{number}"}
        commit(store, now(), "alone", [1], template="Disk full", facets=facets)
    (cluster,) = [one for one in store.clusters() if one.id == "alone"]
    found = breakdown([replace(cluster, occurrences=3)])

    assert found.constant == [("region", "eu")]
    assert [(one.name, one.known, one.is_complete) for one in found.counted] == [("instance", 3, True)]
    assert found.users.known == 3
    assert [one.name for one in found.varying] == ["route", "user_id"]


def test_people_are_counted_where_a_place_or_a_label_names_them(store):
    (cluster,) = [one for one in store.clusters() if one.id == "alone"]
    named = replace(cluster, values={"agent for user": {"ann": 2, "bob": 1, OTHER: 4}, "took": {"3": 1}})

    assert (breakdown([named]).users.known, breakdown([named]).users.is_complete) == (2, False)
    assert breakdown([cluster]).users is None


def test_scripts_are_told_which_incident_a_cluster_belongs_to(store):
    assert incident_ids(store.clusters(), now()) == {"s1": "s1", "s2": "s1", "s3": "s1"}


# --- what somebody sees who looks for the first time ----------------------------------------------------------
def test_a_page_says_what_it_means_whose_priority_it_is_and_that_nobody_is_on_it(store):
    store.put_triage("s3", replace(store.cluster("s3").triage, priority=Priority.P0, by="mo"))
    rule = Rule(name="all", priority=Priority.P0, impact="Nobody can pay.")
    policy = Policy(rules=(rule,), thresholds={}, dwell={})
    snapshot = StateReader(lambda: store, now, policy).refresh()
    shell = PageContext(None, "", "/")
    page = render("overview.html", shell, snapshot=snapshot, overview=overview_of(snapshot))

    assert all(part in page for part in ("Nobody can pay.", "P0 because of:", "nobody yet"))
    assert "from 0" not in page, "everything is younger than an hour: there is nothing to compare with"


def test_an_incident_that_is_back_is_counted_and_its_resolver_is_not_assigned(request, store):
    triage = replace(store.cluster("s1").triage, regressions=1, by="demo", changed_at=now())
    store.put_triage("s1", triage)
    client = request.getfixturevalue("client")  # only now: its poller reads the store as soon as it starts
    overview, page = client.get("/").text, client.get("/incidents/s1").text

    assert client.get("/index.json").json()["counts"]["back"] == 1
    assert "Nothing else came back: 1 problem above." in overview
    assert "Nobody yet." in page
    assert 'value="reopen"' not in page


@pytest.mark.parametrize(
    ("action", "detail", "said", "number"),
    [
        ("mute", "until reopened", "muted it", None),
        ("resolve", "rolled back", "resolved it:", None),
        ("issue opened", "/srv/issues/0004-card-declined.md", "issue opened:", 4),
        ("issue found", "https://github.com/acme/shop/issues/12", "issue found:", 12),
        ("commented", "growing", "commented:", None),
    ],
)
def test_the_trail_is_told_in_the_past_and_names_issues_by_their_number(action, detail, said, number):
    record = AuditRecord(now(), "demo", action, "s1", detail)
    ref = issue_of(record, None)

    assert did(record) == said
    assert (ref and ref.number) == number
