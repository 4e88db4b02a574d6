"""Mining, whatever comes: the records are the whole model, no cluster is lost, nothing but our own errors."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from processor.mining.masker import Masker
from processor.mining.miner import Miner
from processor.mining.wildcards import MinerSettings

ATOMS = "a ab abc abcd abcde abcdef bob stopped KEY OTHER_KEY <*> <any> <cut> = ( ) x-y é"
WORDS = st.sampled_from(ATOMS.split())
MESSAGES = st.one_of(
    st.lists(WORDS, max_size=6).map(" ".join),
    st.tuples(st.sampled_from("abcdefghijklmnop"), st.sampled_from("uvwx")).map(
        lambda pair: f"user {pair[0] * 3} of group {pair[1] * 2} left"
    ),
    st.text(max_size=20),
)
SETTINGS = MinerSettings(evidence=3, name_evidence=2, max_clusters=12)


def learned(miner, messages):
    ids, records = [], {}
    for message in messages:
        cluster_id, changed = miner.learn(message)
        ids.append(cluster_id)
        records.update((record.id, record) for record in changed)
    return ids, records


@given(st.lists(MESSAGES, max_size=40), st.integers(0, 40), st.randoms(use_true_random=False))
@settings(max_examples=400, deadline=None)
def test_a_miner_rebuilt_from_its_records_goes_on_as_the_one_that_wrote_them(messages, cut, random):
    whole = Miner("s", settings=SETTINGS)
    ids, _ = learned(whole, messages)
    first = Miner("s", settings=SETTINGS)
    ids_before, records = learned(first, messages[:cut])
    stored = list(records.values())
    random.shuffle(stored)
    second = Miner("s", stored, settings=SETTINGS)
    ids_after, later = learned(second, messages[cut:])
    assert ids_before + ids_after == ids
    records.update(later)
    third = Miner("s", records.values(), settings=SETTINGS)
    assert [third.match(message) for message in messages] == [whole.match(message) for message in messages]


@given(st.lists(st.tuples(MESSAGES, st.integers(0, 2)), max_size=40))
@settings(max_examples=300, deadline=None)
def test_workers_who_take_turns_are_one_worker(turns):
    alone = Miner("s", settings=SETTINGS)
    workers = [Miner("s", settings=SETTINGS) for _ in range(3)]
    for message, turn in turns:
        cluster_id, records = workers[turn].learn(message)
        assert (cluster_id, records) == alone.learn(message)
        for worker in workers:
            if worker is not workers[turn]:
                worker.apply(records)
    for message, _ in turns:
        assert {worker.match(message) for worker in workers} == {alone.match(message)}


@given(st.lists(MESSAGES, max_size=40))
@settings(max_examples=300, deadline=None)
def test_every_id_ever_given_resolves_to_a_root(messages):
    miner = Miner("s", settings=SETTINGS)
    ids, records = learned(miner, messages)
    for cluster_id in ids:
        assert records[miner.resolve(cluster_id)].merged_into is None
    assert len({miner.resolve(cluster_id) for cluster_id in ids}) <= SETTINGS.max_clusters + 1


@given(st.lists(MESSAGES, max_size=30), st.lists(st.integers(1, 4), max_size=30))
@settings(max_examples=300, deadline=None)
def test_adjacent_repeats_counted_once_with_their_number_give_the_same_counts(messages, repeats):
    pairs = list(zip(messages, repeats, strict=False))
    singly, tallied = Miner("s", settings=SETTINGS), Miner("s", settings=SETTINGS)
    one: dict[str, int] = {}
    for message, number in pairs:
        for _ in range(number):
            cluster_id, _ = singly.learn(message)
            one[cluster_id] = one.get(cluster_id, 0) + 1
    other: dict[str, int] = {}
    for message, number in pairs:
        cluster_id, _ = tallied.learn(message)
        other[cluster_id] = other.get(cluster_id, 0) + number
    assert folded(singly, one) == folded(tallied, other)
    assert sum(folded(singly, one).values()) == sum(number for _, number in pairs)


def folded(miner, counts):
    """Sum counts by root: merging moves counts and never makes or loses one."""
    roots: dict[str, int] = {}
    for cluster_id, number in counts.items():
        root = miner.resolve(cluster_id)
        roots[root] = roots.get(root, 0) + number
    return roots


@given(st.lists(st.text(max_size=80), max_size=8))
@settings(max_examples=500, deadline=None)
def test_no_text_makes_masking_or_mining_raise(texts):
    masker, miner = Masker(), Miner("s", settings=SETTINGS)
    for text in texts:
        masked = masker.mask(text)
        cluster_id, _ = miner.learn(masked)
        assert miner.resolve(cluster_id) == miner.explain(masked).cluster_id or miner.match(masked) is None


@given(st.lists(MESSAGES, min_size=1, max_size=30), st.randoms(use_true_random=False))
@settings(max_examples=300, deadline=None)
def test_without_earned_wildcards_the_order_never_matters(messages, random):
    strict = MinerSettings(evidence=10**6, name_evidence=10**6, code_evidence=10**6)
    shuffled = list(messages)
    random.shuffle(shuffled)
    one, other = Miner("s", settings=strict), Miner("s", settings=strict)
    learned(one, messages)
    learned(other, shuffled)
    assert [one.match(message) for message in messages] == [other.match(message) for message in messages]
