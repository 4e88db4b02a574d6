"""Entries put together before the ledger was asked: exact counts whatever is repeated, reordered, split."""

import json
import pickle
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from processor.ingest import pipeline
from processor.ingest.partial import NOWHERE, LedgerShard, PartialBatch
from processor.mining.grouper import Grouper
from processor.mining.masker import Masker
from processor.mining.miners import Miners
from processor.model import Kind, ReceivedMessage, Seen, Severity

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TEXTS = st.sampled_from(["disk full", "timeout after 30 ms", "timeout after 7 ms", "VM Started", "login of eve failed"])
TRACE = ["Traceback (most recent call last):", '  File "/app/shop.py", line 3, in load', "KeyError: 'x'"]


def message(number, text="it broke", *, severity="ERROR", second=None):
    entry = {
        "insertId": f"i{number}",
        "logName": "projects/p/logs/l",
        "timestamp": f"2025-09-14T05:{(second or number) // 60 % 60:02}:{(second or number) % 60:02}.{number:06}Z",
        "severity": severity,
        "resource": {"type": "t", "labels": {"service_name": "s", "revision_name": f"r{number % 2}"}},
        "textPayload": text,
    }
    return ReceivedMessage(json.dumps(entry).encode(), f"m{number}")


def decoded(messages):
    return pipeline.decode(messages, min_severity=Severity.WARNING, now=NOW)


def partial_batch(messages, *, size=1000, lanes=1, group=None):
    """All places, put together from batches of `size` that have travelled."""
    group = group or Grouper(Masker())
    places = {}
    for start in range(0, len(messages), size):
        for place, part in pipeline.gather(decoded(messages[start : start + size]), group, lanes=lanes).items():
            places.setdefault(place, PartialBatch()).absorb(pickle.loads(pickle.dumps(part)))  # noqa: S301  # our own
    return places


def counts(checkpoint):
    """What a checkpoint adds, in a form that does not depend on order."""
    return {
        delta.id: (
            delta.count,
            delta.first_seen,
            delta.last_seen,
            delta.sample,
            dict(delta.severities),
            dict(delta.minutes),
            {name: dict(values) for name, values in delta.facets.items()},
            dict(delta.revisions),
        )
        for delta in checkpoint.deltas
    }


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=60), st.integers(1, 20), st.randoms(use_true_random=False))
def test_in_any_order_and_in_any_parts_it_adds_what_the_worker_adds(texts, size, chance):
    messages = [message(number, text) for number, text in enumerate(texts)]
    expected = pipeline.digest(decoded(messages), Seen(frozenset()), Miners(), Grouper(Masker()), worker="w", now=NOW)
    shuffled = [*messages, *chance.sample(messages, len(messages) // 2)]
    chance.shuffle(shuffled)
    (whole,) = partial_batch(shuffled, size=size).values()
    found = pipeline.digest_partial(whole, Seen(frozenset()), Miners(), worker="w", now=NOW)

    assert counts(found) == counts(expected)
    assert set(found.fresh) == set(expected.fresh)
    assert found.totals.ingested == len(shuffled)
    assert found.totals.duplicates == len(shuffled) - len(messages)


def test_what_is_counted_already_is_left_out_to_the_entry():
    messages = [message(number) for number in range(10)]
    (whole,) = partial_batch(messages).values()
    known = frozenset(identity.digest for identity, _ in decoded(messages[:7]).entries)
    found = pipeline.digest_partial(whole, Seen(known), Miners(), worker="w", now=NOW)
    again = pipeline.digest_partial(
        whole, Seen(known | {one.digest for one in found.fresh}), Miners(), worker="w", now=NOW
    )

    (delta,) = found.deltas
    assert (delta.count, sum(delta.revisions[name].entries for name in ("r0", "r1"))) == (3, 3)
    assert found.totals.duplicates == 7
    assert (again.deltas, again.fresh, again.totals.duplicates) == ((), (), 10)


def test_what_is_put_together_leaves_its_parts_as_they_were():
    """A runner that tries a bundle again hands out the same objects."""
    one, two = (next(iter(partial_batch([message(number, second=1)]).values())) for number in (1, 2))
    before = pickle.dumps((one, two))
    whole = PartialBatch()
    whole.absorb(one)
    whole.absorb(two)

    assert len(whole.identities()) == whole.deliveries == 2
    assert pickle.loads(before) == (one, two)  # noqa: S301  # our own


def test_a_line_that_was_joined_in_one_batch_and_not_in_another_is_counted_once_with_its_exception():
    lines = [message(number, text, second=1) for number, text in enumerate(TRACE)]
    (whole,) = partial_batch([*lines, lines[1]], size=3).values()
    found = pipeline.digest_partial(whole, Seen(frozenset()), Miners(), worker="w", now=NOW)

    (delta,) = found.deltas
    assert (delta.stream.kind, delta.count, found.totals.duplicates) == (Kind.EXCEPTION, 3, 1)


def test_entries_meet_by_slot_and_lane_and_the_rest_goes_with_one_of_them():
    poison = ReceivedMessage(b"{", "bad")
    quiet = message(99, severity="INFO")
    apart = partial_batch([message(1), message(2, second=600), quiet, poison])
    alone = partial_batch([quiet, poison])
    many = partial_batch([message(number, second=1) for number in range(64)], lanes=4)

    assert sum(part.deliveries for part in apart.values()) == 2
    assert len(apart) == 2
    assert [(len(part.rejected), part.ignored) for part in apart.values() if part.rejected] == [(1, 1)]
    assert list(alone) == [LedgerShard(NOWHERE, 0)]
    assert {place.lane for place in many} == {0, 1, 2, 3}


@settings(max_examples=40, deadline=None)
@given(st.lists(TEXTS, min_size=2, max_size=40), st.integers(0, 5))
def test_halves_hold_the_same_together(texts, poisons):
    messages = [message(number, text, second=1) for number, text in enumerate(texts)]
    messages += [messages[0], *[ReceivedMessage(b"{%d" % number, f"bad{number}") for number in range(poisons)]]
    (whole,) = partial_batch(messages).values()
    split_in_two = whole.split_in_two()

    assert split_in_two[0].identities() | split_in_two[1].identities() == whole.identities()
    assert not split_in_two[0].identities() & split_in_two[1].identities()
    assert abs(len(split_in_two[0].identities()) - len(split_in_two[1].identities())) <= 1
    assert sum(half.deliveries for half in split_in_two) == whole.deliveries == len(texts) + 1
    assert [one.id for half in split_in_two for one in half.rejected] == [one.id for one in whole.rejected]
