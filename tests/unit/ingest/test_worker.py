"""The loop: what is acknowledged, held, given back, and when it ends."""

import itertools
from datetime import UTC, datetime, timedelta
from statistics import median

import pytest
from msgspec.structs import replace
from received import message

from processor.ingest.checkpointer import Inline
from processor.ingest.rejection_limit import RejectionLimit, RejectionRule
from processor.ingest.worker import FlushPolicy, Worker
from processor.mining.masker import Masker
from processor.mining.miners import Miners
from processor.model.errors import CheckpointTooLarge, Conflict, SourceError, StateError, TooManyRejected, Transient
from sinks.sqlite.store import SqliteStore

START = datetime(2026, 1, 1, tzinfo=UTC)


class ManualClock:
    """Time passes only by sleeping."""

    def __init__(self):
        self.at = START
        self.slept = []

    def now(self):
        return self.at

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.at += timedelta(seconds=seconds)


class ListSource:
    """Batches in order; an exception among them is raised, an empty batch takes the whole timeout."""

    def __init__(self, clock, batches, *, endless=False):
        self.clock, self.batches, self.endless = clock, list(batches), endless
        self.acked, self.released = [], []

    def pull(self, max_messages, timeout_s):
        batch = self.batches.pop(0) if self.batches else []
        if isinstance(batch, Exception):
            raise batch
        if not batch:
            self.clock.at += timedelta(seconds=timeout_s)
        if len(batch) > max_messages:
            self.batches.insert(0, batch[max_messages:])
        return batch[:max_messages]

    def ack(self, messages):
        self.acked += [message.message_id for message in messages]

    def release(self, messages):
        self.released += [message.message_id for message in messages]

    def exhausted(self):
        return not self.endless and not self.batches

    def close(self):
        pass


class FlakyStore:
    """A SQLite store that raises what it is told to before, or after, it commits."""

    def __init__(self, before=(), after=()):
        self.inner = SqliteStore(":memory:")
        self.before, self.after = list(before), list(after)
        self.commits = 0

    def __getattr__(self, name):
        return getattr(self.inner, name)

    def commit(self, checkpoint):
        self.commits += 1
        if self.before and (error := self.before.pop(0)):
            raise error
        committed = self.inner.commit(checkpoint)
        if self.after and (error := self.after.pop(0)):
            raise error
        return committed


class RecordingWatcher:
    """A watcher that writes everything down."""

    def __init__(self):
        self.lines, self.flushes = [], []

    def ready(self, clusters):
        self.lines.append(("ready", clusters))

    def alive(self):
        self.lines.append(("turned",))

    def unavailable(self, part, error):
        self.lines.append(("waiting", part, str(error)))

    def failed(self, part, error):
        self.lines.append(("refused", part, str(error)))

    def flushed(self, flush):
        self.flushes.append(flush)


@pytest.fixture
def clock():
    return ManualClock()


def make(source, store, clock, **options):
    masker = options.pop("masker", None) or Masker()
    return Worker(source, store, miners=Miners(), masker=masker, clock=clock, name="w", **options)


def test_messages_are_acknowledged_once_committed(clock):
    source, store = ListSource(clock, [[message(1), message(2)]]), FlakyStore()

    totals = make(source, store, clock).run()

    assert source.acked == ["1", "2"]
    assert totals.counted == store.totals().counted == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([Conflict("another came first")], []),  # nothing applied
        ([Transient("no answer"), Transient("no answer")], []),  # away, twice
        ([], [Transient("answer lost")]),  # applied, but the answer was lost
        ([Conflict("x"), None], [Transient("y")]),  # one after the other
    ],
)
def test_a_commit_that_fails_is_tried_again_and_counts_once(clock, before, after):
    source, store = ListSource(clock, [[message(1), message(2)]]), FlakyStore(before, after)

    make(source, store, clock).run()

    assert source.acked == ["1", "2"]
    assert store.totals().counted == 2
    assert [cluster.count for cluster in store.clusters()] == [2]


