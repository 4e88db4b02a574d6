"""Mining: one kind of message, one cluster, one id, in any order; opposites apart; everything bounded."""

from __future__ import annotations

import time
from random import Random

import pytest
from msgspec.structs import replace

from processor.mining.masks import ANY
from processor.mining.miner import OVERFLOW_TEMPLATE, Miner, TemplateRecord
from processor.mining.miners import Miners
from processor.mining.wildcards import MinerSettings, WildcardFinder, generalised, tokenise
from processor.model import Kind, Stream

# words that programs say: a dozen make a value; of names two are enough
SAID = [
    "cache",
    "index",
    "table",
    "record",
    "thread",
    "buffer",
    "stream",
    "object",
    "packet",
    "kernel",
    "vector",
    "matrix",
    "socket",
    "driver",
]
NAMES = ["ada", "bob", "cid", "dan", "eve", "fay", "gus", "hal", "ida", "jon", "kim", "lea", "mia", "ned"]


def taught(messages, **settings):
    miner = Miner("stream", settings=MinerSettings(**settings))
    for message in messages:
        miner.learn(message)
    return miner


def roots(miner, messages):
    return [miner.match(message) for message in messages]


def test_an_unknown_message_is_not_matched_and_changes_nothing():
    miner = Miner("stream")
    assert miner.match("disk full") is None
    assert miner.match("disk full") is None


def test_a_message_gets_an_id_once_and_keeps_it():
    miner = Miner("stream")
    first, records = miner.learn("disk full on <*>")
    assert [record.id for record in records] == [first]
    assert miner.learn("disk full on <*>") == (first, [])
    assert miner.match("disk full on <*>") == first


def test_the_id_depends_on_stream_and_message_only():
    alone = Miner("stream").learn("disk full")[0]
    later = taught(["a b c", "d e f"])
    assert later.learn("disk full")[0] == alone
    assert later.identify("disk full") == alone
    assert Miner("other stream").learn("disk full")[0] != alone


@pytest.mark.parametrize(("count", "merged"), [(11, False), (12, True), (14, True)])
def test_a_wildcard_is_earned_by_a_dozen_words(count, merged):
    messages = [f"the {word} is over quota" for word in SAID[:count]]
    assert (len(set(roots(taught(messages), messages))) == 1) is merged


@pytest.mark.parametrize(
    "messages",
    [
        ["badge for nadia not printed", "badge for oleg not printed"],  # names
        ["mirror of branch main stopped", "mirror of branch docs stopped"],  # words beside a noun of data
        ["no depot <*> there", "no depot walnut there"],  # a value and a name
        ["share anvil of lark is full", "share acorn of wren is full", "share birch of hawk is full"],  # two places
    ],
)
def test_of_names_few_make_a_wildcard(messages):
    assert len(set(roots(taught(messages), messages))) == 1


@pytest.mark.parametrize(
    "messages",
    [
        [f"{word}.{other} is not a function" for word, other in zip(SAID, reversed(SAID), strict=True)],
        [f"column {word}_id does not exist" for word in SAID],
        [f"variable {word.upper()}_URL is not set" for word in SAID],
        [f"uninitialized constant Billing::{word.title()}" for word in SAID],
        ["due to user request all stopped", "due to user session all stopped"],  # not a user's name
        ["it came with fees on top", "it came without fees on top"],  # joining words
        ["walnut startup is over", "juniper startup is over"],  # the component that speaks
        ["interrupt caused by icbi today", "interrupt caused by dcbf today"],  # the cause
    ],
)
def test_names_of_code_opposites_components_and_causes_stay_apart(messages):
    assert len(set(roots(taught(messages), messages))) == len(messages)


def test_the_key_of_a_pair_never_becomes_a_wildcard():
    messages = [f"environment:{name}=<*> at start" for name in NAMES]
    assert len(set(roots(taught(messages), messages))) == len(NAMES)


def test_an_earned_template_takes_new_words_and_several_words_and_none():
    miner = taught([f"user {name} is over quota" for name in NAMES])
    root = miner.match("user ada is over quota")
    for message in ("user zoe is over quota", "user bob smith is over quota", "user is over quota"):
        assert miner.match(message) == root
    assert miner.match("user zoe is under quota") is None
    assert miner.match("user one two three four is over quota") is None


def test_two_positions_earn_their_wildcards_together():
    pairs = zip(NAMES, reversed(NAMES), strict=True)
    messages = [f"share {one} opened by guest {other} again" for one, other in pairs]
    miner = taught(messages)
    assert len(set(roots(miner, messages))) == 1
    assert miner.match("share x opened by guest y again") == miner.match(messages[0])


def test_a_narrow_template_does_not_split_a_wider_one():
    messages = [f"user {name} of group one left" for name in NAMES]
    messages += [f"user ada of group {name} left" for name in NAMES]
    for order in (messages, messages[::-1], messages[::2] + messages[1::2]):
        miner = taught(order)
        found = {*roots(miner, messages), miner.match("user zoe of group two left")}
        assert len(found) == 1


