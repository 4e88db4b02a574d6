"""A store that is slow, or busy with others: everything is counted once, each refusal brings progress."""

import itertools
import random
import threading
import time
from collections import Counter
from datetime import UTC, datetime

import pytest
from google.api_core.exceptions import DeadlineExceeded
from google.cloud.firestore_v1.batch import WriteBatch
from slow_firestore import SlowFirestore
from step_worker import StepWorker, message

from processor.app.clock import SystemClock
from processor.ingest.gather import FlushPolicy
from processor.ingest.worker import Worker
from processor.mining.masker import Masker
from processor.mining.miners import Miners
from processor.model.errors import Conflict, Transient
from sinks.firestore import commit as firestore_commit
from sinks.firestore import store as store_module
from sinks.firestore.store import FirestoreStore

WORDS = [f"{a}{b}" for a in ("cart", "disk", "mail", "node", "user") for b in "abcdefghijklmnopqrst"]


def different(count, first=0):
    """Entries of which no two share a cluster."""
    chance = random.Random(7)
    sentences = [" ".join(chance.choices(WORDS, k=6)) for _ in range(first + count)]
    shown = enumerate(sentences)
    # A stream holds 2,000 clusters at most.
    return [message(sentence, number, service=f"shop-{number % 4}") for number, sentence in shown][first:]


class Listed:
    """A source that gives these, and gives again what was not acknowledged when told to."""

    def __init__(self, messages):
        self.waiting, self.acked = list(messages), set()
        self.left = len(self.waiting)

    def pull(self, max_messages, timeout_s):  # the protocol has it
        part, self.waiting = self.waiting[:max_messages], self.waiting[max_messages:]
        return part

    def ack(self, messages):
        self.left -= len(messages)

    def release(self, messages):
        self.waiting += messages

    def exhausted(self):
        return self.left == 0

    def close(self):
        pass


@pytest.fixture
def slow(firestore_emulator, firestore_project, monkeypatch):
    made = SlowFirestore(firestore_emulator.address)
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", made.address)
    made.project = firestore_project
    yield made
    made.close()


def shorter(monkeypatch, seconds):
    """The same proportions in less time: deadlines and documents' times are divided alike."""
    monkeypatch.setattr(firestore_commit, "COMMIT_S", seconds)
    monkeypatch.setattr(store_module, "COMMIT_S", seconds)


def work(store, messages, *, name="w1", flush_entries=5000):
    source = Listed(messages)
    worker = Worker(
        source,
        store,
        miners=Miners(),
        masker=Masker(),
        clock=SystemClock(),
        name=name,
        pace=FlushPolicy(flush_entries=flush_entries),
    )
    return worker.run()


@pytest.mark.parametrize("applies_late", [False, True])
def test_a_commit_that_takes_longer_than_its_deadline_is_made_smaller_until_all_is_counted(
    slow, monkeypatch, applies_late
):
    shorter(monkeypatch, 1.0)
    slow.per_write_s, slow.applies_late = 0.0012, applies_late  # 6 ms and 5 s, five times faster
    store = FirestoreStore(slow.project)
    begun = time.monotonic()
    work(store, different(1600))
    took_s = time.monotonic() - begun

    assert store.totals().counted == 1600
    assert len(store.clusters()) == 1600
    assert len(slow.late) <= 4, "each refusal made it smaller"
    assert max(slow.commits[-3:]) < 833, "and it was remembered"
    assert took_s < 60
    store.close()


def test_reads_that_take_longer_than_their_deadline_are_made_smaller(slow, monkeypatch):
    shorter(monkeypatch, 0.3)
    store = FirestoreStore(slow.project)
    work(store, different(150))
    slow.per_read_s = 0.01  # a hundred in one read take a second
    other = FirestoreStore(slow.project)
    monkeypatch.setattr(other._streams, "_timeout_s", 5.0)
    again = different(100)
    for number, one in enumerate(again):
        again[number] = one._replace(data=one.data.replace(b'"insertId": "i', b'"insertId": "again-'))
    work(other, again, name="w2")
    slow.per_read_s = 0.0

    assert store.totals().counted == 250
    assert other._committer._reads.size < 50
    store.close()
    other.close()


@pytest.mark.parametrize("held", ["streams", "ledger", "clusters"])
def test_a_store_that_answers_nothing_is_away_after_one_probe_and_not_slow(slow, monkeypatch, held):
    shorter(monkeypatch, 0.2)
    store = FirestoreStore(slow.project)
    work(store, different(150))
    monkeypatch.setattr(store._streams, "_timeout_s", 0.2)
    before = store._streams._portion.size, store._ledger._portion.size, store._committer._reads.size
    slow.is_silent = True
    asked = {
        "streams": lambda: store.load_model({}),
        "ledger": lambda: store.seen([(300 * slot, b"%016d" % slot) for slot in range(64)]),
        "clusters": lambda: list(store._committer._read([f"c{number}" for number in range(100)])),
    }[held]

    with pytest.raises((Transient, DeadlineExceeded)):
        asked()

    assert slow.unanswered == 2
    assert before == (store._streams._portion.size, store._ledger._portion.size, store._committer._reads.size)
    slow.is_silent = False
    assert store.totals().counted == 150
    store.close()


def test_a_query_that_breaks_off_in_its_results_is_an_absent_store_and_no_crash(slow):
    store = FirestoreStore(slow.project)
    work(store, different(30))
    asked = {
        "clusters": FirestoreStore(slow.project).clusters,
        "totals": FirestoreStore(slow.project).totals,
        "one cluster": lambda: store.cluster(store.clusters()[0].id),
        "samples": lambda: store.redact_samples(datetime.now(UTC), after="", limit=10),
        "model": lambda: FirestoreStore(slow.project).load_model({}),
    }
    for ask in asked.values():
        slow.breaks_off = True
        with pytest.raises(Transient):
            ask()
        slow.breaks_off = False
    assert len(store.clusters()) == 30
    store.close()


