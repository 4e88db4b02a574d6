"""Deciding about every cluster keeps to the time that a turn has."""

from datetime import UTC, datetime

from pipeline_fixture import StillClock
from seed import seed_clusters

from processor.triage import rules
from processor.triage.evaluate import Decider
from sinks.sqlite.store import SqliteStore

NOW = datetime(2026, 1, 10, 12, tzinfo=UTC)


def test_what_there_is_no_time_for_stays_as_it_is():
    store, clock = SqliteStore(":memory:"), StillClock(NOW)
    seed_clusters(store, clock.now(), [f"c{n}" for n in range(6)], 10)
    left = iter([True, True])

    decided, _ = Decider(store, rules.make()).decide(store.clusters(), NOW, has_time=lambda: next(left, False))

    assert len(decided) == 6
    assert sum(one.triage.priority is not None for one in decided) == 2
