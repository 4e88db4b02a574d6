"""Which entries are samples never depends on the order in which entries come, nor on how they were put together."""

import json
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from processor.ingest.samples import MAX_SAMPLE_TEXT, SampleSet, cut, made_of
from processor.model import MAX_BETWEEN, Kind, Stream
from processor.parsing.decode import decode

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEXT = Stream("p", "s", Kind.TEXT)
TRACE = "Traceback (most recent call last):\n  File \"/app/cart.py\", line 7, in pay\n    charge()\nKeyError: 'card'"


def entry(name, *, at=NOW, text="it broke", occurrence=True):
    data = {"insertId": name, "logName": "projects/p/logs/l", "timestamp": at.isoformat(), "textPayload": text}
    return decode(json.dumps(data).encode(), NOW)._replace(occurrence=occurrence)


def put_together(pairs):
    found = SampleSet.of(*pairs[0])
    for one, rank in pairs[1:]:
        found.add(one, rank)
    return found


def names(found):
    ends = [made_of(one, TEXT).insert_id for one in (found.first, found.latest)]
    return ends, [one.sample().insert_id for one in found.candidates(TEXT)]


def test_of_two_entries_of_one_instant_the_smaller_insert_id_is_the_first():
    one, other = (entry("a"), 2), (entry("b"), 1)

    assert names(put_together([one, other]))[0] == names(put_together([other, one]))[0] == ["a", "b"]


def test_the_earlier_entry_is_the_first_whatever_its_id():
    late, early = (entry("a"), 1), (entry("z", at=NOW - timedelta(seconds=1)), 2)

    assert names(put_together([late, early]))[0] == names(put_together([early, late]))[0] == ["z", "a"]


@pytest.mark.parametrize("seed", range(20))
def test_entries_in_any_order_and_in_any_parts_give_the_same_samples(seed):
    random = Random(seed)
    pairs = [
        (entry(f"e{n}", at=NOW + timedelta(seconds=n)), rank) for n, rank in enumerate(random.sample(range(99), 40))
    ]
    whole = names(put_together(pairs))
    random.shuffle(pairs)
    cut_at = random.randrange(1, 39)
    left, right = put_together(pairs[:cut_at]), put_together(pairs[cut_at:])
    right.absorb(left)
    right.absorb(left)

    assert names(put_together(pairs)) == names(right) == whole
    assert len(whole[1]) == MAX_BETWEEN
    by_rank = [one.insert_id for one, _ in sorted(pairs, key=lambda pair: pair[1]) if one.insert_id != "e0"]
    assert whole[1] == by_rank[:MAX_BETWEEN]


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 0, 2), (1, 2, 0), (2, 1, 0)])
def test_lines_that_only_continue_an_entry_are_no_samples_where_there_is_an_entry(order):
    pairs = [
        (entry("line", at=NOW - timedelta(seconds=1), occurrence=False), 1),
        (entry("whole"), 2),
        (entry("end", at=NOW + timedelta(seconds=1), occurrence=False), 3),
    ]

    assert names(put_together([pairs[n] for n in order])) == (["whole", "whole"], [])


def test_a_long_text_keeps_its_beginning_and_its_end():
    text = "Traceback\n" + "  frame\n" * 2000 + "KeyError: 'card'"
    kept = cut(text)

    assert len(kept) <= MAX_SAMPLE_TEXT
    assert kept.startswith("Traceback\n  frame\n")
    assert kept.endswith("  frame\nKeyError: 'card'")
    assert cut("x" * MAX_SAMPLE_TEXT) == "x" * MAX_SAMPLE_TEXT


def test_a_sample_of_an_exception_says_what_was_raised_and_where():
    one = (5, entry("a", text=TRACE))

    found = made_of(one, Stream("p", "s", Kind.EXCEPTION))
    assert (found.rank, found.exception.type, found.exception.message) == (5, "KeyError", "'card'")
    assert found.exception.function == "pay"
    assert made_of(one, TEXT).exception is None
