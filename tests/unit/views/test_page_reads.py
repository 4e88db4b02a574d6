"""The page reads the store at its own pace, however many look at it; a state that is billed slower still."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from seed import seed_clusters

from processor.views.snapshot import StateReader
from processor.views.web.poller import Poller
from sinks.sqlite.store import SqliteStore

START = datetime(2026, 1, 1, tzinfo=UTC)


class Store(SqliteStore):
    """A real store that counts calls, and bills a look and a reading of the clusters with that many documents."""

    look = reading = 0

    def __init__(self, path):
        super().__init__(path)
        self.calls = Counter()

    @property
    def documents_read(self):
        return self.look * self.calls["workers"] + self.reading * self.calls["clusters"]

    def workers(self):
        self.calls["workers"] += 1
        return super().workers()

    def clusters(self):
        self.calls["clusters"] += 1
        return super().clusters()


class Clock:
    def __init__(self):
        self.now = START

    def __call__(self):
        return self.now


@pytest.fixture
def store(tmp_path):
    made = Store(str(tmp_path / "g.db"))
    seed_clusters(made, START, ["aa", "bb"], 3)
    yield made
    made.close()


def test_twenty_viewers_at_once_and_twenty_more_a_second_later_are_one_reading(store):
    clock = Clock()

    async def look():
        poller = Poller(StateReader(lambda: store, clock), clock, every_s=60)
        await asyncio.gather(*(poller.current() for _ in range(20)))
        clock.now += timedelta(seconds=1)
        for _ in range(20):
            await poller.current()
        once = store.calls["workers"]
        clock.now += timedelta(seconds=6)
        await poller.current()
        return once, store.calls["workers"]

    assert asyncio.run(look()) == (1, 2)


def test_a_billed_state_is_looked_at_as_its_price_allows(store):
    store.look, clock = 10, Clock()
    reader = StateReader(lambda: store, clock)
    reader.refresh()
    for _ in range(60):  # a minute in which somebody asks each second
        clock.now += timedelta(seconds=1)
        reader.refresh()

    # ten documents a look, 1,800 an hour: every twenty seconds
    assert store.calls["workers"] == 4


def test_billed_clusters_that_change_all_the_time_are_read_as_their_price_allows(store):
    store.reading, clock = 2_000, Clock()
    reader = StateReader(lambda: store, clock)
    for second in range(0, 3600, 10):
        clock.now = START + timedelta(seconds=second)
        seed_clusters(store, clock.now, ["aa"], 1)  # a worker counts: its heartbeat moves
        reader.refresh()

    # 2,000 documents a reading, of 6,000 and 20 for each of them an hour: every 157 seconds, so every 160
    assert store.calls["clusters"] == 23
