"""What only the Firestore store promises: how much it writes and reads, and how large its documents get."""

import itertools
import time
from datetime import timedelta

import pytest
from emulators import free_port
from google.cloud import firestore
from google.cloud.firestore_v1.batch import WriteBatch
from msgspec.structs import replace
from step_worker import NOW, StepWorker, message, messages

from processor.ingest import tally
from processor.mining.miners import Miners
from processor.model import (
    Checkpoint,
    ClusterDelta,
    Identity,
    Kind,
    ReceivedMessage,
    Sample,
    Seen,
    Severity,
    Span,
    Stream,
    TemplateChanges,
    TemplateRecord,
    Totals,
    Triage,
)
from processor.model.errors import CheckpointTooLarge, Conflict, StateError, Transient
from sinks.firestore import commit as firestore_commit
from sinks.firestore import documents as firestore_documents
from sinks.firestore import follow as firestore_following
from sinks.firestore import ledger as firestore_ledger
from sinks.firestore import quarantine
from sinks.firestore.store import FirestoreStore

LIMIT = 1_048_576
WORDS = [f"{a}{b}" for a in ("cart", "disk", "mail", "node", "user") for b in "abcdefghij"]


@pytest.fixture
def written(monkeypatch):
    """How many documents each commit writes."""
    sizes = []
    commit = WriteBatch.commit

    def counting(batch, **options):
        sizes.append(len(batch))
        return commit(batch, **options)

    monkeypatch.setattr(WriteBatch, "commit", counting)
    return sizes


def flush(worker, first, *, now=NOW):
    """A thousand entries over fifty clusters."""
    return worker.work([message(f"{WORDS[n % 50]} broke", n, at=now) for n in range(first, first + 1000)], now=now)


@pytest.fixture
def settled_ranks(monkeypatch):
    """Later entries have higher ranks: no sample changes, as with nearly every flush of a cluster of many entries."""
    ranks = itertools.count(1)
    monkeypatch.setattr(tally, "rank_of", lambda _: next(ranks))


@pytest.mark.usefixtures("settled_ranks")
def test_a_flush_writes_the_touched_clusters_and_two_documents_more(open_firestore, written):
    worker = StepWorker(open_firestore())
    for number in range(5):
        flush(worker, 1000 * number, now=NOW + timedelta(seconds=2 * number))
    worker.work(messages(f"{WORDS[0]} broke", 7, first=10_000))
    worker.work([])

    # Once in the life of a state the ledger's lanes; the first flush mints clusters with their samples and moves the
    # stream's head.
    assert written == [1, 103, 52, 52, 52, 52, 3, 1]


@pytest.mark.usefixtures("settled_ranks")
def test_a_flush_is_read_in_three_requests_and_few_documents(open_firestore, monkeypatch):
    worker = StepWorker(open_firestore())
    flush(worker, 0)
    read = []
    get_all = firestore.Client.get_all

    def counting(client, references, *fields, **options):
        read.append(len(references))
        return get_all(client, references, *fields, **options)

    monkeypatch.setattr(firestore.Client, "get_all", counting)
    flush(worker, 1000, now=NOW + timedelta(seconds=2))

    assert read == [1], "the open ledger page, and no cluster"


def test_two_workers_that_open_keys_of_one_cluster_at_once_lose_nothing(open_firestore, monkeypatch):
    one, two = StepWorker(open_firestore(), "w1"), StepWorker(open_firestore(), "w2")
    for worker, number in ((one, 1), (two, 2)):
        worker.work([message("it broke", number, labels={"tier": "a"})])
    # No ledger page is shared; both have to open a facet value, a minute and an hour of the same document.
    first = one.look([message("it broke", 3, labels={"tier": "b"}, at=NOW + timedelta(minutes=30))])
    second = two.look([message("it broke", 4, labels={"tier": "c"}, at=NOW - timedelta(minutes=30))])
    commit = WriteBatch.commit

    def overtaken(batch, **options):
        monkeypatch.setattr(WriteBatch, "commit", commit)
        one.put(first)
        return commit(batch, **options)

    monkeypatch.setattr(WriteBatch, "commit", overtaken)
    committed = two.put(second)

    assert committed.offers == 2, "the same counts, put on what the other one left"
    (cluster,) = two.store.clusters()
    assert cluster.count == 4
    assert cluster.facets["label tier"] == {"a": 2, "b": 1, "c": 1}
    assert sum(cluster.minutes.values()) == 4


