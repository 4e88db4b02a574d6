"""A whole night on call with the keyboard alone: an outage, its incident, noise, a wrong key, the morning after."""

from datetime import UTC, datetime

import pytest
from oncall_state import commit_all

from processor.model import Status

CAUSE = "ConnectionError: db-7 refused the connection"
AGES = [20, 20, 20, 19, 19]


def outage(store):
    words = {"s1": "", "s2": "failed: ", "s3": "gave up: "}
    commit_all(
        store,
        datetime.now(UTC),
        [(name, AGES, {"text": f"{word}{CAUSE}", "service": f"svc-{name}"}) for name, word in words.items()],
    )


def statuses(store, *names):
    return [store.cluster(name).triage.status for name in names]


def test_a_nights_work_with_the_keyboard_alone(serving, visit):
    page = visit("/")
    page.get_by_text("live", exact=True).wait_for()
    woken(page, serving.store)
    read_one(page)
    noise(page, serving.store)
    over(page, serving.store)


def woken(page, store):
    keys = page.keyboard
    # Woken: the outage stands first, without a reload.
    outage(store)
    page.get_by_role("link", name=CAUSE).wait_for(timeout=3_000)
    page.keyboard.press("j")
    assert page.evaluate("document.activeElement.textContent") == CAUSE
    keys.press("Enter")
    page.wait_for_url("**/incidents/s1")

    # On it, with a word for the others.
    page.get_by_text("live", exact=True).wait_for()
    keys.press("a")
    keys.press("Shift+Tab")
    keys.type("calling the provider")
    keys.press("Tab")
    keys.press("Enter")
    page.get_by_text("Acknowledged: 3 clusters.").wait_for()
    assert statuses(store, "s1", "s2", "s3") == [Status.ACKNOWLEDGED] * 3
    assert store.cluster("s2").triage.note == "calling the provider"


def read_one(page):
    keys = page.keyboard
    # One cluster of it: the error, its trace, its chart over fourteen days.
    page.goto("/clusters/s2")
    page.get_by_text("live", exact=True).wait_for()
    assert page.get_by_label("Text of the sample").inner_text() == f"failed: {CAUSE}"
    page.get_by_role("link", name="14 d").focus()
    keys.press("Enter")
    page.get_by_role("img", name="5 entries from").wait_for()


def noise(page, store):
    keys = page.keyboard
    # Noise: two of the list are muted together.
    keys.press("g")
    keys.press("c")
    page.wait_for_url("**/clusters")
    page.get_by_text("live", exact=True).wait_for()
    keys.press("/")
    keys.type("filler -number:1")
    page.get_by_role("heading", name="of 126").wait_for()
    keys.press("Escape")
    keys.press("j")
    keys.press("x")
    keys.press("j")
    keys.press("x")
    page.get_by_text("2 chosen").wait_for()
    keys.press("m")
    keys.press("Enter")
    page.get_by_text("Muted: 2 clusters.").wait_for()
    muted = [one.id for one in store.clusters() if one.triage.status is Status.MUTED]
    assert len(muted) == 2

    # That was the wrong key.
    keys.press("u")
    keys.press("Enter")
    page.get_by_text("Undone.").wait_for()
    assert statuses(store, *muted) == [Status.OPEN] * 2


def over(page, store):
    keys = page.keyboard
    # Over: the incident is resolved as a whole.
    page.goto("/incidents/s3")
    page.wait_for_url("**/incidents/s1")
    page.get_by_text("live", exact=True).wait_for()
    keys.press("r")
    keys.press("Enter")
    page.get_by_text("Resolved: 3 clusters.").wait_for()
    assert statuses(store, "s1", "s2", "s3") == [Status.RESOLVED] * 3
    keys.press("g")
    keys.press("o")
    page.get_by_text("No incident and no P0.").wait_for()


def test_on_a_phone_the_error_is_on_the_first_screen_and_the_actions_too(serving, visit):
    outage(serving.store)
    # An address is not found before the page has read the state that it is in.
    visit("/clusters").get_by_role("link", name=CAUSE).first.wait_for()
    options = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2, "has_touch": True}
    for path in ("/clusters/s1", "/incidents/s1"):
        page = visit(path, **options)
        page.get_by_text("live", exact=True).wait_for()
        text = page.get_by_label("Text of the sample").bounding_box()
        button = page.get_by_role("group", name="Act").get_by_role("button", name="Acknowledge").bounding_box()

        assert text["y"] + text["height"] < 844
        assert button["y"] + button["height"] <= 844
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_what_is_chosen_stays_chosen_while_the_list_changes(serving, visit):
    page = visit("/clusters")
    page.get_by_text("live", exact=True).wait_for()
    page.get_by_role("checkbox", name="Choose Card").check()
    outage(serving.store)
    page.get_by_role("link", name=CAUSE).wait_for(timeout=3_000)

    assert page.get_by_role("checkbox", name="Choose Card").is_checked()
    page.get_by_role("checkbox", name=f"Choose {CAUSE}").check()
    page.get_by_text("2 chosen").wait_for()
    page.get_by_role("button", name="Acknowledge").click()
    page.get_by_text("Acknowledged: 4 clusters.").wait_for()
    assert statuses(serving.store, "s1", "s2", "s3", "c1") == [Status.ACKNOWLEDGED] * 4
    assert page.locator("input[name=chosen]:checked").count() == 0


def test_the_bar_of_actions_stays_as_it_is_while_the_list_changes_under_it(serving, visit):
    page = visit("/clusters")
    page.get_by_text("live", exact=True).wait_for()
    page.get_by_role("checkbox", name="Choose Card").check()
    page.get_by_text("1 chosen").wait_for()
    page.keyboard.press("m")
    page.evaluate("document.getElementById('q').value = 'card'")
    page.evaluate("document.getElementById('filter').requestSubmit()")
    page.get_by_role("heading", name="1 cluster of 123").wait_for()

    assert page.get_by_text("1 chosen").is_visible()
    assert page.evaluate("document.activeElement.value") == "mute", "the next Enter is about what it was about"


def test_times_say_local_and_universal_time_on_hover(serving, visit):
    page = visit("/clusters/c1", timezone_id="Asia/Tokyo", locale="en-GB")
    page.get_by_text("live", exact=True).wait_for()
    title = page.locator(".facts time").first.get_attribute("title")

    assert "here" in title
    assert "UTC" in title
    assert "ago" in title


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_in_an_incident(serving, visit, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    outage(serving.store)
    for path in ("/", "/clusters", "/incidents/s1", "/clusters/s1"):
        page = visit(path, color_scheme=scheme)
        page.get_by_text("live", exact=True).wait_for()
        found = axe.run(page).response["violations"]
        serious = [
            (one["id"], node["html"][:120], node["failureSummary"][:300])
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]
        assert serious == [], path
