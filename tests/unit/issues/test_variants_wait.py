"""Issues opened over time where clusters wait as variants, over a real embedded store and a tracker in memory."""

from datetime import timedelta

import pytest
from msgspec.structs import replace
from seed import seed_clusters
from test_reconcile import TrackedState

from processor.issues import body as report
from processor.issues import plan
from processor.model import Severity, Status
from processor.triage import variants
from processor.triage.operate import Wish, carry_out
from processor.triage.undo import take_back, undo_of

WORDS = ("parcel", "ledger", "survey", "ticket", "basket")
MINUTE = timedelta(minutes=1)


class Shop(TrackedState):
    """A store in which each cluster is one word of the same sentence."""

    def say(self, word, count=4, **more):
        more.setdefault("age", MINUTE)
        seed_clusters(self.store, self.clock.now(), (word,), count, template="no free worker left for", **more)

    def pass_(self, **amount):
        """Time enough that nothing rises together."""
        self.turn(3, **(amount or {"minutes": 20}))

    def body(self, number=1):
        return self.tracker.issues[number].body

    @property
    def opened(self):
        return len(self.tracker.issues)


@pytest.fixture
def shop():
    made = Shop()
    made.say("ledger", 1)
    for word in ("parcel", "survey"):
        made.say(word)
        made.pass_()
    yield made
    made.store.close()


def test_a_variant_opens_no_issue_and_is_listed_with_its_word(shop):
    assert shop.opened == 1
    waiting = shop.cluster("survey").triage
    assert (waiting.issue, waiting.notes.variant_of, waiting.held_back) == (
        None,
        "parcel",
        "waits as a variant of parcel",
    )
    assert "### Variants\n\nThe same sentence with another word: `survey` 4 entries (`survey`)." in shop.body()

    shop.say("survey", 2)
    shop.say("ticket", 3)
    shop.pass_()
    assert "`survey` 6 entries (`survey`), `ticket` 3 entries (`ticket`)." in shop.body()
    assert shop.tracker.texts() == [], "and nobody is notified of it"


def test_without_the_rule_each_word_opens_an_issue(shop, monkeypatch):
    monkeypatch.setattr(variants, "below", lambda *_, **__: {})
    shop.pass_()
    assert shop.opened == 2


def test_what_grows_opens_its_own_issue_that_links_the_sibling(shop):
    shop.say("survey", 12)
    shop.pass_()

    assert shop.opened == 2
    assert report.key_of(shop.body(2)) == "survey"
    assert "- [issue 1](https://x.example/1): " in shop.body(2)
    assert "### Variants" not in shop.body(1)
    assert shop.cluster("survey").triage.notes.variant_of == ""


def test_what_is_worse_opens_its_own_issue(shop):
    shop.say("survey", 1, severity=Severity.CRITICAL)
    shop.pass_()
    assert shop.opened == 2


@pytest.mark.parametrize("verb", ["mute", "resolve"])
def test_a_decision_about_the_issue_does_not_swallow_what_goes_on(shop, verb):
    carry_out(shop.store, Wish("parcel", verb), now=shop.clock.now(), who="ann")
    shop.pass_()
    assert shop.opened == 1, "nothing has come since"

    shop.say("survey", 1)
    shop.say("ticket", 3)
    shop.pass_()
    assert shop.opened == 2, "one of them gets an issue, below which the other waits"
    last = shop.tracker.issues[2]
    assert last.open
    waiting = {"survey", "ticket"} - {report.key_of(last.body)}
    assert [shop.cluster(name).triage.notes.variant_of for name in waiting] == [report.key_of(last.body)]


def test_an_acknowledgement_of_the_issue_changes_nothing(shop):
    carry_out(shop.store, Wish("parcel", "acknowledge"), now=shop.clock.now(), who="ann")
    shop.say("survey", 1)
    shop.pass_()
    assert shop.opened == 1


def test_a_deleted_issue_does_not_swallow_what_goes_on(shop):
    del shop.tracker.issues[1]
    shop.say("parcel", 1)
    shop.pass_()
    assert shop.cluster("parcel").triage.status is Status.MUTED
    shop.say("survey", 1)
    shop.pass_()
    assert shop.cluster("survey").triage.issue is not None


def test_a_person_splits_a_variant_off_and_takes_it_back(shop):
    before = shop.cluster("survey")
    wish = Wish("survey", "split")
    after = carry_out(shop.store, wish, now=shop.clock.now(), who="ann")
    for undo in undo_of(wish, before, after):
        take_back(shop.store, undo, now=shop.clock.now(), who="ann")
    shop.pass_()
    assert shop.opened == 1

    carry_out(shop.store, wish, now=shop.clock.now(), who="ann")
    shop.pass_()
    assert shop.opened == 2
    assert [one.action for one in shop.store.audit(50) if one.who == "ann"] == ["split", "undo", "split"]


def test_the_split_command_on_the_issue_splits_its_variants_off(shop):
    shop.tracker.say(1, "/garden split")
    shop.pass_()
    assert shop.opened == 2
    assert shop.tracker.reactions[-1][1], "understood"
    shop.tracker.say(1, "/garden split")
    shop.pass_()
    assert not shop.tracker.reactions[-1][1], "nothing is left to split"


def test_a_word_that_may_be_a_name_is_not_published(shop):
    hide = replace(shop.settings.wording, hide=lambda text: text.replace("survey", "…"))
    shop.settings = replace(shop.settings, wording=hide)
    shop.restart()
    shop.say("survey", 1)
    shop.pass_()
    assert "(not shown) 5 entries (`survey`)" in shop.body()
    assert "`survey` 5" not in shop.body()


def test_of_many_variants_the_most_frequent_are_listed(shop):
    owner, one = shop.cluster("parcel"), shop.cluster("survey")
    many = tuple(replace(one, id=f"v{number:02}") for number in range(23))
    notes = owner.triage.notes
    text = plan.body(owner, notes, shop.settings, plan.aim(owner, notes, shop.settings, variants=many))
    assert "(`v19`), and 3 more. " in text
    assert "`v20`" not in text


def test_two_workers_agree(shop):
    other = shop.another()
    for word in WORDS:
        shop.say(word, 1)
    for _ in range(4):
        shop.turn(minutes=11)
        other.turn()
    assert shop.opened == 1
    shop.say("survey", 20)
    for _ in range(4):
        shop.turn(minutes=11)
        other.turn()
    assert sorted(report.key_of(one.body) for one in shop.tracker.issues.values()) == ["parcel", "survey"]
