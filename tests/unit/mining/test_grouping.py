"""Kinds and streams; and that remembering changes no answer."""

import random
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from processor.mining.grouper import Grouper, group
from processor.mining.masker import Masker
from processor.model import Kind, Stream
from processor.parsing import stacktrace as traceback
from processor.parsing.decode import decode

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "tracebacks"


def request(method, url, status):
    return {"requestMethod": method, "requestUrl": url, "status": status}


HTTP = [
    (request("GET", "https://h/users/123/orders/9?x=1", 500), "HTTP 5xx GET /users/<*>/orders/<*>"),
    (request("GET", "https://h/users/7/orders/1", 503), "HTTP 5xx GET /users/<*>/orders/<*>"),  # one problem
    (request("POST", "/users/7/orders", 502), "HTTP 5xx POST /users/<*>/orders"),
    (request("GET", "https://h/wp-login.php", 404), "HTTP 4xx"),  # scanners
    (request("POST", "https://h/api", 403), "HTTP 4xx"),
]


@pytest.mark.parametrize(("http", "message"), HTTP)
def test_server_errors_are_grouped_by_route_and_client_errors_by_status_class(entry_json, http, message):
    entry = decode(entry_json(None, severity=None, httpRequest=http), NOW)

    assert group(entry, Masker()) == (Stream("p", "shop", Kind.HTTP), message)


def test_a_message_beside_a_request_is_grouped_by_its_words(entry_json):
    entry = decode(entry_json("order 7 not found", httpRequest=request("GET", "/x", 404)), NOW)

    assert group(entry, Masker()) == (Stream("p", "shop", Kind.TEXT), "order <*> not found")


@pytest.mark.parametrize("text", [None, "", "   \n "])
def test_an_entry_without_words_is_named_after_its_log(entry_json, text):
    stream, message = group(decode(entry_json(text), NOW), Masker())

    assert (stream.kind, message) == (Kind.TEXT, "entry without a message in log run.googleapis.com/stderr")


def cases():
    for path in sorted(GOLDEN.glob("*.txt")):
        yield from re.split(r"(?m)^===.*\n", path.read_text("utf-8"))


def test_remembered_stack_traces_are_the_ones_that_would_be_worked_out(entry_json):
    """Line numbers and addresses vary between two prints; the memory must not see more alike than there is."""
    rnd = random.Random(3)
    masker = Masker()
    grouper = Grouper(masker)
    for case in cases():
        for _ in range(4):
            text = re.sub(r"\d+", lambda m: m[0] if rnd.random() < 0.5 else str(rnd.randrange(1, 600)), case)
            found = traceback.parse(text)
            expected = None if found is None else traceback.fingerprint(found, masker.mask)
            stream, message = grouper(decode(entry_json(text or "x"), NOW))

            assert (message if stream.kind is Kind.EXCEPTION else None) == expected


WORDS = [
    "order 7",
    "failed",
    "HTTP 503",
    "code=12",
    "error 40001",
    "<b>x</b>",
    "größe 12",
    "\uff17",
    "user-77",
    "a1b2c3d4",
    "0x1f",
]


@pytest.mark.parametrize("masks", [[], [("7+", "seven"), ("order [2-4]", "few")]])
def test_remembered_messages_are_the_ones_that_would_be_worked_out(entry_json, masks):
    """Digits count in status codes, in a mask of one's own, and in characters that read as digits."""
    rnd = random.Random(5)
    grouper = Grouper(Masker(masks=masks))
    for _ in range(600):
        text = " ".join(rnd.choices(WORDS, k=2))
        text = re.sub(r"[0-9]", lambda m: m[0] if rnd.random() < 0.5 else str(rnd.randrange(10)), text)
        entry = decode(entry_json(text), NOW)

        assert grouper(entry) == group(entry, Masker(masks=masks)), text