def test_the_ledger_goes_on_in_another_page_when_one_is_full(open_firestore, monkeypatch):
    monkeypatch.setattr(firestore_ledger, "FULL_BYTES", 1_000)
    worker = StepWorker(open_firestore())
    for number in range(12):
        worker.work(messages("it broke", 40, first=40 * number))
    pages = sorted(
        (page.id.rpartition("-")[2], page.get("entries"), page.get("full"))
        for page in worker.store._client.collection("ledger").stream()
    )

    assert [entries for _, entries, _ in pages] == [120, 120, 120, 120]
    assert [full for _, _, full in pages] == [True] * 4
    stranger = StepWorker(open_firestore(), "w2")
    stranger.work(messages("it broke", 500))
    assert stranger.store.totals() == Totals(counted=500, duplicates=480)


def test_the_first_writer_says_into_how_many_lanes_the_ledger_is_cut(open_firestore):
    one, two = StepWorker(open_firestore(lanes=4), "w1"), StepWorker(open_firestore(), "w2")
    one.work(messages("it broke", 60))
    two.work(messages("it broke", 80))
    lanes = {page.id.split("-")[2] for page in one.store._client.collection("ledger").stream()}

    assert lanes == {"0", "1", "2", "3"}
    assert one.store.totals() == Totals(counted=80, duplicates=60)


def test_of_two_first_writers_one_is_refused_and_then_does_as_the_other(open_firestore, monkeypatch):
    one, two = open_firestore(lanes=4), open_firestore(lanes=2)
    entry = [Identity(1, bytes(16))]
    nothing_yet = one._client.collection("settings").document("ledger").get()
    two.seen(entry)
    with monkeypatch.context() as patched:
        patched.setattr(firestore.DocumentReference, "get", lambda *_, **__: nothing_yet)
        with pytest.raises(Conflict):
            one.seen(entry)
    one.seen(entry)

    assert (one._ledger._lanes, two._ledger._lanes) == (2, 2)


def test_a_page_that_expired_and_was_made_anew_is_read_from_its_beginning(open_firestore):
    one, two = StepWorker(open_firestore(), "w1"), StepWorker(open_firestore(), "w2")
    for number in range(3):
        one.work([message("it broke", number)])
    for page in one.store._client.collection("ledger").stream():
        page.reference.delete()  # as its expiry does
    two.work(messages("it broke", 4, first=10))
    one.work(messages("it broke", 5, first=10))

    assert one.store.totals() == Totals(counted=8, duplicates=4)


def test_what_a_worker_remembers_of_the_ledger_is_bounded(open_firestore, monkeypatch):
    monkeypatch.setattr(firestore_ledger, "_REMEMBERED", 100)
    worker = StepWorker(open_firestore())
    for hour in range(8):
        worker.work(messages("it broke", 50, first=50 * hour, at=NOW - timedelta(hours=hour)))
    held = sum(len(page.digests) for chain in worker.store._ledger._chains.values() for page in chain)

    assert held <= 150
    worker.work(
        [one for hour in range(8) for one in messages("it broke", 50, first=50 * hour, at=NOW - timedelta(hours=hour))]
    )
    assert worker.store.totals() == Totals(counted=400, duplicates=400)


