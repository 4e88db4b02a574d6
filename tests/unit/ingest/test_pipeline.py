"""The steps in a line: exact counts, the same clusters for any batch size, nothing lost."""

import json
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st

from processor.ingest import pipeline
from processor.ingest.samples import rank_of
from processor.ingest.tally import Tally, facts, grouped_entry, tally
from processor.mining.grouper import Grouper
from processor.mining.masker import Masker
from processor.mining.miners import Miners
from processor.model import Identity, Kind, ReceivedMessage, Seen, Severity, Stream, StreamModel, facets
from processor.parsing import decode as entries

NOW = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = [
    "alpha",
    "bravo",
    "carol",
    "delta",
    "eve",
    "frank",
    "gina",
    "hugo",
    "iris",
    "jack",
    "kim",
    "leo",
    "mona",
    "nick",
]
TEXTS = st.sampled_from(
    [f"login of {word} failed" for word in WORDS]
    + ["disk full", "timeout after 30 ms", "timeout after 7 ms", "VM Started", "VM Paused"]
)


def message(number, text, severity="ERROR"):
    data = {
        "insertId": f"i{number}",
        "logName": "projects/p/logs/l",
        "timestamp": f"2025-09-14T05:{number // 60 % 60:02d}:{number % 60:02d}Z",
        "severity": severity,
        "resource": {"type": "t", "labels": {"service_name": "s", "revision_name": f"r{number % 2}"}},
        "textPayload": text,
    }
    return ReceivedMessage(json.dumps(data).encode(), str(number))


def digest_all(messages, size, masker=None):
    """Digest in batches as the worker does; gives counts by root id, and the garden."""
    miners, masker = Miners(), masker or Masker()
    counts, known = {}, set()
    for start in range(0, len(messages), size):
        batch = pipeline.decode(messages[start : start + size], min_severity=Severity.WARNING, now=NOW)
        checkpoint = pipeline.digest(batch, Seen(frozenset(known)), miners, Grouper(masker), worker="w", now=NOW)
        assert sum(delta.count for delta in checkpoint.deltas) == len(checkpoint.fresh) == checkpoint.totals.counted
        assert checkpoint.totals.ingested == len(messages[start : start + size])
        known.update(identity.digest for identity in checkpoint.fresh)
        for delta in checkpoint.deltas:
            counts[delta.stream, delta.id] = counts.get((delta.stream, delta.id), 0) + delta.count
        miners.confirm({change.stream: change.base_rev + 1 for change in checkpoint.templates})
    folded = {}
    for (stream, cluster_id), count in counts.items():
        root = miners.resolve(stream, cluster_id)
        folded[root] = folded.get(root, 0) + count
    return folded, miners


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=60))
def test_the_clusters_and_counts_do_not_depend_on_the_batch_size(texts):
    messages = [message(number, text) for number, text in enumerate(texts)]
    masker = Masker()
    one, _ = digest_all(messages, 1, masker)

    assert digest_all(messages, 7, masker)[0] == one
    assert digest_all(messages, 1000, masker)[0] == one


def test_an_entry_delivered_again_is_a_duplicate_within_and_between_batches():
    messages = [message(1, "disk full")] * 3 + [message(2, "disk full")]
    twice = pipeline.decode(messages, min_severity=Severity.WARNING, now=NOW)
    seen = Seen(frozenset(identity.digest for identity, _ in twice.entries[:1]))
    checkpoint = pipeline.digest(twice, seen, Miners(), Grouper(Masker()), worker="w", now=NOW)

    assert (checkpoint.totals.counted, checkpoint.totals.duplicates) == (1, 3)


def test_what_is_below_the_minimum_severity_or_our_own_is_ignored_and_what_is_broken_rejected():
    own = json.dumps(
        {
            "timestamp": "2025-01-01T00:00:00Z",
            "severity": "ERROR",
            "resource": {"type": "cloud_run_worker_pool", "labels": {"worker_pool_name": "log-gardener-worker"}},
            "jsonPayload": {"log_gardener": {"action": "checkpoint"}},
        }
    )
    messages = [
        message(1, "fine", severity="INFO"),
        ReceivedMessage(own.encode(), "2"),
        ReceivedMessage(b"{", "3", source="file:x", offset=17),
        ReceivedMessage(b"", "4", problem="an entry of 9 bytes"),
    ]
    batch = pipeline.decode(messages, min_severity=Severity.WARNING, now=NOW)

    assert (batch.ignored, len(batch.entries)) == (2, 0)
    assert [(one.offset, bool(one.reason)) for one in batch.rejected] == [(17, True), (-1, True)]


