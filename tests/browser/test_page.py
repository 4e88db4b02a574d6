"""What a person on call does with the page, in Chromium."""

import time
from datetime import UTC, datetime

import pytest
from oncall_state import commit

from processor.model import Priority, Status

PHONE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
PAGES = ("/", "/clusters", "/clusters/c1", "/clusters/bad")


def test_the_first_load_shows_what_is_new_and_says_that_it_is_live(visit):
    page = visit("/")

    page.get_by_role("heading", name="New first seen").wait_for()
    page.get_by_role("link", name="Card … declined").wait_for()
    page.get_by_text("live", exact=True).wait_for()
    assert page.title() == "123 open · Log Gardener"
    assert page.get_by_text("Every entry accounted for").is_visible()


@pytest.mark.parametrize("path", ["/", "/clusters"])
def test_a_commit_shows_within_three_seconds_without_a_reload(visit, serving, path):
    page = visit(path)
    page.get_by_text("live", exact=True).wait_for()
    page.evaluate("window.same = true")
    commit(serving.store, datetime.now(UTC), "fresh", [0] * 9, template="Brand new trouble")
    begun = time.monotonic()
    page.get_by_role("link", name="Brand new trouble").wait_for()

    assert time.monotonic() - begun < 3
    assert page.evaluate("window.same"), "the page was changed, not loaded again"


def test_counts_move_on_an_open_detail_and_what_is_being_typed_stays(visit, serving):
    page = visit("/clusters/c1")
    page.get_by_text("live", exact=True).wait_for()
    page.get_by_label("Note for the next one").fill("half a thou")
    page.locator("details summary").click()
    commit(serving.store, datetime.now(UTC), "c1", [0] * 93, template="Card <*> declined", service="pay")
    page.get_by_text("100", exact=True).first.wait_for()

    assert page.get_by_label("Note for the next one").input_value() == "half a thou"


def test_searching_and_filtering_change_the_list_and_the_address(visit):
    page = visit("/clusters")
    page.get_by_role("heading", name="123 clusters").wait_for()
    page.get_by_role("searchbox").press_sequentially("card")
    page.get_by_role("heading", name="1 cluster of 123").wait_for()
    assert page.url.endswith("/clusters?q=card")

    page.get_by_role("searchbox").fill("")
    page.get_by_label("Severity").select_option("ERROR")
    page.get_by_role("heading", name="122 clusters").wait_for()
    page.get_by_label("Service").select_option("search")
    page.get_by_text("No cluster fits").wait_for()
    page.get_by_label("Severity").select_option("")
    page.get_by_role("link", name="Slow query on …").wait_for()
    page.reload()
    assert page.get_by_label("Service").input_value() == "search", "the address holds the whole filter"


def test_the_list_is_sorted_and_paged(visit):
    page = visit("/clusters?sort=new")
    assert page.locator("a.name").count() == 50
    page.get_by_role("link", name="Next").click()
    page.get_by_text("Page 2 of 3").wait_for()
    page.get_by_role("link", name="Count", exact=True).click()
    page.wait_for_url("**sort=count**")
    assert page.locator("th[aria-sort]").inner_text().startswith("Count")
    assert page.locator("a.name").first.inner_text() == "Card … declined"


def test_the_detail_has_charts_revisions_sample_and_breakdown(visit):
    page = visit("/clusters")
    page.get_by_role("link", name="Card … declined").click()
    page.get_by_role("img", name="6 entries from").wait_for()

    assert page.locator(".lately .plot rect").count() == 4
    assert page.locator("h1 var").inner_text() == "41"
    assert page.locator(".lately .deploy").count() >= 1
    assert page.locator(".same").inner_text() == "Always the same: route /cart"
    for text in ("pay-1", "pay-2", "Card 41 declined"):
        assert page.get_by_text(text, exact=True).first.is_visible()
    page.get_by_role("link", name="14 d", exact=True).click()
    page.get_by_role("img", name="7 entries from").wait_for()
    assert page.url.endswith("?range=14d")