def test_what_a_worker_remembers_of_the_ledger_does_not_grow_with_the_hours(open_firestore, monkeypatch):
    monkeypatch.setattr(firestore_ledger, "_LOOKS_KEPT", 3)
    worker = StepWorker(open_firestore())
    for slot in range(12):
        worker.work(messages("it broke", 5, first=5 * slot, at=NOW + timedelta(minutes=5 * slot)))
    held = (len(worker.store._ledger._chains), len(worker.store._ledger._asked))
    worker.work(messages("it broke", 5, at=NOW))

    assert held == (4, 4)
    assert worker.store.totals() == Totals(counted=60, duplicates=5)


def test_a_reader_reads_again_only_what_changed(open_firestore, monkeypatch):
    monkeypatch.setattr(firestore_following, "OVERLAP", timedelta(0))
    worker, reader = StepWorker(open_firestore()), open_firestore()
    flush(worker, 0)
    assert len(reader.clusters()) == 50
    read = []
    take = firestore_following.IncrementalQuery._take
    monkeypatch.setattr(
        firestore_following.IncrementalQuery, "_take", lambda self, one: (read.append(one.id), take(self, one))[1]
    )
    assert len(reader.clusters()) == 50
    assert not read
    worker.work(messages(f"{WORDS[3]} broke", 2, first=5000))

    counts = {cluster.id: cluster.count for cluster in reader.clusters()}
    assert sorted(counts.values()) == [20] * 49 + [22]
    assert len([name for name in read if name in counts]) == 1


def test_a_checkpoint_too_large_for_one_commit_says_so_and_halves_fit(open_firestore):
    worker = StepWorker(open_firestore())
    bad = [ReceivedMessage(b"{" + b"x" * 250_000, "m", source="file:x", offset=number) for number in range(20)]
    checkpoint = worker.look(bad)

    with pytest.raises(CheckpointTooLarge, match="too many for one commit"):
        worker.store.commit(checkpoint)
    assert worker.store.rejected(100) == []
    worker.work(bad[:10])
    worker.work(bad[10:])
    assert len(worker.store.rejected(100)) == 20


def test_more_documents_than_one_commit_may_write_say_so_before_anything_is_read_and_halves_fit(
    open_firestore, monkeypatch
):
    monkeypatch.setattr(firestore_commit, "MAX_WRITES", 13)
    worker = StepWorker(open_firestore())
    worker.work([message("warm up", 999)])
    distinct = [message(f"{word} broke", number) for number, word in enumerate(WORDS[:20])]
    poison = [ReceivedMessage(b"{%d" % number, "m", source="file:x", offset=number) for number in range(20)]
    checkpoint = worker.look(distinct)
    with monkeypatch.context() as patch:
        patch.setattr(firestore.Client, "get_all", None)
        with pytest.raises(CheckpointTooLarge, match="clusters"):
            worker.store.commit(checkpoint)
    worker.miners.rollback()
    with pytest.raises(CheckpointTooLarge, match="21 documents"):
        worker.work(poison)

    for part in (distinct[:10], distinct[10:], poison[:10], poison[10:]):
        worker.work(part)
    assert worker.store.totals() == Totals(counted=21, rejected=20)
    assert sum(cluster.count for cluster in worker.store.clusters()) == 21


def test_a_request_is_never_larger_than_the_emulator_takes_however_its_keys_are_written(open_firestore, monkeypatch):
    # No sample changes, so that there is nothing but increments and the last entry.
    monkeypatch.setattr(tally, "rank_of", lambda _: 0)
    worker = StepWorker(open_firestore())
    labels = {f"{'🦊' * 60}{number}": "🐻" * 120 for number in range(20)}
    first = [message(f"{word} broke", number, labels=labels) for number, word in enumerate(WORDS)]
    worker.work([message("warm up", 999)])
    worker.work(first[:25])
    worker.work(first[25:])
    # Six streams more, so that there are enough clusters to fill a request with increments alone.
    services = [f"service-{letter}" for letter in "abcdef"]
    for place, service in enumerate(services):
        for part in (WORDS[:25], WORDS[25:]):
            entries = [message(f"{word} broke", f"{place}-{word}", labels=labels, service=service) for word in part]
            worker.work(entries)
    again = [
        message(f"{word} broke", f"z{place}-{word}", labels=labels, service=service)
        for place, service in enumerate(services)
        for word in WORDS
    ]

    # Beyond 4 MiB the emulator would say so for ever: an error that looks as if it passed with time.
    with pytest.raises(CheckpointTooLarge, match="bytes are too many"):
        worker.work(again, tries=1)
    for start in range(0, 300, 100):
        worker.work(again[start : start + 100])
    assert worker.store.totals().counted == 1 + 50 + 300 + 300