def test_clusters_that_take_longer_than_a_page_may_are_read_in_smaller_pages(slow, monkeypatch):
    monkeypatch.setattr(store_module, "_FOLLOWED_S", 0.3)
    store = FirestoreStore(slow.project)
    work(store, different(100))
    slow.per_read_s = 0.01

    assert len(FirestoreStore(slow.project).clusters()) == 100
    assert len(slow.reads) > 3
    store.close()


def test_an_outage_a_slow_hour_and_a_recovery_need_no_hand(slow, monkeypatch):
    shorter(monkeypatch, 0.6)
    store = FirestoreStore(slow.project)
    done = []
    running = threading.Thread(target=lambda: done.append(work(store, different(3000), flush_entries=600)))
    slow.is_away = True
    running.start()
    time.sleep(1.0)
    slow.per_write_s, slow.is_away = 0.004, False  # 150 documents fit
    time.sleep(2.5)
    slow.per_write_s = 0.0
    running.join(60)

    assert done, "it came to its end"
    assert store.totals().counted == 3000
    assert max(slow.commits[-4:]) > 150, "and took large steps again"
    store.close()


def overtaken_by(monkeypatch, *rivals):
    """Let another writer in, just before the next commit is sent, and one before each commit after it."""
    commit, waiting = WriteBatch.commit, list(rivals)

    def overtaken(batch, **options):
        with monkeypatch.context() as patch:
            patch.setattr(WriteBatch, "commit", commit)
            if waiting:
                waiting.pop(0)()
        return commit(batch, **options)

    monkeypatch.setattr(WriteBatch, "commit", overtaken)


def test_a_checkpoint_overtaken_by_other_entries_is_offered_again_as_it_is(open_firestore, monkeypatch):
    one, two = StepWorker(open_firestore(), "w1"), StepWorker(open_firestore(), "w2")
    one.work([message("it broke", 1)])
    two.work([message("it broke", 2)])
    theirs = one.look([message("it broke", number) for number in range(10, 20)])
    ours = two.look([message("it broke", number) for number in range(20, 40)])
    overtaken_by(monkeypatch, lambda: one.put(theirs))

    committed = two.put(ours)

    assert committed.offers == 2
    assert one.store.totals().counted == 32
    assert one.store.clusters()[0].count == 32


TEXTS = ("disk is full", "mail is late", "cart is locked")


@pytest.mark.parametrize("rivals", [[["mail is late"], ["door is open"]], *range(12)])
def test_a_checkpoint_overtaken_again_and_again_counts_each_cluster_once(open_firestore, monkeypatch, rivals):
    """Some of its clusters can be incremented, others have to be read, and some are changed in between."""
    chance = random.Random(str(rivals))
    if isinstance(rivals, int):
        rivals = [chance.sample([*TEXTS, "door is open"], chance.randint(1, 3)) for _ in range(chance.randint(1, 5))]
    one, two = StepWorker(open_firestore(), "w1"), StepWorker(open_firestore(), "w2")
    one.work([message(text, number) for number, text in enumerate(TEXTS)])
    two.work([message(text, 10 + number) for number, text in enumerate([*chance.sample(TEXTS, 2), "disk is full"])])
    expected = Counter({cluster.template: cluster.count for cluster in one.store.clusters()})
    ours = two.look([message(text, 20 + number) for number, text in enumerate([*TEXTS, *TEXTS])])
    expected.update([*TEXTS, *TEXTS, *itertools.chain.from_iterable(rivals)])
    numbers = iter(range(100, 200))

    def counting(texts):
        return lambda: one.work([message(text, next(numbers)) for text in texts])

    overtaken_by(monkeypatch, *map(counting, rivals))

    committed = two.put(ours)

    counts = {cluster.template: cluster.count for cluster in one.store.clusters()}
    assert committed.offers == 1 + len(rivals)
    assert counts == expected
    assert sorted(committed.counts.values()) == sorted(counts[text] for text in TEXTS)
    assert committed.writes >= 5
    assert sum(counts.values()) == one.store.totals().counted


@pytest.mark.parametrize("shared", [1, 10])
def test_a_checkpoint_of_which_another_counted_a_part_is_refused(open_firestore, monkeypatch, shared):
    one, two = StepWorker(open_firestore(), "w1"), StepWorker(open_firestore(), "w2")
    one.work([message("it broke", 1)])
    two.work([message("it broke", 2)])
    theirs = one.look([message("it broke", number) for number in range(20 + shared)])
    ours = two.look([message("it broke", number) for number in range(20, 40)])
    overtaken_by(monkeypatch, lambda: one.put(theirs))

    with pytest.raises(Conflict):
        two.put(ours)
    two.work([message("it broke", number) for number in range(20, 40)])
    assert one.store.clusters()[0].count == 40


def test_a_checkpoint_that_learned_beside_another_is_refused(open_firestore, monkeypatch):
    one, two = StepWorker(open_firestore(), "w1"), StepWorker(open_firestore(), "w2")
    theirs = one.look([message("the disk is full", 1)])
    ours = two.look([message("the mail is late", 2)])
    overtaken_by(monkeypatch, lambda: one.put(theirs))

    with pytest.raises(Conflict):
        two.put(ours)
    two.work([message("the mail is late", 2)])
    assert {cluster.count for cluster in one.store.clusters()} == {1}