@pytest.mark.parametrize(
    ("button", "fill", "said", "status"),
    [
        ("Acknowledge", {"Note for the next one": "calling the bank"}, "Acknowledged.", Status.ACKNOWLEDGED),
        ("Mute", {"Mute for": "10x"}, "Muted.", Status.MUTED),
        ("Resolve", {}, "Resolved.", Status.RESOLVED),
        ("Set", {"Priority": "P0"}, "Priority set.", Status.OPEN),
    ],
)
def test_each_action_says_that_it_is_done_and_is_in_the_store(visit, serving, button, fill, said, status):
    page = visit("/clusters/c1")
    for label, value in fill.items():
        field = page.get_by_label(label)
        (field.select_option if field.evaluate("e => e.tagName") == "SELECT" else field.fill)(value)
    page.get_by_role("button", name=button, exact=True).click()
    page.get_by_text(said, exact=True).wait_for()

    triage = serving.store.cluster("c1").triage
    (record,) = serving.store.audit(9)
    assert (triage.status, triage.by, record.who) == (status, record.who, triage.by)
    assert triage.note == fill.get("Note for the next one", "")
    assert (triage.priority is Priority.P0) == (button == "Set")
    assert page.locator(".side .log li").count() == 1
    assert page.get_by_label("Note for the next one").input_value() == ""


def test_what_was_decided_is_reopened_and_what_is_open_is_not_offered_it(visit, serving):
    page = visit("/clusters/c1")
    reopen = page.get_by_role("button", name="Reopen", exact=True)
    assert reopen.count() == 0
    page.get_by_role("button", name="Resolve", exact=True).click()
    page.get_by_text("Resolved.", exact=True).wait_for()
    reopen.click()
    page.get_by_text("Reopened.", exact=True).wait_for()

    assert serving.store.cluster("c1").triage.status is Status.OPEN
    assert reopen.count() == 0


def test_merging_leads_to_the_cluster_that_continues_and_splitting_takes_it_back(visit, serving):
    page = visit("/clusters/n001")
    page.get_by_label("Merge into").fill("n000")
    page.get_by_role("button", name="Merge").click()
    page.get_by_text("Merged.", exact=True).wait_for()

    assert serving.store.cluster("n001").id == "n000"
    page.goto("/clusters/n001")
    assert page.url.endswith("/clusters/n000")
    page.get_by_label("Unmerge").select_option("n001")
    page.get_by_role("button", name="Split").click()
    page.get_by_text("Split.", exact=True).wait_for()
    assert serving.store.cluster("n001").id == "n001"
    assert [record.action for record in serving.store.audit(9)] == ["split", "merge"]
    page.goto("/clusters/n001")
    page.get_by_role("heading", name="Filler number 1", exact=True).wait_for()


def test_what_makes_no_sense_is_said_and_nothing_is_done(visit, serving):
    page = visit("/clusters/c2", allowed=("404", "422"))
    page.get_by_label("Merge into").fill("nope")
    page.get_by_role("button", name="Merge").click()
    page.get_by_text("Nothing was changed: There is no cluster nope.").wait_for()
    assert page.get_by_label("Merge into").input_value() == "nope", "what was typed stays"
    page.get_by_label("Merge into").fill("c1")
    page.get_by_role("button", name="Merge").click()
    page.get_by_text("of different services").wait_for()

    assert serving.store.audit(9) == []


def test_two_viewers_see_each_others_actions(visit, serving):
    first, second = visit("/clusters/c1"), visit("/clusters/c1")
    second.get_by_text("live", exact=True).wait_for()
    first.get_by_role("button", name="Acknowledge").click()
    second.locator(".status.acknowledged").wait_for()
    second.get_by_role("button", name="Resolve").click()
    first.locator(".status.resolved").wait_for()

    assert [record.action for record in serving.store.audit(9)] == ["resolve", "acknowledge"]


