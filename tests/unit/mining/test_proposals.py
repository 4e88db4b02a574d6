"""Skewed wildcards are noticed, from the messages to the proposal."""

import json
from datetime import UTC, datetime

from msgspec.structs import replace

from processor.ingest import pipeline
from processor.mining.grouper import Grouper
from processor.mining.masker import Masker
from processor.mining.miners import Miners
from processor.mining.split_suggestions import Proposal, proposals
from processor.model import Cluster, Kind, ReceivedMessage, Sample, Seen, Severity, Stream

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = [
    "cache",
    "index",
    "table",
    "record",
    "thread",
    "buffer",
    "stream",
    "object",
    "packet",
    "kernel",
    "vector",
    "matrix",
]


def counted(words):
    """The facets of one cluster after these words were logged one by one."""
    miners, masker, facets = Miners(), Masker(), {}
    for number, word in enumerate(words):
        entry = {
            "insertId": str(number),
            "timestamp": "2025-09-14T05:00:00Z",
            "severity": "ERROR",
            "textPayload": f"cannot water the bed of {word} today",
        }
        message = ReceivedMessage(json.dumps(entry).encode(), str(number))
        batch = pipeline.decode([message], min_severity=Severity.WARNING, now=NOW)
        checkpoint = pipeline.digest(batch, Seen(frozenset()), miners, Grouper(masker), worker="w", now=NOW)
        miners.confirm({change.stream: change.base_rev + 1 for change in checkpoint.templates})
        for delta in checkpoint.deltas:
            for name, values in delta.facets.items():
                for value, n in values.items():
                    facets.setdefault(name, {})[value] = facets.get(name, {}).get(value, 0) + n
    return facets


def cluster(facets):
    sample = Sample("1", NOW, "", "")
    base = Cluster("a", Stream("p", "s", Kind.TEXT), "t", sample, Severity.ERROR, 1, NOW, NOW, {}, {}, {}, {}, {})
    return replace(base, facets=facets)


def test_the_words_at_an_earned_wildcard_are_counted_from_then_on():
    facets = counted([*WORDS, "socket", "socket", "driver"])

    assert facets["word 1"] == {"matrix": 1, "socket": 2, "driver": 1}


def test_a_word_that_is_nearly_always_there_is_proposed_for_a_split():
    facets = counted([*WORDS, *["socket"] * 60, *WORDS])

    assert [(one.place, one.word) for one in proposals(cluster(facets))] == [("word 1", "socket")]
    assert 0.8 < proposals(cluster(facets))[0].share < 0.9


def test_even_words_few_entries_and_other_breakdowns_propose_nothing():
    assert proposals(cluster({"word 1": {"a": 40, "b": 40, "c": 40}})) == ()
    assert proposals(cluster({"word 1": {"a": 10}})) == ()
    assert proposals(cluster({"instance": {"a": 500}})) == ()
    assert proposals(cluster({"word 1": {"(other)": 300, "a": 100}})) == ()


def test_two_wildcards_are_ranked_by_share():
    facets = {"word 1": {"a": 60, "b": 40}, "word 2": {"c": 90, "d": 10}}

    assert proposals(cluster(facets)) == (Proposal("word 2", "c", 0.9), Proposal("word 1", "a", 0.6))
