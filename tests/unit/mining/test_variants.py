"""Which templates differ in one plain word only; a word that says what broke is never one."""

import pytest

from processor.mining.variants import difference, free_words
from processor.mining.wildcards import tokenise
from processor.parsing.stacktrace.fingerprint import message_positions


def differs(one, other, **more):
    return difference(one, other, is_exception=more.get("is_exception", False))


@pytest.mark.parametrize(
    ("one", "other", "words"),
    [
        ("no free worker left for survey", "no free worker left for parcel", ("survey", "parcel")),
        ("picture of large <*> is missing", "picture of blue <*> is missing", ("large", "blue")),
        ("seats for nadia were given away", "seats for oleg were given away", ("nadia", "oleg")),
    ],
)
def test_a_plain_word_is_the_difference(one, other, words):
    assert differs(one, other) == words
    assert differs(other, one) == words[::-1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('column "email" does not exist', 'column "phone" does not exist'),
        ("lacks permission run.services.update here", "lacks permission iam.roles.get here"),
        ("upstream answered 502 to the relay", "upstream answered 503 to the relay"),
        ("the worker was killed by SIGKILL", "the worker was killed by SIGSEGV"),
        ("order was rejected by the shop", "order was accepted by the shop"),
        ("lease of the shard was acquired", "lease of the shard was released"),
        ("request method = GET was refused", "request method = PUT was refused"),
        ("the call ended with KeyError there", "the call ended with ValueError there"),
        ("cart lost its lease on the shard", "search lost its lease on the shard"),
        ("the payment stopped because of redis", "the payment stopped because of kafka"),
        ("the shop failed to charge an order", "the shop failed to refund an order"),
        ("the shop cannot charge an order", "the shop cannot refund an order"),
        ("error while saving an order", "error while fetching an order"),
        ("timeout: SELECT id FROM orders WHERE x", "timeout: SELECT id FROM refunds WHERE x"),
        ("config key retry.backoff is not a number", "config key cache.ttl is not a number"),
        ("input registry-token was not supplied", "input cluster-name was not supplied"),
        ("order is not valid: - street: must not be empty", "order is not valid: - pickup: must not be empty"),
        ("no worker left for parcel queue", "no worker left for survey topic"),
        ("no worker left for parcel", "no worker left for survey today"),
        ("the same words in both", "the same words in both"),
    ],
)
def test_what_says_what_broke_is_never_the_difference(one, other):
    assert differs(one, other) is None


def test_of_an_exception_only_its_message_counts():
    trace = "RuntimeError: no worker left for {} at {} (app.jobs)"

    assert differs(trace.format("parcel", "run"), trace.format("survey", "run"), is_exception=True)
    assert differs(trace.format("parcel", "run"), trace.format("parcel", "walk"), is_exception=True) is None


@pytest.mark.parametrize("call", ["(*Shelf).{} (shop/stock)", "(anonymous namespace)::{} (stock.cc)", "{} (app.stock)"])
def test_a_function_is_no_word_of_the_message_whatever_stands_before_its_name(call):
    trace = f"panic: nothing is left on the shelf at {call} < main (main)"

    assert differs(trace.format("take"), trace.format("give"), is_exception=True) is None
    tokens = tokenise(trace.format("take"))
    said = " ".join(tokens[at] for at in sorted(message_positions(tokens)))
    assert said == "nothing is left on the shelf"


@pytest.mark.parametrize("prose", ["at (see the manual) of the shop", "at (five) of the clock (sharp)"])
def test_a_parenthesis_in_prose_begins_no_call(prose):
    tokens = tokenise(f"ShopError: it broke {prose}")

    assert "clock" not in prose or tokens.index("clock") in message_positions(tokens)
    assert tokens.index("of") in message_positions(tokens)


def test_a_place_is_known_by_everything_around_it():
    one, other = (free_words(text, is_exception=False) for text in ("lost the red key", "lost the red lamp"))

    assert [one[place] for place in one.keys() & other.keys()] == ["key"]