def test_everything_can_be_done_with_the_keyboard_alone(visit, serving):
    page = visit("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url("**/clusters")
    page.get_by_text("live", exact=True).wait_for()
    page.keyboard.press("/")
    page.keyboard.type("card")
    page.get_by_role("heading", name="1 cluster of").wait_for()
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/clusters/c1")
    page.keyboard.press("a")
    assert page.evaluate("document.activeElement.textContent") == "Acknowledge"
    page.keyboard.press("Enter")
    page.get_by_text("Acknowledged.").wait_for()
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keyboard").wait_for()
    page.keyboard.press("Escape")

    assert serving.store.cluster("c1").triage.status is Status.ACKNOWLEDGED


@pytest.mark.parametrize("path", PAGES)
def test_nothing_is_wider_than_a_phone(visit, path):
    page = visit(path, **PHONE)

    assert page.evaluate("document.documentElement.scrollWidth") == 390
    small = page.evaluate(
        "[...document.querySelectorAll('main button, main select, .filter select')]"
        ".filter(e => e.offsetParent && e.getBoundingClientRect().height < 40).length"
    )
    assert small == 0, "fingers need 40 pixels"


@pytest.mark.parametrize("width", [768, 1024, 1440])
def test_no_figure_of_the_detail_is_hidden_behind_the_next_column(visit, width):
    page = visit("/clusters/c1", viewport={"width": width, "height": 900})

    hidden = page.evaluate(
        "[...document.querySelectorAll('.facts, .facts dd, .pairs dd')]"
        ".filter(e => e.scrollWidth > e.clientWidth).length"
    )
    right = page.evaluate(
        "Math.max(...[...document.querySelectorAll('.facts dd')].map(e => e.getBoundingClientRect().right))"
    )
    side = page.evaluate("document.querySelector('.side').getBoundingClientRect().left")
    assert hidden == 0
    assert right <= side
    assert page.evaluate("document.querySelector('.facts dd').getBoundingClientRect().width") > 90


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_follows_the_systems_colours(visit, scheme):
    page = visit("/", color_scheme=scheme)
    red, green, blue = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")

    assert (red + green + blue < 150) is (scheme == "dark")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_axe_finds_nothing_serious(visit, serving, scheme, size):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    for number, priority in enumerate(Priority):
        store, cluster_id = serving.store, f"n{number:03}"
        triage = store.cluster(cluster_id).triage
        store.put_triage(cluster_id, type(triage)(rev=triage.rev, priority=priority, regressions=number % 2))
    options = PHONE if size == "phone" else {"viewport": {"width": 1440, "height": 900}}
    for path in ("/", "/clusters", "/clusters/c1", "/clusters/n001", "/clusters?q=nothing"):
        page = visit(path, color_scheme=scheme, **options)
        page.get_by_text("live", exact=True).wait_for()
        found = axe.run(page).response["violations"]
        serious = [
            (one["id"], node["html"][:120], node["failureSummary"][:300])
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]
        assert serious == [], path


def test_hostile_log_text_stays_text(visit):
    for path in PAGES:
        page = visit(path)
        page.get_by_text("live", exact=True).wait_for()
        assert page.evaluate("window.hacked") is None
        assert page.locator("main script, main img, main a[href^=javascript]").count() == 0
    text = page.get_by_label("Text of the sample").inner_text()
    assert "[U+202E]" in text
    assert "<script>window.hacked=1</script>" in text


def test_the_content_policy_would_stop_a_script_that_got_in(visit):
    page = visit("/", allowed=("Content Security Policy", "Refused", "violates"))
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.hacked = 1';"
        " document.body.append(s); }"
    )

    assert page.evaluate("window.hacked") is None


def test_without_scripts_pages_and_actions_work_as_well(visit, serving):
    page = visit("/clusters?q=card", java_script_enabled=False)
    page.get_by_role("link", name="Card … declined").click()
    page.locator("#act").get_by_role("button", name="Acknowledge").click()
    page.get_by_text("Acknowledged.").wait_for()

    assert serving.store.cluster("c1").triage.status is Status.ACKNOWLEDGED


def test_the_page_says_when_it_has_lost_the_server_and_finds_it_again(visit, serving):
    page = visit("/", allowed=("ERR_", "Failed to load", "fetch"))
    page.get_by_text("live", exact=True).wait_for()
    port = serving.port
    serving.stop()
    page.get_by_text("reconnecting").wait_for()
    commit(serving.store, datetime.now(UTC), "late", [0], template="While you were away")
    serving.start(port)
    page.get_by_role("link", name="While you were away").wait_for(timeout=20_000)
    page.get_by_text("live", exact=True).wait_for()


def test_signing_in_with_the_token_and_out_again(visit, serving):
    port = serving.port
    serving.stop()
    serving.start(port, GARDENER_WEB_TOKEN="on-call-token-0123456789")  # noqa: S106
    page = visit("/clusters/c1", allowed=("401",))
    assert page.url.endswith("/signin?next=/clusters/c1")
    page.get_by_label("Your name").fill("Ana")
    page.get_by_label("Token").fill("wrong-token-0123456789")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("This token is not valid.").wait_for()
    page.get_by_label("Your name").fill("Ana")
    page.get_by_label("Token").fill("on-call-token-0123456789")
    page.get_by_role("button", name="Sign in").click()
    page.locator("#act").get_by_role("button", name="Acknowledge").click()
    page.get_by_text("Acknowledged.").wait_for()
    assert serving.store.audit(1)[0].who == "Ana"
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/signin")