def test_a_discarded_lesson_is_learned_again_with_the_same_ids():
    messages = [message(number, f"login of {word} failed") for number, word in enumerate(WORDS)]
    expected, _ = digest_all(messages, 5)
    miners, masker, counts = Miners(), Masker(), {}
    for start in range(0, len(messages), 5):
        batch = pipeline.decode(messages[start : start + 5], min_severity=Severity.WARNING, now=NOW)
        pipeline.digest(batch, Seen(frozenset()), miners, Grouper(masker), worker="w", now=NOW)
        miners.rollback()  # the store said: conflict
        checkpoint = pipeline.digest(batch, Seen(frozenset()), miners, Grouper(masker), worker="w", now=NOW)
        miners.confirm({change.stream: change.base_rev + 1 for change in checkpoint.templates})
        for delta in checkpoint.deltas:
            counts[delta.stream, delta.id] = counts.get((delta.stream, delta.id), 0) + delta.count
    folded = {}
    for (stream, cluster_id), count in counts.items():
        root = miners.resolve(stream, cluster_id)
        folded[root] = folded.get(root, 0) + count

    assert folded == expected


@settings(max_examples=60, deadline=None)
@given(st.lists(TEXTS, min_size=1, max_size=40), st.integers(0, 40))
def test_a_garden_rebuilt_from_its_records_goes_on_as_the_old_one(texts, cut):
    stream = Stream("p", "s", "text")
    live, masker = Miners(), Masker()
    records = {}
    for number, text in enumerate(texts):
        if number == cut:
            rebuilt = Miners()
            rebuilt.refresh([StreamModel(stream, 1, tuple(records.values()))])
            live = rebuilt
        live.assign(stream, masker.mask(text))
        for change in live.learned():
            records.update((record.id, record) for record in change.records)
        live.confirm({stream: 1})
    undisturbed = Miners()
    expected = [undisturbed.assign(stream, masker.mask(text)) for text in texts]

    assert [live.assign(stream, masker.mask(text)) for text in texts] == [
        undisturbed.resolve(stream, cluster_id) for cluster_id in expected
    ]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 300), st.sampled_from("abc")), min_size=1, max_size=40), st.randoms())
def test_a_tally_conserves_counts_and_does_not_depend_on_order(pairs, random):
    stream = Stream("p", "s", "text")
    batch = pipeline.decode([message(number, text) for number, text in pairs], min_severity=Severity.WARNING, now=NOW)
    entries = [
        (identity, entry, grouped_entry(entry, lambda entry: (stream, entry.text))) for identity, entry in batch.entries
    ]
    shuffled = random.sample(entries, len(entries))
    deltas = {key: one.delta("x", stream) for key, one in tally(entries).items()}
    other = {key: one.delta("x", stream) for key, one in tally(shuffled).items()}

    assert deltas == other
    for delta in deltas.values():
        assert delta.count == sum(delta.minutes.values()) == sum(delta.severities.values())
        assert delta.count == sum(span.entries for span in delta.revisions.values())


def test_absorbing_a_tally_is_the_same_as_counting_its_entries():
    batch = pipeline.decode([message(n, "x") for n in range(10)], min_severity=Severity.WARNING, now=NOW)
    stream = Stream("p", "s", "text")
    entries = [(entry, facts(entry, (stream, "x")), rank_of(identity)) for identity, entry in batch.entries]
    left, right, both = Tally.of(*entries[0]), Tally.of(*entries[5]), Tally.of(*entries[0])
    for entry in entries[1:5]:
        left.add(*entry)
    for entry in entries[6:]:
        right.add(*entry)
    for entry in entries[1:]:
        both.add(*entry)
    right.absorb(left)

    assert right.delta("x", stream) == both.delta("x", stream)


def test_identities_are_cut_by_whole_seconds():
    batch = pipeline.decode([message(61, "x")], min_severity=Severity.WARNING, now=NOW)

    assert batch.entries[0][0] == Identity(1757826061, batch.entries[0][0].digest)


def test_labels_that_are_no_text_are_facets_as_they_read_whatever_they_equal():
    def read(value):
        entry = json.loads(message(1, "m").data) | {"labels": {"attempt": value, "zone": "a"}}
        one = entries.decode(json.dumps(entry).encode(), NOW)
        return dict(facts(one, (Stream("p", "s", Kind.TEXT), "m")).of_labels[0])

    found = [read(value) for value in (1, True, 1.0, "1", {"a": 1}, None, 1, True)]

    assert [one[facets.label("attempt")] for one in found] == ["1", "true", "1.0", "1", '{"a":1}', "null", "1", "true"]
    assert {one[facets.label("zone")] for one in found} == {"a"}