def test_what_is_read_in_parts_is_all_of_it(open_firestore, monkeypatch):
    monkeypatch.setattr(firestore_following, "PAGE", 7)
    monkeypatch.setattr(firestore_commit, "_AT_ONCE", 3)
    monkeypatch.setattr(firestore_ledger, "_AT_ONCE", 2)
    worker = StepWorker(open_firestore())
    services = [f"service-{letter}" for letter in "abcdefghij"]
    # Fifty clusters of ten streams in ten slots of the ledger.
    entries = [
        message(f"{word} broke", number, service=services[number % 10], at=NOW - timedelta(hours=number % 10))
        for number, word in enumerate(WORDS)
    ]
    for _ in range(2):
        worker.work(entries)
    stranger = StepWorker(open_firestore(), "w2")
    stranger.work(entries)

    assert stranger.store.totals() == Totals(counted=50, duplicates=100)
    assert len(stranger.miners) == len(stranger.store.clusters()) == 50
    worker.work(messages("it broke", 1, first=7000))
    assert len(stranger.store.clusters()) == 51


def test_a_quarantine_is_emptied_in_parts(open_firestore, monkeypatch):
    worker = StepWorker(open_firestore())
    worker.work([ReceivedMessage(b"{%d" % number, "m", source="file:x", offset=number) for number in range(20)])
    monkeypatch.setattr(quarantine, "MAX_WRITES", 6)
    worker.store.drop_rejected([one.id for one in worker.store.rejected(100)])

    assert worker.store.rejected(100) == []


def test_a_state_that_was_emptied_under_a_worker_ends_it_with_a_sentence(open_firestore):
    worker = StepWorker(open_firestore())
    worker.work([message("it broke", 1)])
    for name in ("streams", "clusters", "ledger", "workers"):
        for snapshot in worker.store._client.collection(name).stream():
            snapshot.reference.delete()

    # Every try would be a conflict with nobody, for ever.
    with pytest.raises(StateError, match="is gone; start again on what is left"):
        worker.work([message("disk is full", 2)])


def test_of_many_streams_a_few_that_changed_are_read_without_the_others(open_firestore, monkeypatch):
    one, two = StepWorker(open_firestore(), "w1"), StepWorker(open_firestore(), "w2")
    for worker in (one, two):
        worker.work([message("it broke", number, service=f"service-{number}") for number in range(30)])
    one.work([message("disk is full", 100 + number, service=f"service-{number}") for number in range(9)])
    placed = []
    decode = firestore_documents.placed
    monkeypatch.setattr(firestore_documents, "placed", lambda one: (placed.append(one.id), decode(one))[1])
    models = two.store.load_model(two.miners.revs)

    assert sorted(len(model.records) for model in models) == [1] * 9
    assert len(placed) == 9


def test_no_document_comes_near_the_limit_of_one_mebibyte(open_firestore):
    worker = StepWorker(open_firestore())
    for number in range(30):
        labels = {f"{'🦊' * 114}{i}": f"{number:02}{'🐻' * 114}{i}" for i in range(30)}
        one = message("ж" * 90_000, number, labels=labels, at=NOW - timedelta(hours=3 * number))
        worker.work([one, *messages("😀 " * 4_000, 5, first=1000 * (number + 1), labels=labels)])
    sizes = {}
    for name in ("clusters", "ledger", "workers", "streams"):
        for snapshot in worker.store._client.collection(name).stream():
            sizes[f"{name}/{snapshot.id}"] = stored_size(snapshot.to_dict())

    assert 200_000 < max(sizes.values()) < LIMIT / 2, "large enough to mean something"
    assert sum(cluster.count for cluster in worker.store.clusters()) == 180


