"""Keys of the live table, and the screen they make; the real terminal is in tests/e2e/test_top.py."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace
from oncall_state import commit

from processor.model import Severity
from processor.views.snapshot import StateReader
from processor.views.terminal.listed import briefly
from processor.views.terminal.screen import Screen, lines, press
from sinks.sqlite.store import SqliteStore

NOW = datetime(2026, 1, 1, 3, tzinfo=UTC)
HEIGHT = 24


@pytest.fixture
def store():
    made = SqliteStore(":memory:")
    commit(made, NOW, "old", [1, 2])
    yield made
    made.close()


def look(store):
    return StateReader(lambda: store, lambda: NOW).refresh()


def pressed(screen, keys, snapshot):
    for key in keys:
        screen = press(screen, key, snapshot, HEIGHT)
    return screen


def worse(store):
    """What is first from now on."""
    commit(store, NOW, "new", [0], severity=Severity.CRITICAL)
    return look(store)


def test_a_mute_is_about_the_cluster_it_was_asked_for_though_another_is_first_by_now(store):
    asked = press(Screen(), "m", look(store), HEIGHT)

    assert press(asked, "1", worse(store), HEIGHT).wish.cluster_id == "old"


def test_the_cursor_stays_on_its_cluster_and_an_opened_one_stays_open(store):
    moved, opened = (press(Screen(), key, look(store), HEIGHT) for key in ("j", "enter"))
    after = worse(store)

    assert press(moved, "a", after, HEIGHT).wish.cluster_id == "old"
    assert press(opened, "a", after, HEIGHT).wish.cluster_id == "old"
    assert any("old" in line.plain for line in lines(opened, after, NOW, 80, HEIGHT))


def test_back_in_the_list_a_key_is_about_the_row_under_the_cursor(store):
    after = worse(store)
    back = pressed(Screen(), ["end", "enter", "m", "escape", "q", "/", *"broke new", "enter"], after)

    assert [line.plain for line in lines(back, after, NOW, 80, HEIGHT) if "broke old" in line.plain] == []
    assert press(back, "a", after, HEIGHT).wish.cluster_id == "new", "the old one is not on the screen"


@pytest.mark.parametrize(
    "keys", [[], ["m"], ["enter"], ["enter", "m"], ["t", *"ana"], ["/"], ["/", *"nothing fits"], ["x", "f", "s"]]
)
@pytest.mark.parametrize("size", [(80, 24), (200, 50), (20, 5)])
def test_every_screen_fits_and_at_80_columns_says_all_its_keys(store, keys, size):
    screen = pressed(Screen(), keys, look(store))
    shown = lines(screen, look(store), NOW, *size)

    assert len(shown) <= size[1]
    assert max(line.cell_len for line in shown) <= size[0]
    assert size[0] < 80 or "…" not in shown[-1].plain


def test_a_key_that_is_none_of_ours_and_an_empty_list_do_nothing(store):
    empty = pressed(Screen(), ["/", *"zzz", "enter"], look(store))

    for key in ("a", "m", "enter", "x", "j"):
        after = press(empty, key, look(store), HEIGHT)
        assert (after.wish, after.mode) == (None, "list")


CAUSE = "ConnectionError: db-7 refused the connection"


@pytest.fixture
def outage(store):
    for name, words in (("s1", ""), ("s2", "failed: "), ("s3", "gave up: ")):
        commit(store, NOW, name, [20, 20, 20, 19, 19], text=f"{words}{CAUSE}", service=name)
    return look(store)


def test_an_incident_is_one_line_first_and_opens_to_its_clusters(outage):
    shown = [line.plain for line in lines(Screen(), outage, NOW, 120, HEIGHT)]
    opened = press(Screen(), "enter", outage, HEIGHT)
    inside = [line.plain for line in lines(opened, outage, NOW, 120, 50)]

    assert "1 incident" in shown[0]
    assert f"[3] {CAUSE}" in shown[4]
    assert sum(CAUSE in line for line in shown) == 1
    assert any("where it began" in line for line in inside)
    assert any("s1, s2, s3" in line for line in inside)


def test_a_key_on_an_incident_is_about_the_incident_while_it_grows(store, outage):
    asked = press(Screen(), "m", outage, HEIGHT)
    commit(store, NOW, "s4", [20, 20, 19, 19], text=f"too: {CAUSE}", service="s4")
    wish = press(asked, "1", look(store), HEIGHT).wish

    assert (wish.cluster_id, wish.action, wish.until) == ("incident:s1", "mute", "2h")


def test_an_incident_that_has_ended_leaves_its_first_cluster_open(outage):
    opened = press(Screen(), "enter", outage, HEIGHT)
    ended = replace(outage, rows={name: row for name, row in outage.rows.items() if name in ("s1", "old")})

    assert any("s1" in line.plain for line in lines(opened, ended, NOW, 120, HEIGHT))


@pytest.mark.parametrize(
    ("said", "brief"),
    [
        ("[4 clusters] pay.rates.NoRateError: no rate", "[4] NoRateError: no rate"),
        ("java.lang.IllegalStateException: x.y.OtherError", "IllegalStateException: x.y.OtherError"),
        ("[1 of 3 clusters] timed out", "[1 of 3] timed out"),
        ("call www.example.Error.com failed", "call www.example.Error.com failed"),
        ("HTTP POST /orders/<*>/pay.Error 502", "HTTP POST /orders/<*>/pay.Error 502"),
        ("db-7.local refused", "db-7.local refused"),
    ],
)
def test_on_a_narrow_screen_what_broke_comes_before_its_package(said, brief):
    assert briefly(said) == brief


def test_without_anything_to_compare_with_the_column_of_changes_gives_its_room(store):
    young = SqliteStore(":memory:")
    commit(young, NOW, "new", [1, 2])
    commit(store, NOW, "older", [70, 2])

    assert "CHANGE" not in lines(Screen(), look(young), NOW, 80, HEIGHT)[3].plain
    assert "CHANGE" in lines(Screen(), look(store), NOW, 80, HEIGHT)[3].plain
    young.close()