def test_old_ids_resolve_after_generalisation():
    miner = Miner("stream")
    ids = [miner.learn(f"user {name} is over quota")[0] for name in NAMES]
    assert {miner.resolve(cluster_id) for cluster_id in ids} == {miner.match("user ada is over quota")}


def test_the_generalised_record_is_reported_before_its_aliases():
    miner = taught([f"the {word} is over quota" for word in SAID[:11]])
    cluster_id, records = miner.learn(f"the {SAID[11]} is over quota")
    assert [record.template for record in records[:2]] == ["the matrix is over quota", f"the {ANY} is over quota"]
    assert records[1].id == cluster_id
    assert {record.merged_into for record in records[2:]} == {cluster_id}
    assert len(records) == 2 + 12


WORDS = [
    "started stopped paused resumed created deleted opened closed enabled disabled mounted unmounted loaded",
    "GET PUT POST HEAD PATCH DELETE OPTIONS CONNECT TRACE Get Put Post Head",
    "error warning critical fatal alert emergency notice panic severe warn err crit emerg",
    " ".join(f"{name.title()}Error" for name in NAMES),
    " ".join(f"{name.title()}Exception" for name in NAMES),
    "UNAVAILABLE NOT_FOUND CANCELLED UNIMPLEMENTED DATA_LOSS ALREADY_EXISTS PERMISSION_DENIED OUT_OF_RANGE",
]


@pytest.mark.parametrize("words", WORDS)
def test_words_that_carry_meaning_never_become_a_wildcard(words):
    messages = [f"the worker of pool <*> said {word} just now" for word in words.split()]
    assert len(set(roots(taught(messages), messages))) == len(set(messages))


def test_a_protected_word_does_not_fall_into_a_wildcard_that_others_earned():
    miner = taught([f"the worker is {name} now" for name in NAMES])
    assert miner.match("the worker is zoe now") is not None
    assert miner.match("the worker is stopped now") is None


def test_words_protected_by_the_user_stay():
    miner = taught([f"the worker is {name} now" for name in NAMES], protected={"zoe"})
    assert miner.match("the worker is Zoe now") is None


def test_a_template_keeps_two_literal_words():
    messages = [f"{name} ready" for name in NAMES]
    assert len(set(roots(taught(messages), messages))) == len(NAMES)


@pytest.mark.parametrize("mark", ["<*>", "<any>", "<overflow>", "*", ".*", "\x00"])
def test_a_mark_in_a_message_is_no_wildcard(mark):
    miner = taught([f"job {mark} failed on node"])
    assert miner.match("job frob failed on node") is None


def test_the_fewest_wildcards_win_and_then_the_smaller_id():
    wide = TemplateRecord("a" * 12, f"a b {ANY} {ANY}", f"a b {ANY} {ANY}")
    narrow = TemplateRecord("e" * 12, f"a b {ANY} d", f"a b {ANY} d")
    twin = TemplateRecord("d" * 12, f"a b c {ANY}", f"a b c {ANY}")
    for order in ((wide, narrow, twin), (twin, wide, narrow), (narrow, twin, wide)):
        miner = Miner("stream", order)
        assert miner.match("a b x d") == narrow.id
        assert miner.match("a b c d") == twin.id
        assert miner.match("a b x y") == wide.id


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_messages_does_not_change_any_id(seed):
    messages = [f"user {name} is over quota" for name in NAMES]
    messages += [f"cannot reach host {name} today" for name in NAMES]
    messages += [f"kind {number * '*'} of message" for number in range(9)]
    shuffled = Random(seed).sample(messages, len(messages))  # a seeded order
    assert roots(taught(shuffled), messages) == roots(taught(messages), messages)


def test_two_workers_who_exchange_records_agree():
    one, other = Miner("stream"), Miner("stream")
    for name in NAMES[:6]:
        other.apply(one.learn(f"user {name} is over quota")[1])
    for name in NAMES[6:12]:
        one.apply(other.learn(f"user {name} is over quota")[1])
    messages = [f"user {name} is over quota" for name in NAMES]
    assert len(set(roots(one, messages))) == 1
    assert roots(one, messages) == roots(other, messages)


def test_evidence_of_two_workers_adds_up():
    records = [taught([f"user {name} is over quota"]) for name in NAMES]
    miner = Miner("stream")
    for worker, name in zip(records, NAMES, strict=True):
        miner.apply([TemplateRecord(worker.identify(text := f"user {name} is over quota"), text, text)])
    cluster_id, changed = miner.learn("user zoe is over quota")
    assert len([record for record in changed if record.merged_into == cluster_id]) >= 12


def test_a_message_split_off_by_a_person_stays_its_own_cluster():
    miner = Miner("stream")
    records = [record for name in NAMES for record in miner.learn(f"user {name} is over quota")[1]]
    root = miner.match("user ada is over quota")
    for text in ("user ada is over quota", "user zoe is over quota"):  # one with a record, one without
        assert miner.match(text) == root
        split = TemplateRecord(miner.identify(text), text, text, literal=True)
        miner.apply([split])
        assert miner.match(text) == split.id
        records.append(split)
    assert miner.match("user bob is over quota") == root
    rebuilt = Miner("stream", records)
    rebuilt.learn("something else")
    assert rebuilt.match("user ada is over quota") == rebuilt.identify("user ada is over quota")