def test_what_is_too_much_for_one_commit_goes_in_halves(clock):
    source, store = ListSource(clock, [[message(n, f"case {'abcdefgh'[n] * 3}") for n in range(8)]]), FlakyStore()
    commit, sizes = store.commit, []

    def bounded(checkpoint):
        if len(checkpoint.fresh) > 2:
            raise CheckpointTooLarge("no")
        sizes.append(len(checkpoint.fresh))
        return commit(checkpoint)

    store.commit = bounded
    totals = make(source, store, clock).run()

    assert sizes == [2, 2, 2, 2]
    assert totals.counted == store.totals().counted == 8
    assert source.acked == [str(n) for n in range(8)]


def test_a_single_message_that_is_too_much_ends_the_run_and_is_named(clock):
    source, store = ListSource(clock, [[message(7)]]), FlakyStore([CheckpointTooLarge("no")])

    with pytest.raises(StateError, match="message 7 alone"):
        make(source, store, clock).run()


def test_an_error_that_time_does_not_mend_ends_the_run_without_acknowledging(clock):
    source, store = ListSource(clock, [[message(1)]]), FlakyStore([StateError("wrong schema")])

    with pytest.raises(StateError):
        make(source, store, clock).run()

    assert source.acked == []


def test_while_the_store_is_away_nothing_more_is_pulled(clock):
    source = ListSource(clock, [[message(1)], [message(2)]])
    store = FlakyStore([Transient("away")] * 30)
    watcher = RecordingWatcher()
    pulls = []
    original = source.pull

    def pull(max_messages, timeout_s):
        pulls.append(store.commits)
        return original(max_messages, timeout_s)

    source.pull = pull
    make(source, store, clock, watchers=[watcher], pace=FlushPolicy(flush_entries=1)).run()

    assert pulls == [0, 31]
    assert watcher.lines.count(("waiting", "store", "away")) == 30
    assert max(clock.slept) <= 20.0
    assert store.totals().counted == 2


def test_asked_to_stop_while_the_store_is_away_it_gives_back_what_it_has(clock):
    source, store = ListSource(clock, [[message(1)], [message(2)]]), FlakyStore([Transient("away")] * 99)
    worker = make(source, store, clock, pace=FlushPolicy(flush_entries=1))
    clock.sleep = lambda _: worker.stop()

    totals = worker.run()

    assert source.released == ["1"]
    assert source.acked == []
    assert totals.ingested == 0


def test_asked_to_stop_it_commits_what_is_in_hand(clock):
    source, store = ListSource(clock, [[message(1)], [message(2)]], endless=True), FlakyStore()
    worker = make(source, store, clock)
    original = source.pull

    def pull(max_messages, timeout_s):
        worker.stop()
        return original(max_messages, timeout_s)

    source.pull = pull
    worker.run()

    assert source.acked == ["1"]
    assert store.totals().counted == 1


def test_a_source_that_is_away_is_waited_for_and_said(clock):
    source, watcher = ListSource(clock, [Transient("no route"), [message(1)]]), RecordingWatcher()

    make(source, FlakyStore(), clock, watchers=[watcher]).run()

    assert source.acked == ["1"]
    assert ("waiting", "source", "no route") in watcher.lines


def test_what_was_gathered_before_the_source_went_away_is_committed(clock):
    source = ListSource(clock, [[message(1)], Transient("no route"), [message(2)]])

    make(source, FlakyStore(), clock).run()

    assert source.acked == ["1", "2"]


def test_a_refusing_source_ends_the_run(clock):
    source = ListSource(clock, [SourceError("no such subscription")])

    with pytest.raises(SourceError, match="no such subscription"):
        make(source, FlakyStore(), clock).run()


def test_an_idle_source_ends_the_run_when_asked_to(clock):
    source = ListSource(clock, [[message(1)]], endless=True)

    make(source, FlakyStore(), clock, until_idle_s=5.0).run()

    assert source.acked == ["1"]
    assert 5.0 <= (clock.at - START).total_seconds() < 12.0


def test_a_source_whose_messages_take_long_to_commit_is_not_an_idle_one(clock):
    source, store = ListSource(clock, [[message(1)], [message(2)]], endless=True), FlakyStore()
    commit = store.commit
    store.commit = lambda checkpoint: [clock.sleep(30), commit(checkpoint)][1]

    make(source, store, clock, until_idle_s=5.0, pace=FlushPolicy(flush_entries=1)).run()

    assert source.acked == ["1", "2"]


