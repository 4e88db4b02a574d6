"""Which entry is the sample never depends on the order in which entries come."""

from datetime import UTC, datetime, timedelta

from processor.ingest.tally import earlier
from processor.model import Sample

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def test_of_two_entries_of_one_instant_the_smaller_insert_id_is_the_sample():
    one, other = (Sample(name, NOW, name, "{}") for name in ("a", "b"))

    assert earlier(one, other) is one
    assert earlier(other, one) is one


def test_the_earlier_entry_is_the_sample_whatever_its_id():
    late, early = Sample("a", NOW, "late", "{}"), Sample("z", NOW - timedelta(seconds=1), "early", "{}")

    assert earlier(late, early) is early
    assert earlier(early, late) is early