def test_merged_messages_stay_evidence_after_a_restart():
    live = Miner("stream")
    groups = [name.title() for name in NAMES[:12]]
    records = [record for name in NAMES for record in live.learn(f"user {name} of group Ada left")[1]]
    rebuilt = Miner("stream", {record.id: record for record in records}.values())
    for group in groups:
        text = f"user ada of group {group} left"
        assert rebuilt.learn(text) == live.learn(text)
    assert live.match("user ada of group Zoe left") == live.match("user ada of group Bob left") is not None
    assert rebuilt.match("user ada of group Zoe left") == live.match("user ada of group Zoe left")


def test_clusters_merged_by_a_person_resolve():
    miner = Miner("stream")
    one, records = miner.learn("disk full")
    other, _ = miner.learn("no space left")
    assert miner.match("disk full") == one
    miner.apply([replace(records[0], merged_into=other)])
    assert miner.match("disk full") == other
    assert miner.learn("disk full") == (other, [])


def test_aliases_in_a_circle_do_not_hang():
    a = TemplateRecord("a", "one two", "one two", merged_into="b")
    b = TemplateRecord("b", "three four", "three four", merged_into="a")
    assert Miner("stream", [a, b]).resolve("a") in {"a", "b"}


def test_what_does_not_fit_goes_to_one_overflow_cluster_that_says_so():
    miner = Miner("stream", settings=MinerSettings(max_clusters=20))
    draw = Random(7)  # seeded words
    words = ["".join(draw.choices("abcdefgh", k=6)) for _ in range(800)]
    found = [miner.learn(" ".join(words[start : start + 4])) for start in range(0, 800, 4)]
    assert len({cluster_id for cluster_id, _ in found}) == 21
    overflow = [record for _, records in found for record in records if record.overflow]
    assert [record.template for record in overflow] == [OVERFLOW_TEMPLATE]
    assert found[-1][0] == overflow[0].id
    assert miner.match(OVERFLOW_TEMPLATE) is None


def test_known_clusters_still_match_when_the_stream_is_full():
    miner = Miner("stream", settings=MinerSettings(max_clusters=3))
    first = miner.learn("disk full")[0]
    for number in range(9):
        miner.learn(f"kind {'x' * number}")
    assert miner.learn("disk full") == (first, [])


@pytest.mark.parametrize(
    "make",
    [
        lambda draw: " ".join(draw() for _ in range(8)),  # nothing in common
        lambda draw: "one two three four five six seven " + " ".join(draw() for _ in range(3)),  # a long prefix
        lambda draw: " ".join(draw() for _ in range(3)) + " one two three four five six",  # a long suffix
        lambda draw: "<*> " * 100 + draw(),  # long and almost equal
    ],
)
def test_distinct_messages_without_end_take_constant_time_each(make):
    random_words = Random(3)  # seeded words
    miner = Miner("stream", settings=MinerSettings(max_clusters=300))
    times = []
    for _ in range(4):
        begin = time.process_time()
        for _ in range(1500):
            message = make(lambda: "".join(random_words.choices("abcdefghijklmnop", k=7)))
            if miner.match(message) is None:
                miner.learn(message)
        times.append(time.process_time() - begin)
    assert times[-1] < 2 * times[0] + 0.2


def test_explain_says_where_and_why():
    miner = taught([f"user {name} is over quota" for name in NAMES] + ["disk full"])
    fits = miner.explain("user zoe is over quota")
    assert fits.cluster_id == miner.match("user zoe is over quota")
    assert ANY in fits.reason
    assert fits.tree_path == ("5", "user")
    assert miner.explain("disk full").reason == "its masked text is the cluster's template"
    assert "merged" in miner.explain("user ada is over quota").reason
    unknown = miner.explain("disk almost full")
    assert unknown.cluster_id is None
    assert unknown.nearest[0][1:] == ("disk full", pytest.approx(1 / 3))


def test_a_generalised_text_keeps_its_spacing():
    assert generalised("user=bob, again", {2}) == f"user={ANY}, again"


def test_a_template_fits_only_where_all_its_literals_are():
    evidence = WildcardFinder(MinerSettings())
    template = tokenise(f"open {ANY} of <*>")
    assert evidence.fits(template, tokenise("open door of <*>"))
    assert not evidence.fits(template, tokenise("open door of house"))
    assert not evidence.fits(template, tokenise("open door of <*> now"))
    assert not evidence.fits(template, ())


def test_what_a_store_refused_is_learned_and_handed_over_again():
    """A miner that kept the lesson would count on a cluster that no store has."""
    miners, stream = Miners(), Stream("p", "shop", Kind.TEXT)
    first = miners.assign(stream, "disk full on sda")
    refused = miners.learned()
    miners.rollback()

    assert miners.learned() == ()
    assert miners.assign(stream, "disk full on sda") == first
    assert miners.learned() == refused