class Late(Inline):
    """Its answers are there at once, but nobody is told until they are waited for."""

    def submit(self, fn, /, *arguments, **options):
        future = super().submit(fn, *arguments, **options)
        future.done = lambda: False
        return future


def test_a_worker_that_takes_long_to_mask_does_not_take_its_source_for_an_idle_one(clock):
    source, masker = ListSource(clock, [[message(1)], [message(2)]], endless=True), Masker()
    mask = masker.mask
    masker.mask = lambda text: [clock.sleep(30), mask(text)][1]

    pace = FlushPolicy(flush_entries=1)
    make(source, FlakyStore(), clock, until_idle_s=5.0, pace=pace, masker=masker, executor=Late()).run()

    assert source.acked == ["1", "2"]


def test_a_source_that_is_away_is_not_an_idle_one(clock):
    source = ListSource(clock, [Transient("away")] * 30 + [[message(1)]], endless=True)

    make(source, FlakyStore(), clock, until_idle_s=5.0).run()

    assert source.acked == ["1"]


@pytest.mark.parametrize(
    ("commit_s", "waited_s"),
    [
        (0.0, 1.9),  # the whole interval, but for the way to the worker
        (0.4, 1.1),  # what is left of it, and as long for the next commit
        (1.5, 0.1),  # a commit may take half of it
        (30.0, 0.1),  # never without looking for messages at all
    ],
)
def test_the_time_of_a_slow_commit_counts_towards_the_next_flush(clock, commit_s, waited_s):
    source, store = ListSource(clock, [[message(1)], [], [message(2)], [], []]), FlakyStore()
    asked, commit, pull = [], store.commit, source.pull

    def slow(checkpoint):
        clock.at += timedelta(seconds=commit_s)
        return commit(checkpoint)

    def noted(max_messages, timeout_s):
        asked.append(timeout_s)
        return pull(max_messages, timeout_s)

    store.commit, source.pull = slow, noted
    make(source, store, clock, pace=FlushPolicy(flush_seconds=2.0)).run()

    assert asked[:2] == [2.0, 2.0]
    assert asked[2] == pytest.approx(waited_s)


def test_a_clock_that_is_set_back_does_not_put_off_a_flush(clock):
    source, watcher = ListSource(clock, [[message(1)]], endless=True), RecordingWatcher()
    pull = source.pull

    def set_back(max_messages, timeout_s):
        messages = pull(max_messages, timeout_s)
        if messages:
            clock.at -= timedelta(hours=1)
        return messages

    source.pull = set_back
    worker = make(source, FlakyStore(), clock, pace=FlushPolicy(flush_seconds=2.0), watchers=[watcher])
    watcher.flushed = lambda _: worker.stop()
    worker.run()

    assert clock.at <= START - timedelta(hours=1) + timedelta(seconds=4)


def test_a_checkpoint_is_bounded_in_bytes(clock):
    source, watcher = ListSource(clock, [[message(n, "x" * 1000)] for n in range(10)]), RecordingWatcher()

    make(source, FlakyStore(), clock, watchers=[watcher], pace=FlushPolicy(flush_bytes=3000)).run()

    assert [flush.pulled for flush in watcher.flushes] == [3, 3, 3, 1]


def test_what_was_rejected_is_buried_after_the_commit_and_before_the_acknowledgement(clock):
    source, store = ListSource(clock, [[message(1), message(2, raw=b"{oops")]]), FlakyStore()
    seen = []

    make(source, store, clock, dead_letter=lambda dead: seen.append((store.commits, list(source.acked), dead))).run()

    ((commits, acked, dead),) = seen
    assert (commits, acked) == (1, [])
    assert [one.raw for one in dead] == [b"{oops"]
    assert source.acked == ["1", "2"]
    assert [one.raw for one in store.rejected(9)] == [b"{oops"]


def test_a_burial_that_fails_is_tried_again_before_anything_is_acknowledged(clock):
    source, store = ListSource(clock, [[message(1, raw=b"{oops")]]), FlakyStore()
    answers = [Transient("topic away"), None]

    def dead_letter(_):
        if error := answers.pop(0):
            assert source.acked == []
            raise error

    make(source, store, clock, dead_letter=dead_letter).run()

    assert answers == []
    assert source.acked == ["1"]
    assert store.totals().rejected == 1


