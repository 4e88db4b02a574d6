"""Figures, charts, marks and lists: what the page and the terminal say about a cluster."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from oncall_state import commit, commit_all

from processor.model import Severity, Status, Triage
from processor.model.errors import ConfigError
from processor.views import query as selection
from processor.views.overview import overview_of
from processor.views.rates import Rates, age, ago, figures_of, is_back, is_new, reference_time
from processor.views.snapshot import StateReader
from processor.views.template_text import segments, visible
from processor.views.web import charts
from sinks.sqlite.store import SqliteStore

NOW = datetime(2026, 1, 1, 3, tzinfo=UTC)


@pytest.fixture
def store():
    made = SqliteStore(":memory:")
    yield made
    made.close()


def only(store):
    (found,) = store.clusters()
    return found


def marked(store):
    return [one for one in segments(only(store), only(store).template) if one.wildcard]


def drawn(store, name="", now=NOW):
    return charts.chart(charts.series_of(store.clusters(), store.clusters()), now, name)


def snapshot(store, now=NOW):
    return StateReader(lambda: store, lambda: now).refresh()


def test_the_last_hour_and_the_one_before_are_counted_by_event_time(store):
    commit(store, NOW, "c1", [0, 1, 59, 60, 61, 119, 120, 170])
    found = figures_of(only(store), NOW)

    assert (found.hour, found.before) == (3, 3)
    assert sum(found.bars) == 8
    assert found.bars[-1] == 2


def test_entries_of_a_clock_that_runs_ahead_belong_to_the_present(store):
    commit(store, NOW, "c1", [-4, -2])

    assert figures_of(only(store), NOW).hour == 2


@pytest.mark.parametrize(
    ("hour", "before", "change", "growing"),
    [
        (0, 0, "", False),  # nothing to compare
        (3, 0, "from 0", False),  # a handful is no growth
        (5, 0, "from 0", True),
        (44, 10, "x4.4", True),
        (1200, 10, "x120", True),
        (12, 10, "+20%", False),
        (10, 10, "=", False),
        (2, 10, "-80%", False),
        (0, 10, "-100%", False),
    ],
)
def test_change_is_said_the_way_people_would(hour, before, change, growing):
    figures = Rates(hour, before, ())

    assert (figures.change, figures.growing) == (change, growing)


def test_rates_of_an_old_export_are_relative_to_its_newest_entry_and_those_of_a_live_state_to_now(store):
    commit(store, NOW, "c1", [5])
    found = store.clusters()

    assert reference_time(found, NOW) == NOW
    assert reference_time(found, NOW + timedelta(days=400)) == NOW - timedelta(minutes=5)
    assert reference_time([], NOW) == NOW


@pytest.mark.parametrize(
    ("triage", "back"),
    [
        (Triage(status=Status.RESOLVED, resolved_at=NOW - timedelta(hours=1)), True),  # seen since
        (Triage(status=Status.RESOLVED, resolved_at=NOW), False),  # settled after the last entry
        # the revision it was settled in may go on failing
        (
            Triage(status=Status.RESOLVED, resolved_at=NOW - timedelta(hours=1), resolved_revision="shop-00001-abc"),
            False,
        ),
        (Triage(status=Status.OPEN, regressions=1), True),  # the controller has reopened it
        (Triage(status=Status.ACKNOWLEDGED, regressions=1), False),  # somebody is on it
        (Triage(), False),
    ],
)
def test_a_settled_cluster_that_is_seen_again_is_back(store, triage, back):
    commit(store, NOW, "c1", [5])

    assert is_back(replace(only(store), triage=triage)) is back


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "now"), (40, "40 s ago"), (90, "1 min ago"), (7200, "2 h ago"), (-7200, "in 2 h"), (10**6, "11 d ago")],
)
def test_times_are_said_in_one_unit(seconds, words):
    assert ago(NOW - timedelta(seconds=seconds), NOW) == words


def test_ages_are_one_short_word():
    assert [age(s) for s in (0.4, 59, 600, 7200, 864_000)] == ["0s", "59s", "10m", "2h", "10d"]


def test_the_sparkline_has_a_bar_for_every_five_minutes_with_entries():
    assert charts.spark_path([0, 1, 2]) == "M4 18v-9M7 18v-18"
    assert charts.spark_path([0, 0]) == ""


def test_the_chart_per_minute_says_in_words_what_it_shows_and_marks_new_revisions(store):
    commit(store, NOW, "c1", [30, 30, 10], revision="shop-1")
    commit(store, NOW, "c1", [9], revision="shop-2")
    chart = drawn(store, "3h")

    assert chart.summary == (
        "4 entries from 2026-01-01 00:01 to 2026-01-01 03:00 UTC; the most in one minute: 2, at 02:30."
    )
    assert [bar.label for bar in chart.bars] == ["02:30: 2", "02:50: 1", "02:51: 1"]
    assert chart.revisions == ((("shop-1", True),), (("shop-2", True),))
    assert [mark.label for mark in chart.marks] == ["1", "2"]


def test_revisions_too_close_to_tell_apart_share_a_mark(store):
    commit(store, NOW, "c1", [30], revision="shop-1")
    commit(store, NOW, "c1", [29], revision="shop-2")

    commit(store, NOW, "c1", [5], revision="shop-3")
    chart = drawn(store, "3h")

    assert [mark.label for mark in chart.marks] == ["1 \u00d72", "2"]
    assert chart.revisions == ((("shop-1", True), ("shop-2", True)), (("shop-3", True),))
    assert [mark.label for mark in drawn(store, "1h").marks] == ["1 \u00d72", "2"]
    assert [mark.label for mark in drawn(store, "15m").marks] == ["1"]


def test_a_mark_at_either_edge_is_inside_the_chart_with_its_text(store):
    commit(store, NOW, "c1", [179], revision="shop-1")
    commit(store, NOW, "c1", [0], revision="shop-2")
    first, last = drawn(store, "3h").marks

    assert (first.x, first.anchor, last.anchor) == (0, "start", "end")
    assert last.x < 100


def test_a_deploy_that_a_cluster_was_not_seen_in_is_marked_as_such(store):
    commit(store, NOW, "c1", [90], revision="shop-1")
    commit(store, NOW, "c2", [30], revision="shop-2")
    series = charts.series_of([one for one in store.clusters() if one.id == "c1"], store.clusters())

    assert charts.chart(series, NOW).revisions == ((("shop-1", True),), (("shop-2", False),))


@pytest.mark.parametrize(
    ("name", "first", "bars"),
    [
        ("1h", "02:01", 1),
        ("3h", "00:01", 2),
        ("24h", "12-31 04:00", 2),
        ("14d", "12-19", 2),
        ("90d", "10-04", 3),
        ("7y", "00:01", 2),
    ],
)
def test_a_chart_covers_the_range_asked_for(store, name, first, bars):
    commit(store, NOW, "c1", [0, 100, 60 * 24 * 3, 60 * 24 * 80])
    chart = drawn(store, name)

    assert (chart.ticks[0].label, len(chart.bars)) == (first, bars)


@pytest.mark.parametrize(
    ("ages", "opens_at"),
    [
        ([4, 3, 0], "15m"),  # a fresh outage would be the last pixels of three hours
        ([12], "15m"),
        ([13], "1h"),  # of a quarter of an hour, what came before would not be seen
        ([40, 1], "1h"),
        ([100, 1], "3h"),
        ([60 * 10, 1], "24h"),
        ([60 * 30, 1], "3h"),  # an old acquaintance: what it does now
        ([60 * 30, 60 * 4], "24h"),
        ([60 * 24 * 3], "14d"),
    ],
)
def test_a_chart_opens_at_the_range_that_shows_how_it_began(store, ages, opens_at):
    commit(store, NOW, "c1", ages)

    assert drawn(store).range == opens_at


def test_an_incident_opens_where_it_began_not_where_its_oldest_cluster_was_first_seen(store):
    commit(store, NOW, "c1", [60 * 20, 5, 4, 3])
    series = charts.series_of(store.clusters(), store.clusters(), NOW - timedelta(minutes=5))

    assert charts.chart(series, NOW).range == "15m"


def test_hours_are_bars_and_in_an_older_state_what_the_minutes_tell(store):
    commit(store, NOW, "c1", [0, 1, 60 * 5, 60 * 23])
    chart = drawn(store, "24h")
    (cluster,) = store.clusters()
    old = charts.series_of([replace(cluster, hours={})], [])

    assert [bar.label.partition(": ")[2] for bar in chart.bars] == ["1", "1", "1", "1"]
    assert [bar.label for bar in charts.chart(old, NOW, "24h").bars] == ["2026-01-01 02:00: 1", "2026-01-01 03:00: 1"]


def test_a_chart_of_something_long_silent_begins_with_its_days(store):
    commit(store, NOW, "c1", [60 * 24 * 3])

    assert drawn(store).range == "14d"
    assert drawn(store, "1h").bars, "the minutes kept are those before its last entry"


def test_a_masked_value_shows_what_the_sample_holds_in_its_place(store):
    commit(store, NOW, "c1", [3], template="GET <*> took <*> ms", text="GET /cart took\n 12 ms")
    found = marked(store)

    assert [(one.values, one.says) for one in found] == [(("/cart",), "in the sample"), (("12",), "in the sample")]


def test_an_earned_wildcard_shows_its_most_frequent_words(store):
    template = "<any> could not charge <*> for <any>"
    commit(store, NOW, "c1", [3], template=template, text="ann could not charge 7 for shoes")
    for word, ages in (("bob", [2, 1]), ("cyd", [1]), ("dee", [1]), ("(other)", [1] * 9), ("(nothing)", [1] * 5)):
        commit(store, NOW, "c1", ages, facets={"word 1": word})
    found = marked(store)

    assert [one.values for one in found] == [("bob", "cyd", "dee"), ("7",), ("shoes",)]
    assert [one.says for one in found] == ["most frequent: bob 2, cyd 1, dee 1", "in the sample", "in the sample"]


def test_a_sample_that_does_not_have_the_templates_form_leaves_the_wildcards_bare(store):
    commit(store, NOW, "c1", [3], template="GET <*> took <any> ms", text="POST")

    assert [(one.values, one.says) for one in marked(store)] == [((), "varies")] * 2


@given(st.lists(st.sampled_from(["a", " ", "<*>", "<any>", "b", "é"]), max_size=30), st.text(max_size=60))
def test_marking_never_fails_and_keeps_every_literal_of_the_template(parts, text):
    template = "".join(parts)
    store = SqliteStore(":memory:")
    commit(store, NOW, "c1", [1], template=template, text=text.replace("\ud800", ""))
    found = segments(only(store), template)
    store.close()

    assert "".join(one.text for one in found) == template


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31mred\x07", "[U+001B][31mred[U+0007]"),  # a terminal's escape sequence
        ("a\u202eb\u2066c", "a[U+202E]b[U+2066]c"),  # right-to-left override, isolate
        ("a\u200bb\ufeff\u00ad", "a[U+200B]b[U+FEFF][U+00AD]"),  # invisible
        ("a\U000e0041", "a[U+E0041]"),  # a tag character
        ("tab\tand\nnewline é 漢", "tab\tand\nnewline é 漢"),  # text stays
    ],
)
def test_what_cannot_be_seen_is_written_as_its_code_point(text, shown):
    assert visible(text) == shown


def miners(store):
    commit_all(
        store,
        NOW,
        [
            ("new", [1] * 3, {"template": "Ledger off by <*>", "severity": Severity.CRITICAL, "service": "pay"}),
            ("grows", [*([2] * 40), *([70] * 4), 3000], {"template": "Slow <*>", "severity": Severity.WARNING}),
            ("old", [4000, 5000], {"template": "Old one"}),
        ],
    )
    return snapshot(store)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, ["new", "old", "grows"]),  # severity before rate
        ({"sort": "rate"}, ["grows", "new", "old"]),
        ({"sort": "change"}, ["grows", "new", "old"]),
        ({"sort": "count"}, ["grows", "new", "old"]),
        ({"sort": "new"}, ["new", "grows", "old"]),
        ({"sort": "last"}, ["new", "grows", "old"]),
        ({"q": "LEDGER off"}, ["new"]),  # all words, whatever their case
        ({"q": "pay"}, ["new"]),  # the service too
        ({"q": "nothing such"}, []),
        ({"severity": "CRITICAL"}, ["new"]),
        ({"service": "shop"}, ["old", "grows"]),
        ({"kind": "http"}, []),
        ({"priority": "P0"}, []),
        ({"priority": "none"}, ["new", "old", "grows"]),
        ({"status": "muted"}, []),
        ({"unknown": "x"}, ["new", "old", "grows"]),  # what we do not know does no harm
    ],
)
def test_a_list_is_filtered_and_sorted_as_asked(store, query, found):
    rows = miners(store).rows

    assert [row.cluster.id for row in selection.select(rows, selection.parse(query))] == found


@pytest.mark.parametrize(
    "query",
    [{"sort": "size"}, {"page": "0"}, {"page": "x"}, {"page": "9" * 30}, {"status": ""}, {"q": "a" * 201}],
)
def test_a_list_asked_for_nonsense_is_refused_naming_the_parameter(query):
    with pytest.raises(ConfigError, match=next(iter(query))):
        selection.parse(query)


def test_a_page_beyond_the_end_is_the_last_one():
    page = selection.cut(list(range(120)), 99)

    assert (page.number, page.pages, len(page.rows)) == (3, 3, 20)


def test_the_overview_puts_every_cluster_in_one_place_at_most(store):
    content = overview_of(miners(store))
    names = {kind: [row.cluster.id for row in getattr(content, kind)] for kind in ("back", "new", "growing")}

    assert names == {"back": [], "new": ["new"], "growing": ["grows"]}
    assert is_new(snapshot(store).rows["new"].cluster, NOW)
    assert (content.counts["clusters"], content.counts["open"], content.counts["last_hour"]) == (3, 3, 43)
