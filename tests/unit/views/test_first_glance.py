"""The first glance at the page: what is broken stands first, counts agree with the rows, nothing is in its way."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from oncall_state import commit_all
from starlette.testclient import TestClient

from processor.model import Kind, Severity
from processor.model.delivery_health import DeliveryHealth
from processor.triage.operate import Wish, mark_of
from processor.views.overview import overview_of
from processor.views.snapshot import StateReader
from processor.views.terminal.columns import columns_for
from processor.views.web.app import make_app
from processor.views.web.auth import Access
from processor.views.web.poller import Poller
from processor.views.web.settings import load_web
from sinks.sqlite.store import SqliteStore

CAUSE = "ConnectionError: db-7 refused the connection"
AGES = [20, 20, 20, 19, 19]
GROWS = [1, 2, 3, 4, 5, 6, 70, 2000]


def now():
    return datetime.now(UTC)


@pytest.fixture
def store(tmp_path):
    made = SqliteStore(str(tmp_path / "g.db"))
    yield made
    made.close()


@pytest.fixture
def page(store):
    """Return the text of a page."""

    class Kept:
        def __getattr__(self, name):
            return getattr(store, name)

        def close(self):
            pass

    def get(path="/"):
        access = Access(load_web({}), key_for=lambda _: None, local_name="mo")
        app = make_app(lambda: Poller(StateReader(Kept, now), now, every_s=0.2), access)
        with TestClient(app, base_url="http://localhost", headers={"accept": "text/html"}) as client:
            html = client.get(path).text
        return " ".join(re.sub(r"<[^>]+>", " ", html[html.index("<main") :]).split())

    return get


def outage(store):
    words = {"s1": "", "s2": "failed: ", "s3": "gave up: "}
    clusters = [(name, AGES, {"text": f"{said}{CAUSE}", "service": name}) for name, said in words.items()]
    commit_all(store, now(), [*clusters, ("disk", [5, 4], {"text": "Disk full on volume 3"})])


def test_an_incident_and_a_p0_beside_it_are_both_counted_as_now_and_as_new(store, page):
    outage(store)
    disk = store.cluster("disk")
    reader = StateReader(lambda: store, now)
    reader.refresh()
    reader.act(Wish("disk", "priority", mark_of(disk), priority="P0"), who="mo")
    told = page()

    assert "Now 1 incident with 3 clusters, 1 other P0" in told
    assert "2 new in 24 h" in told
    assert "Nothing else is new: 2 problems above." in told


def test_the_most_urgent_of_what_grows_stands_first(store):
    commit_all(
        store,
        now(),
        [
            ("slow", [*range(1, 50), 2000], {"text": "slow query", "severity": Severity.WARNING}),
            ("fails", GROWS, {"text": "charge failed"}),
        ],
    )
    reader = StateReader(lambda: store, now)
    snapshot = reader.refresh()

    assert [row.cluster.id for row in overview_of(snapshot).growing] == ["fails", "slow"]


def test_trouble_with_the_tracker_stands_below_what_is_broken_and_takes_one_line_elsewhere(store, page):
    outage(store)
    parked = {"acme/pay": "410 Gone", "acme/cart": "410 Gone"}
    store.put_delivery(DeliveryHealth("w", now(), "github:acme/pay", now() - timedelta(hours=1), now(), "x", parked))
    first, listed = page(), page("/clusters")

    assert first.index(CAUSE) < first.index("No issue of acme/pay is written: 410 Gone.")
    assert "No issue of acme/cart is written: 410 Gone." in first
    assert "2 problems with the issue tracker" in listed
    assert "410 Gone" not in listed


def test_an_empty_state_does_not_say_that_all_is_well(page):
    told = page()

    assert "Nothing has been counted in this state." in told
    assert "No incident and no P0." not in told


def test_who_did_what_names_the_cluster(store, page):
    outage(store)
    reader = StateReader(lambda: store, now)
    reader.refresh()
    reader.act(Wish("disk", "acknowledge", mark_of(store.cluster("disk"))), who="mo")

    assert "mo acknowledged it it broke disk" in page()


def test_a_route_in_a_title_has_the_mark_that_all_titles_have(store, page):
    route = {"route": "GET /api/orders/<*> 503"}
    commit_all(
        store,
        now(),
        [
            (
                "http",
                [3, 2],
                {"template": "HTTP 5xx GET /api/orders/<*>", "kind": Kind.HTTP, "text": "", "facets": route},
            )
        ],
    )

    assert "HTTP GET /api/orders/… 503" in page("/clusters")


@pytest.mark.parametrize("width", [80, 100, 129, 130, 140, 179, 180, 220])
def test_the_live_table_leaves_room_for_what_broke(width):
    taken = sum(column.width + 1 for column in columns_for(width))

    assert width - taken >= 30


def test_a_number_that_only_the_template_has_stays_in_the_title(store, page):
    commit_all(store, now(), [("one", [3], {"template": "Filler number 1", "text": "of an older entry"})])

    assert "Filler number 1" in page("/clusters")
