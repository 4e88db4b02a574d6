"""Two clusters that look alike and always come together are proposed for a merge; opposites never are."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from processor.mining.merge_suggestions import proposals
from processor.model import Cluster, Kind, Sample, Severity, Stream

NOW = datetime(2026, 1, 1, tzinfo=UTC)
STREAM = Stream("p", "s", Kind.TEXT)


def cluster(name, template, minutes, stream=STREAM):
    sample = Sample(name, NOW, template, "")
    seen = dict.fromkeys(minutes, 1)
    base = Cluster(name, stream, template, sample, Severity.ERROR, 9, NOW, NOW, {}, seen, {}, {}, {})
    return replace(base, minutes=seen)


FIRST = cluster("a", "mirror of archive <*> stopped: key is gone", range(20))


def test_clusters_that_differ_in_a_word_and_come_together_are_proposed_from_both_sides():
    other = cluster("b", "mirror of media <*> stopped: key is gone", range(1, 21))

    (found,) = proposals(FIRST, [FIRST, other])
    assert (found.id, found.words) == ("b", (("archive", "media"),))
    assert 0.8 < found.together < 1
    assert [one.id for one in proposals(other, [FIRST, other])] == ["a"]


def test_others_are_not():
    others = [
        cluster("apart", "mirror of media <*> stopped: key is gone", range(100, 120)),
        cluster("few", "mirror of media <*> stopped: key is gone", range(3)),
        cluster("opposite", "mirror of archive <*> started: key is gone", range(20)),
        cluster("joining", "mirror of archive <*> stopped: key was gone", range(20)),
        cluster("unlike", "copy to media <*> ended: lock is gone", range(20)),
        cluster("longer", "mirror of big archive <*> stopped: key is gone", range(20)),
        cluster("elsewhere", "mirror of media <*> stopped: key is gone", range(20), STREAM._replace(service="t")),
    ]

    assert proposals(FIRST, others) == ()