def stored_size(value):
    """Firestore's own arithmetic for what a document takes."""
    if isinstance(value, dict):
        return 32 + sum(stored_size(name) + stored_size(item) for name, item in value.items())
    if isinstance(value, list):
        return sum(map(stored_size, value))
    if isinstance(value, str):
        return len(value.encode()) + 1
    return len(value) if isinstance(value, bytes) else 8


def test_ten_thousand_clusters_are_read_in_parts_and_not_one_by_one(open_firestore):
    writer = open_firestore()
    streams = [Stream("p", f"service-{number}", Kind.TEXT) for number in range(10)]
    for stream in streams:
        writer.commit(many(stream, 1000, writer))
    started = time.monotonic()
    store, miners = open_firestore(), Miners()
    miners.refresh(store.load_model({}))
    found = [miners.assign(stream, "thing number 999 of them") for stream in streams]
    took_s = time.monotonic() - started

    assert len(miners) == 10_000
    assert len(set(found)) == 10
    assert took_s < 40  # one by one it takes minutes


def many(stream, count, store):
    """A checkpoint with `count` new clusters of one stream, as a worker would make it."""
    identities = [
        Identity(int(NOW.timestamp()), f"{stream.service}/{n}".encode().ljust(16, b"\0")[-16:]) for n in range(count)
    ]
    minute = int(NOW.timestamp()) // 60
    deltas, records = [], []
    for number in range(count):
        name = f"{stream.service[-1]}{number:011x}"
        text = f"thing number {number} of them"
        records.append(TemplateRecord(name, text, text))
        deltas.append(
            ClusterDelta(
                name,
                stream,
                1,
                NOW,
                NOW,
                Sample("i", NOW, text, "{}" * 400),
                {Severity.ERROR: 1},
                {minute: 1},
                {f"facet {i}": {"value": 1} for i in range(8)},
                {"r1": Span(1, NOW, NOW)},
            )
        )
    seen = store.seen(identities)
    assert not seen.known
    totals = Totals(counted=count)
    return Checkpoint(
        "w", NOW, tuple(identities), seen, tuple(deltas), (TemplateChanges(stream, 0, tuple(records)),), (), totals
    )


@pytest.mark.parametrize("collection", ["clusters", "ledger", "streams", "handling", "workers"])
def test_documents_of_another_schema_version_are_refused(open_firestore, collection):
    worker = StepWorker(open_firestore())
    worker.work(messages("it broke", 1))
    worker.store.put_triage(worker.store.clusters()[0].id, Triage())
    for snapshot in worker.store._client.collection(collection).stream():
        snapshot.reference.update({"schema": 4})
    stranger = StepWorker(open_firestore(), "w2")

    def touch_everything():
        stranger.work(messages("it broke", 2))
        stranger.store.clusters()
        stranger.store.workers()

    with pytest.raises(StateError, match="schema version 4, this program knows 3"):
        touch_everything()


def test_a_store_that_does_not_answer_is_transient_and_soon(monkeypatch):
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", f"127.0.0.1:{free_port()}")
    store = FirestoreStore("p")
    started = time.monotonic()

    with pytest.raises(Transient, match="did not answer"):
        store.seen([Identity(0, b"x" * 16)])
    assert time.monotonic() - started < 8
    store.close()


def test_a_checkpoint_without_proof_is_refused(open_firestore):
    worker = StepWorker(open_firestore())
    checkpoint = worker.look(messages("it broke", 1))

    with pytest.raises(StateError, match=r"seen\(\) answered"):
        worker.store.commit(replace(checkpoint, seen=Seen(frozenset())))