def test_a_dead_letter_topic_that_is_gone_does_not_stop_the_counting(clock):
    source, store, watcher = (
        ListSource(clock, [[message(1, raw=b"{oops"), message(2)]]),
        FlakyStore(),
        RecordingWatcher(),
    )

    def dead_letter(_):
        raise SourceError("no such topic")

    make(source, store, clock, dead_letter=dead_letter, watchers=[watcher]).run()

    assert source.acked == ["1", "2"]
    assert [one.raw for one in store.rejected(9)] == [b"{oops"]
    assert ("refused", "dead-letter topic", "no such topic") in watcher.lines


def test_a_flush_tells_what_happened(clock):
    source, store, watcher = (
        ListSource(clock, [[message(1), message(1)]]),
        FlakyStore([Conflict("x")]),
        RecordingWatcher(),
    )

    make(source, store, clock, watchers=[watcher]).run()

    (flush,) = watcher.flushes
    assert (flush.pulled, flush.tries, flush.minted, flush.clusters) == (2, 2, 1, 1)
    assert (flush.checkpoint.totals.counted, flush.checkpoint.totals.duplicates) == (1, 1)
    assert watcher.lines[0] == ("ready", 0)


def test_a_minute_of_nothing_but_rejected_messages_ends_the_run_before_it_is_all_in_quarantine(clock):
    batches = [[message(n * 100 + k, raw=b"{oops %d %d" % (n, k)) for k in range(100)] for n in range(100)]
    source, store = ListSource(clock, [part for batch in batches for part in (batch, [])]), FlakyStore()
    limit, commit = RejectionLimit(RejectionRule(ratio=0.5, window_s=60.0)), store.commit

    def bounded(checkpoint):
        if len(checkpoint.rejected) > 60:
            raise CheckpointTooLarge("what goes in halves is judged once")
        return commit(checkpoint)

    store.commit = bounded
    with pytest.raises(TooManyRejected, match=r"3,300 of the last 3,300 messages are not log entries \(.*JSON"):
        make(source, store, clock, limit=limit).run()

    assert store.totals().rejected == len(source.acked)
    assert 3200 <= len(source.acked) < 3300, "the batch that is too much stays in the source"


@pytest.mark.parametrize(
    ("batches", "stops"),
    [
        # (seconds since the last batch, messages, rejected)
        ([(0, 1000, 1000), (30, 1000, 1000), (31, 1000, 1000)], True),  # a whole minute of it
        ([(0, 90_000, 90_000), (5, 1000, 1000)], False),  # a burst in a backlog, drained in seconds
        ([(0, 90_000, 90_000), (61, 1000, 0)], False),  # it is over when the minute is
        ([(0, 400, 400), (61, 400, 400)], False),  # too few to judge
        ([(0, 5000, 2500), (61, 5000, 2500)], False),  # at the limit, not above
        ([(0, 5000, 2600), (61, 5000, 2600)], True),  # above it
        ([(0, 5000, 0), (61, 5000, 0), (1, 5000, 5000), (61, 5000, 5000)], True),  # windows follow one another
    ],
)
def test_the_brake_judges_a_whole_window_that_is_still_going_on(batches, stops):
    limit, now = RejectionLimit(RejectionRule(ratio=0.5, window_s=60.0)), START
    store = FlakyStore()
    source = ListSource(ManualClock(), [[message(1, raw=b"{")]])
    make(source, store, source.clock).run()
    (dead,) = store.rejected(1)

    def feed(now):
        for seconds, messages, rejected in batches:
            now += timedelta(seconds=seconds)
            limit.observe(messages, [dead] * rejected, now)

    if stops:
        with pytest.raises(TooManyRejected):
            feed(now)
    else:
        feed(now)


class PacedStore(FlakyStore):
    """Counts so many writes a commit, and takes so many entries at once."""

    def __init__(self, clock, writes, room=10**9):
        super().__init__()
        self.clock, self.writes, self.room = clock, writes, room
        self.sizes, self.times = [], []

    def commit(self, checkpoint):
        if len(checkpoint.fresh) > self.room:
            raise CheckpointTooLarge("no")
        self.times.append(self.clock.now())
        self.sizes.append(len(checkpoint.fresh))
        return replace(super().commit(checkpoint), writes=self.writes(len(checkpoint.fresh)))


