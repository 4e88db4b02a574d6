"""What stands at a template's places: found in the text, counted exactly, shown where it is one to three values."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from processor.ingest import pipeline
from processor.mining.alignment import values_of
from processor.mining.grouper import Grouper
from processor.mining.masker import Masker
from processor.mining.miners import Miners
from processor.mining.reasons import reasons
from processor.model import ReceivedMessage, Seen, Severity
from processor.model.template import places, said, shown
from processor.model.values import MAX_VALUE_CHARS, OTHER

MASKER = Masker()
NOW = datetime(2026, 1, 1, tzinfo=UTC)

TEXTS = [
    ("took 15 ms in /srv/app", ("15 ms", "/srv/app")),
    ('tenant "maple" is over its limit', ("maple",)),
    ("Badge for Tara Zeman not printed", ("Tara Zeman",)),
    ("14 messages could not be acknowledged and were requeued", ("14",)),  # the form changed too
    ("session 9f31 expired, user=mila, sending to sign-in", ("9f31",)),  # a field was dropped
    ("订单号1000已取消", ("1000",)),  # blanks were set
    ("<*> is down", ("<*>",)),  # a mark that was in the text
    ("disk is full", ()),
]


@pytest.mark.parametrize(("text", "values"), TEXTS)
def test_values_are_what_stood_in_the_text(text, values):
    assert values_of(MASKER.mask(text), text) == values


def test_values_are_bounded():
    text = "from " + " x, ".join(f"/srv/{'y' * 300}/{n}" for n in range(40))
    found = values_of(MASKER.mask(text), text)
    assert 0 < len(found) <= 12
    assert all(len(value) <= MAX_VALUE_CHARS for value in found)


@given(st.text(max_size=80), st.text(max_size=80))
@settings(max_examples=500, deadline=None)
def test_values_of_any_texts_raise_nothing_and_are_no_more_than_the_places(text, other):
    masked = MASKER.mask(text)
    assert len(values_of(masked, text)) <= masked.count("<*>")
    assert len(values_of(masked, other)) <= masked.count("<*>")


def test_a_place_is_named_by_the_words_before_it():
    keys = [place.key for place in places("<*> user <any> of group <*> left group <*> <*>")]
    assert keys == ["^", "user", "of group", "left group", "^ #2"]


def test_a_key_stays_when_an_earlier_place_turns_into_one():
    before, after = places("user ada of group <*>"), places("user <any> of group <*>")
    assert before[-1].key.endswith("of group")
    assert after[-1].key == "of group"


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"user": {"ada": 3}}, "user ada left"),
        ({"user": {"ada": 1, "bob": 2}}, "user bob | ada left"),
        ({"user": {"ada": 1, "bob": 2, "cid": 1}}, "user bob | ada | cid left"),
        ({"user": {"ada": 1, "bob": 1, "cid": 1, "dan": 1}}, "user … left"),
        ({"user": {"ada": 1, OTHER: 1}}, "user … left"),
        ({"elsewhere": {"ada": 1}}, "user … left"),
        ({}, "user … left"),
    ],
)
def test_one_value_is_shown_two_or_three_side_by_side_more_as_a_mark(values, text):
    assert shown("user <*> left", values) == shown("user <any> left", values) == text


def test_a_value_that_looks_like_a_mark_is_shown_as_it_is():
    assert shown("a <*> b <*>", {"a": {"<*>": 1}, "b": {"x": 1}}) == "a <*> b x"
    assert said({}) == "…"


def counted(texts):
    """Values by place of all clusters, after these texts were logged in one batch."""
    entries = [
        {"insertId": str(n), "timestamp": "2025-09-14T05:00:00Z", "severity": "ERROR", "textPayload": text}
        for n, text in enumerate(texts)
    ]
    messages = [ReceivedMessage(json.dumps(entry).encode(), entry["insertId"]) for entry in entries]
    batch = pipeline.decode(messages, min_severity=Severity.WARNING, now=NOW)
    seen = Seen(frozenset())
    one = pipeline.digest(batch, seen, Miners(), Grouper(MASKER), worker="w", now=NOW)
    two = [
        pipeline.digest_partial(part, seen, Miners(), worker="w", now=NOW)
        for part in pipeline.gather(batch, Grouper(MASKER), lanes=1).values()
    ]
    assert [delta.values for delta in one.deltas] == [delta.values for each in two for delta in each.deltas]
    return [delta.values for delta in one.deltas]


def test_values_are_counted_to_the_entry_at_masked_and_at_earned_places():
    names = ["nadia", "oleg", "nadia", "nadia"]
    texts = [f"mail to {name} bounced after {n} tries" for n, name in enumerate(names, 1)]

    (values,) = counted(texts)
    assert values["mail to"] == {"nadia": 3, "oleg": 1}
    assert values["bounced after"] == {"1": 1, "2": 1, "3": 1, "4": 1}


def test_values_of_an_exception_are_those_of_its_message():
    trace = (
        'Traceback (most recent call last):\n  File "/srv/geo.py", line 8, in plan\n    x\nLookupError: no depot in '
    )

    (values,) = counted([trace + place for place in ("Oslo", "Oslo", "Lima")])
    assert values == {"no depot in": {"Lima": 1, "Oslo": 2}}


def test_reasons_say_of_every_word_whether_it_is_filled_in_and_what_would_make_it_so():
    found = {one.word: one for one in reasons('column "tier_id" of tenant <*> not found in <any> cache')}
    assert found["<*>"].filled_in
    assert found["<any>"].filled_in
    assert found["not"].evidence == 0
    assert found["tier_id"].evidence > found["cache"].evidence > 2
    assert "schema" in found["tier_id"].why
