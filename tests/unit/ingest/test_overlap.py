"""While a checkpoint is on its way the next is prepared: in order, bounded, exact whatever the store answers."""

import random
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import pytest
from received import message

from processor.app.clock import SystemClock
from processor.ingest.worker import FlushPolicy, Worker
from processor.mining.masker import Masker
from processor.mining.miners import Miners
from processor.model.errors import CheckpointTooLarge, Conflict, GardenerError, SourceError, Transient
from sinks.sqlite.store import SqliteStore

WITHIN_S = 20
PACE = FlushPolicy(flush_seconds=0.02, flush_entries=2)


class Quick(SystemClock):
    """The real time; no wait takes longer than a millisecond."""

    def sleep(self, seconds):
        super().sleep(min(seconds, 0.001))


class Source:
    """Messages in order; exhausted once all are acknowledged."""

    def __init__(self, messages):
        self.waiting, self.left = deque(messages), len(messages)
        self.pulled, self.acked, self.released = [], [], []
        self.at_end = None

    def pull(self, max_messages, timeout_s):
        part = [self.waiting.popleft() for _ in range(min(max_messages, len(self.waiting)))]
        if not part:
            if self.at_end is not None:
                raise self.at_end
            time.sleep(0.001)
        self.pulled += [one.message_id for one in part]
        return part

    def ack(self, messages):
        self.acked += [one.message_id for one in messages]
        self.left -= len(messages)

    def release(self, messages):
        self.released += [one.message_id for one in messages]

    def exhausted(self):
        return self.left == 0

    def close(self):
        pass


class GatedStore:
    """A store whose `commit` and `seen` wait for a gate, and first do what `answers` has for the next commit."""

    def __init__(self, answers=()):
        self.inner, self.answers = SqliteStore(":memory:"), deque(answers)
        self.commits, self.looks = threading.Semaphore(0), threading.Semaphore(0)
        self.events = []

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def open(self):
        """Let everything through."""
        self.commits.release(10**6)
        self.looks.release(10**6)

    def seen(self, identities):
        self.events.append(("look", len(identities)))
        assert self.looks.acquire(timeout=WITHIN_S)
        return self.inner.seen(identities)

    def commit(self, checkpoint):
        self.events.append(("commit", len(checkpoint.fresh)))
        assert self.commits.acquire(timeout=WITHIN_S)
        error, is_applied = self.answers.popleft() if self.answers else (None, True)
        committed = self.inner.commit(checkpoint) if is_applied else None
        self.events.append(("answer", len(checkpoint.fresh)))
        if error is not None:
            raise error
        return committed


class WatchedMasker(Masker):
    """Notes what is masked."""

    def __init__(self):
        super().__init__()
        self.texts = []
        mask = self.mask

        def noted(text):
            self.texts.append(text)
            return mask(text)

        self.mask = noted


def until(condition):
    ends = time.monotonic() + WITHIN_S
    while not condition():
        assert time.monotonic() < ends, "it did not happen"
        time.sleep(0.001)


@pytest.fixture
def started():
    """Run a worker of two messages a checkpoint in a thread; give it, and what waits for its end."""
    executor, threads = ThreadPoolExecutor(1), []

    def start(source, store, **options):
        worker = Worker(
            source,
            store,
            miners=Miners(),
            masker=options.pop("masker", None) or Masker(),
            clock=Quick(),
            name="w",
            executor=executor,
            pace=options.pop("pace", PACE),
            **options,
        )
        ended = []

        def run():
            try:
                ended.append(worker.run())
            except GardenerError as error:
                ended.append(error)

        thread = threading.Thread(target=run)
        thread.start()
        threads.append(thread)

        def end():
            thread.join(WITHIN_S)
            assert ended, "it came to its end"
            return ended[0]

        return worker, end

    yield start
    for thread in threads:
        thread.join(WITHIN_S)
    executor.shutdown()


def test_while_a_checkpoint_is_committed_the_next_is_pulled_but_not_begun(started):
    source, store = Source([message(n) for n in range(8)]), GatedStore()
    store.looks.release(10**6)
    _, end = started(source, store)

    until(lambda: len(source.pulled) == 4)
    time.sleep(0.1)

    assert len(source.pulled) == 4, "one checkpoint on its way and one prepared, no more"
    assert [kind for kind, _ in store.events] == ["look", "commit"]
    assert source.acked == []
    store.open()
    assert end().counted == 8
    assert source.acked == [str(n) for n in range(8)]
    assert [kind for kind, _ in store.events] == ["look", "commit", "answer"] * 4


def test_a_backlog_is_prepared_twice_as_large_while_a_wide_checkpoint_is_on_its_way(started):
    source, store = Source([message(n) for n in range(30)]), GatedStore()
    store.looks.release(10**6)
    _, end = started(source, store, pace=FlushPolicy(flush_seconds=5.0, flush_entries=2, least_seconds=0.001))

    until(lambda: len(source.pulled) == 8 + 4)
    time.sleep(0.1)

    assert len(source.pulled) == 8 + 4, "four times as wide alone, twice beside it, no more"
    store.open()
    assert end().counted == 30
    assert store.events.count(("commit", 8)) == 1


def test_what_is_committed_is_acknowledged_though_no_message_comes(started):
    source, store = Source([message(n) for n in range(3)]), GatedStore()
    store.open()
    source.left = 4  # the last never comes
    worker, end = started(source, store)

    until(lambda: source.acked == ["0", "1", "2"])

    worker.stop()
    assert end().counted == 3