class SteadySource(ListSource):
    """So many messages a second, for ever; a pull takes what has come."""

    def __init__(self, clock, per_s, seconds):
        super().__init__(clock, [])
        self.per_s, self.ends = per_s, clock.now() + timedelta(seconds=seconds)
        self.given = 0

    def pull(self, max_messages, timeout_s):
        self.clock.at += timedelta(seconds=min(0.05, timeout_s))
        due = int((min(self.clock.now(), self.ends) - START).total_seconds() * self.per_s) - self.given
        size = min(due, max_messages)
        self.given += size
        return [message(self.given - one) for one in range(size)]

    def exhausted(self):
        return self.clock.now() >= self.ends and self.given >= int((self.ends - START).total_seconds() * self.per_s)


def pace(**given):
    return FlushPolicy(
        **{"flush_seconds": 2.0, "flush_entries": 100, "writes_per_second": 40, "least_seconds": 1.0} | given
    )


@pytest.mark.parametrize(("per_s", "clusters"), [(30, 1), (300, 1), (90, 0.3), (30, 1.0)])
def test_the_pace_widens_checkpoints_instead_of_writing_more_often(clock, per_s, clusters):
    watcher = RecordingWatcher()
    store = PacedStore(clock, lambda entries: 4 + int(entries * clusters) if clusters < 1 else 24)
    make(SteadySource(clock, per_s, 60), store, clock, pace=pace(), watchers=[watcher]).run()

    assert sum(store.sizes) == per_s * 60, "nothing is lost"
    # Two seconds of the rate may be used in advance.
    for first, last in itertools.combinations(range(len(store.times)), 2):
        seconds = (store.times[last] - store.times[first]).total_seconds()
        assert last - first <= seconds + 2.02 or last == len(store.times) - 1, "no document is written more often"
    writes = sum(flush.committed.writes for flush in watcher.flushes[:-1])
    assert writes <= 40 * ((store.times[-1] - store.times[0]).total_seconds() + 3)
    assert max(store.sizes) <= 400
    if per_s == 300:
        assert sum(flush.held_back_s for flush in watcher.flushes) > 1, "and it is said"


def test_a_backlog_is_taken_in_larger_checkpoints_if_the_write_rate_is_limited(clock):
    def sizes(policy):
        store = PacedStore(clock, lambda _: 1)
        make(ListSource(clock, [[message(n) for n in range(1000)]]), store, clock, pace=policy).run()
        return store.sizes

    assert sizes(pace()) == [400, 400, 200]
    assert sizes(FlushPolicy(flush_entries=100)) == [100] * 10


def test_without_a_limit_nothing_is_held_back(clock):
    store, watcher = PacedStore(clock, lambda _: 0), RecordingWatcher()
    make(SteadySource(clock, 1000, 10), store, clock, pace=pace(), watchers=[watcher]).run()

    assert max(store.sizes) == 100
    assert not any(flush.held_back_s for flush in watcher.flushes)


def test_a_worker_told_to_stop_does_not_wait_for_the_pace(clock):
    store = PacedStore(clock, lambda _: 4000)
    worker = make(SteadySource(clock, 100, 600), store, clock, pace=pace())
    watcher = RecordingWatcher()
    watcher.flushed = lambda _: worker.stop()
    worker._watchers = [watcher]
    worker.run()
    assert len(store.sizes) == 1
    assert clock.now() < START + timedelta(seconds=5)


def test_a_size_that_was_refused_is_remembered_and_grows_back(clock):
    store, watcher = PacedStore(clock, lambda _: 0, room=30), RecordingWatcher()
    source = SteadySource(clock, 1000, 30)
    grown = []

    def flushed(flush):
        grown.append(flush.portion)
        if clock.now() > START + timedelta(seconds=15):
            store.room = 10**9

    watcher.flushed = flushed
    make(source, store, clock, pace=pace(), watchers=[watcher]).run()

    assert sum(store.sizes) == 30_000
    assert median(store.sizes[:100]) >= 25, "learned, and used"
    assert store.sizes[-2] == 100, "and grown back"