def test_entries_are_masked_while_the_store_is_asked_for_them(started):
    masker, store = WatchedMasker(), GatedStore()
    store.commits.release(10**6)
    _, end = started(Source([message(1, "first"), message(2, "second")]), store, masker=masker)

    until(lambda: masker.texts == ["first", "second"])

    store.open()
    assert end().counted == 2
    assert masker.texts == ["first", "second"], "and not again"


def test_entries_that_are_counted_are_not_masked_once_the_store_has_answered():
    masker, store = WatchedMasker(), SqliteStore(":memory:")
    for _ in range(2):
        source = Source([message(1, "first"), message(2, "second")])
        Worker(source, store, miners=Miners(), masker=masker, clock=Quick(), name="w", pace=PACE).run()

    assert store.totals().duplicates == 2
    assert masker.texts == ["first", "second"]


@pytest.mark.parametrize(
    ("error", "is_applied"),
    [(Conflict("overtaken"), False), (Transient("no answer"), False), (Transient("lost answer"), True)],
)
def test_a_refusal_is_mended_before_the_next_checkpoint_is_begun(started, error, is_applied):
    source, store = Source([message(n, f"broke {n}") for n in range(4)]), GatedStore([(error, is_applied)])
    store.looks.release(10**6)
    _, end = started(source, store)
    until(lambda: len(source.pulled) == 4)

    store.open()

    assert end().counted == (2 if is_applied else 4)
    assert store.totals().counted == 4
    assert source.acked == ["0", "1", "2", "3"]
    assert len(store.clusters()) == 1


def test_a_checkpoint_that_is_too_large_is_halved_before_the_next(started):
    source, store = Source([message(n) for n in range(4)]), GatedStore([(CheckpointTooLarge("no"), False)])
    store.open()
    _, end = started(source, store)

    assert end().counted == 4
    assert source.acked == ["0", "1", "2", "3"]
    assert [count for kind, count in store.events if kind == "commit"][:3] == [2, 1, 1]


def test_while_the_store_is_away_two_batches_are_held_and_a_stop_gives_both_back(started):
    source, store = Source([message(n) for n in range(8)]), GatedStore([(Transient("away"), False)] * 1000)
    store.looks.release(10**6)
    worker, end = started(source, store)
    until(lambda: len(source.pulled) == 4)
    store.commits.release(10**6)
    until(lambda: store.events.count(("commit", 2)) > 3)

    worker.stop()

    assert end().ingested == 0
    assert source.pulled == ["0", "1", "2", "3"]
    assert sorted(source.released) == ["0", "1", "2", "3"]
    assert source.acked == []


def test_a_stop_while_a_checkpoint_is_on_its_way_commits_both(started):
    source, store = Source([message(n) for n in range(8)]), GatedStore()
    store.looks.release(10**6)
    worker, end = started(source, store)
    until(lambda: len(source.pulled) == 4)

    worker.stop()
    store.open()

    assert end().counted == 4
    assert source.acked == ["0", "1", "2", "3"]


def test_a_source_that_is_gone_does_not_lose_the_answer_on_its_way(started):
    source, store = Source([message(1), message(2)]), GatedStore()
    store.looks.release(10**6)
    source.at_end = SourceError("the subscription is gone")
    _, end = started(source, store)
    until(lambda: ("commit", 2) in store.events)
    time.sleep(0.05)

    store.open()

    assert isinstance(end(), SourceError)
    assert source.acked == ["1", "2"]


def test_periodic_tasks_have_the_store_to_themselves(started):
    source, store, seen = Source([message(n) for n in range(40)]), GatedStore(), []
    store.open()

    def task(done):
        started_, ended = (sum(kind == one for kind, _ in store.events) for one in ("commit", "answer"))
        seen.append(started_ == ended)

    _, end = started(source, store, periodic_tasks=[task])

    assert end().counted == 40
    assert len(seen) > 10
    assert all(seen)


@pytest.mark.parametrize("seed", range(12))
def test_counts_and_clusters_are_those_of_a_worker_that_prepares_nothing(started, seed):
    chance = random.Random(seed)
    texts = ["disk full on node", "cart is locked", "mail refused by relay", "no route to host"]
    messages = [message(chance.randrange(150), chance.choice(texts)) for _ in range(200)]
    seen = {}
    messages = [seen.setdefault(one.message_id, one) for one in messages]
    kinds = [Conflict("x"), Transient("y"), CheckpointTooLarge("z"), None, None, None]
    answers = [(error := chance.choice(kinds), error is None or chance.random() < 0.3) for _ in range(100)]
    # Too large means that nothing was applied; one that cannot be halved further ends the worker.
    answers = [(None, True) if isinstance(error, CheckpointTooLarge) else (error, done) for error, done in answers]
    store, plain = GatedStore(answers), SqliteStore(":memory:")
    store.open()
    source = Source(messages)
    _, end = started(source, store)
    end()
    Worker(Source(messages), plain, miners=Miners(), masker=Masker(), clock=Quick(), name="w", pace=PACE).run()

    assert store.totals().counted == plain.totals().counted == len(seen)
    assert {(one.template, one.count) for one in store.clusters()} == {
        (one.template, one.count) for one in plain.clusters()
    }
    assert len(source.acked) == 200
