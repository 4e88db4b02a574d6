"""The contract of `Store`, over every store: what a worker and a reader may rely on."""

import json
import random
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace
from step_worker import NOW, StepWorker, message, messages

from processor.ingest.samples import rank_of
from processor.model import (
    AuditRecord,
    DeliveryHealth,
    IssueRef,
    Priority,
    ReceivedMessage,
    Severity,
    Status,
    Totals,
    Triage,
)
from processor.model.errors import Conflict, StateError, Transient
from processor.model.notes import Notes, Replaced
from processor.model.values import MAX_VALUES, total
from processor.parsing.decode import decode
from processor.parsing.entry_fields import identity
from sinks.private import Redaction
from sinks.redact import redact

MINUTE = timedelta(minutes=1)


def only(store):
    """The one cluster there is."""
    (cluster,) = store.clusters()
    return cluster


def test_an_entry_twice_in_one_checkpoint_counts_once(hand):
    worker = hand()
    worker.work([message(number=1), message(number=1), message(number=2)])

    assert only(worker.store).count == 2
    assert worker.store.totals() == Totals(counted=2, duplicates=1)


def test_an_entry_that_comes_again_later_counts_once(hand):
    worker = hand()
    worker.work(messages("it broke", 3))
    worker.work(messages("it broke", 5))

    assert only(worker.store).count == 5
    assert worker.store.totals() == Totals(counted=5, duplicates=3)


def test_an_entry_that_goes_to_two_workers_counts_once(hand):
    one, two = hand("w1"), hand("w2")
    one.work(messages("it broke", 3))
    two.work(messages("it broke", 4))

    assert only(one.store).count == only(two.store).count == 4
    assert {worker.id: worker.totals for worker in one.store.workers()} == {
        "w1": Totals(counted=3),
        "w2": Totals(counted=1, duplicates=3),
    }


def test_of_two_workers_that_count_the_same_entry_at_once_the_second_is_refused(hand):
    one, two = hand("w1"), hand("w2")
    one.work(messages("it broke", 1))
    first, second = one.look(messages("it broke", 9)), two.look(messages("it broke", 9))
    one.put(first)

    with pytest.raises(Conflict):
        two.put(second)
    assert only(one.store).count == 9
    two.work(messages("it broke", 9))
    assert only(two.store).count == 9


def test_a_refused_checkpoint_leaves_nothing_behind(hand):
    one, two = hand("w1"), hand("w2")
    one.work(messages("it broke", 1))
    refused = two.look([*messages("it broke", 3), message("quite another thing", 77), ReceivedMessage(b"{", "m")])
    one.work(messages("it broke", 2))
    with pytest.raises(Conflict):
        two.put(refused)

    assert len(one.store.clusters()) == 1
    assert one.store.rejected(10) == []
    assert [worker.id for worker in one.store.workers()] == ["w1"]
    assert sum(len(model.records) for model in one.store.load_model({})) == 1


def test_an_answer_that_was_lost_counts_nothing_twice(hand):
    worker = hand()
    worker.work(messages("it broke", 2))
    committed = worker.store.commit
    lost = []

    def commit_and_lose(checkpoint):
        answer = committed(checkpoint)
        if len(lost) < 3:
            lost.append(answer)
            raise Transient("the answer did not arrive")
        return answer

    worker.store.commit = commit_and_lose
    for first in (0, 50, 100):
        worker.work([*messages("it broke", 60, first=first), message("something new", 900 + first)])

    assert len(lost) == 3
    assert {cluster.template: cluster.count for cluster in worker.store.clusters()} == {
        "it broke": 160,
        "something new": 3,
    }
    assert worker.store.totals().counted == 163


def test_a_checkpoint_committed_again_as_it_is_gets_refused(hand):
    worker = hand()
    worker.work(messages("it broke", 1))
    checkpoint = worker.look(messages("it broke", 4))
    worker.store.commit(checkpoint)

    with pytest.raises(Conflict):
        worker.store.commit(checkpoint)
    assert only(worker.store).count == 4


def test_the_answer_holds_the_new_count_of_every_touched_cluster(hand):
    one, two = hand("w1"), hand("w2")
    one.work([*messages("it broke", 3), *messages("disk is full", 2, first=10)])
    # Some lie on another day and have another severity: no other sum of the document equals its count.
    one.work(messages("disk is full", 1, first=15, at=NOW - timedelta(days=3), severity="WARNING"))
    one.work(messages("disk is full", 1, first=16))
    ids = {cluster.template: cluster.id for cluster in one.store.clusters()}
    two.work(messages("disk is full", 4, first=20))

    assert one.work(messages("disk is full", 1, first=30)).counts == {ids["disk is full"]: 9}
    assert two.work(messages("it broke", 2, first=40)).counts == {ids["it broke"]: 5}


def test_a_storm_of_conflicts_ends_with_exact_counts(open_store):
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    texts = ["it broke", "disk is full", "no such user", "payment refused", "queue is stuck"]
    entries = [message(chance.choice(texts), number, at=NOW + timedelta(seconds=number)) for number in range(120)]
    expected = Counter(entry.data.split(b'"textPayload": "')[1].split(b'"')[0].decode() for entry in entries)
    stores = [open_store() for _ in range(4)]
    errors = []

    def run(number):
        worker = StepWorker(stores[number], f"w{number}")
        mine = random.Random(seed + number)
        deliveries = mine.sample(entries, len(entries))
        try:
            for start in range(0, len(deliveries), 30):
                worker.work(deliveries[start : start + 30])
        except Exception as error:  # noqa: BLE001  # told below, with the seed
            errors.append(error)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert not errors, f"seed {seed}: {errors}"
    assert {c.template: c.count for c in stores[0].clusters()} == expected, f"seed {seed}"
    totals = stores[0].totals()
    assert totals.counted == 120
    assert totals.ingested == 480


def test_two_workers_that_mint_the_same_template_at_once_get_one_cluster(hand):
    one, two = hand("w1"), hand("w2")
    first, second = one.look(messages("brand new", 2)), two.look(messages("brand new", 3, first=10))
    one.put(first)
    with pytest.raises(Conflict):
        two.put(second)
    two.work(messages("brand new", 3, first=10))

    assert only(one.store).count == 5
    assert sum(len(model.records) for model in one.store.load_model({})) == 1


def test_two_workers_that_change_one_stream_at_once_are_told_apart_whatever_they_count(hand):
    one, two = hand("w1"), hand("w2")
    one.work(messages("it broke", 1))
    # Hours apart: no page of a slotted ledger is shared, only the stream is.
    first = one.look([message("brand new", 10)])
    second = two.look([message("also new", 20, at=NOW - 120 * MINUTE)])
    one.put(first)
    with pytest.raises(Conflict):
        two.put(second)
    two.work([message("also new", 20, at=NOW - 120 * MINUTE)])

    (model,) = two.store.load_model({})
    assert (model.rev, [record.template for record in model.records]) == (3, ["it broke", "brand new", "also new"])


def test_the_sample_is_the_earliest_entry_in_whatever_order_they_come(hand):
    one, two = hand("w1"), hand("w2")
    for worker, number, minutes in ((one, 1, 5), (one, 2, 9), (two, 3, 3), (one, 4, 4), (two, 5, 2), (one, 6, 6)):
        worker.work([message("it broke", number, at=NOW + minutes * MINUTE)])

    assert only(one.store).sample.insert_id == "i5"


def expected_samples(entries):
    """The insert_ids of what is kept of these entries, which are in order of time and numbered."""
    last = len(entries) - 1
    ranks = sorted((rank_of(identity(decode(one.data, NOW), "")), n) for n, one in enumerate(entries) if n)
    return [f"i{n}" for n in sorted({0, last, *(n for _, n in ranks[:10])})]


def test_samples_are_first_last_and_the_same_ones_between_whatever_the_order_and_the_workers(open_store):
    entries = [message("it broke", n, at=NOW + timedelta(seconds=n)) for n in range(300)]
    workers = [StepWorker(open_store(), f"w{n}") for n in range(2)]
    expected = expected_samples(entries)
    random.shuffle(entries)
    for place, start in enumerate(range(0, 300, 20)):
        workers[place % 2].work(entries[start : start + 20])
    cluster = only(workers[0].store)
    found = list(workers[1].store.samples(cluster.id))

    assert [one.insert_id for one in found] == expected
    assert (cluster.sample, cluster.latest) == (found[0], found[-1])
    assert list(workers[0].store.samples("feedfacefeed")) == []


def test_one_entry_is_the_first_and_the_last(hand):
    worker = hand()
    worker.work(messages("it broke", 1))
    cluster = only(worker.store)

    assert cluster.latest == cluster.sample
    assert list(worker.store.samples(cluster.id)) == [cluster.sample]
    worker.work([message("it broke", 9, at=NOW - MINUTE)])
    assert [one.insert_id for one in worker.store.samples(cluster.id)] == ["i9", "i0"]
    assert only(worker.store).latest == cluster.sample


def test_samples_of_merged_clusters_are_those_of_one(hand):
    worker, audit = hand(), AuditRecord(NOW, "ann", "merge", "")
    entries = [message(("it broke", "disk is full")[n % 2], n, at=NOW + n * MINUTE) for n in range(60)]
    for one in entries:
        worker.work([one])
    ids = {cluster.template: cluster.id for cluster in worker.store.clusters()}
    worker.store.merge(ids["it broke"], ids["disk is full"], audit)
    found = list(worker.store.samples(ids["it broke"]))

    assert [one.insert_id for one in found] == expected_samples(entries)
    assert found[0].text == "it broke"
    assert {one.text for one in found} == {"it broke", "disk is full"}


def test_an_exception_of_many_lines_is_many_entries_and_one_occurrence(hand):
    worker = hand()
    for n in range(3):
        checkpoint = worker.look(messages(f"it broke {'x' * n}", 4, first=10 * n))
        deltas = tuple(replace(one, occurrences=1, minutes={1: 1}) for one in checkpoint.deltas)
        worker.put(replace(checkpoint, deltas=deltas))
    worker.work(messages("it broke ", 2, first=100))

    counts = sorted((cluster.count, cluster.occurrences) for cluster in worker.store.clusters())
    assert counts == [(4, 1), (4, 1), (6, 3)]


@pytest.mark.parametrize("redacting", [True, False])
def test_what_is_private_is_redacted_before_it_is_stored(open_store, redacting):
    worker = StepWorker(open_store(redact=Redaction(redact if redacting else None)))
    person, key = "bob.smith@example.com", "AKIA" + "Q3EGRIRPB7D2XW5T"
    for n in range(20):
        text = f"no mail for {person}: rejected"
        payload = {"message": text, "user": {"email": person}, "password": "hunter2-hunter2"}
        entry = message(None, n, jsonPayload=payload, labels={"owner": person}, at=NOW + timedelta(seconds=n))
        checkpoint = worker.look([entry._replace(data=entry.data.replace(b'"textPayload": null, ', b""))])
        deltas = tuple(replace(one, values={"1": {person: 1}, "2": {key: 1}}) for one in checkpoint.deltas)
        worker.put(replace(checkpoint, deltas=deltas))
    (cluster,) = worker.store.clusters()
    samples = worker.store.samples(cluster.id)
    kept = json.dumps([*map(repr, samples), cluster.facets, cluster.values, repr(cluster.sample), repr(cluster.latest)])

    assert len(samples) == 12
    for secret in (person, key, "hunter2-hunter2"):
        assert (secret not in kept) is redacting
    assert all(json.loads(one.raw)["insertId"] == one.insert_id for one in samples)
    assert sum(cluster.values["1"].values()) == sum(cluster.facets["label owner"].values()) == 20


def test_what_stands_at_a_place_is_bounded_and_the_same_in_any_order(hand):
    worker = hand()
    worker.work(messages("it broke", 1))
    names = [f"user-{n}" for n in range(40)] * 3
    random.shuffle(names)
    for n, name in enumerate(names):
        checkpoint = worker.look(messages("it broke", 1, first=n + 1))
        deltas = tuple(replace(one, values={"1": {name: 1}, "2": {"x" * 200: 1}}) for one in checkpoint.deltas)
        worker.put(replace(checkpoint, deltas=deltas))
    values = only(worker.store).values

    assert values == total([{"1": dict.fromkeys(names, 3), "2": {"x" * 200: 120}}])
    assert len(values["1"]) == MAX_VALUES + 1
    assert sum(values["1"].values()) == 120


def test_counts_on_a_template_that_was_widened_meanwhile_are_not_lost(hand):
    one, two = hand("w1"), hand("w2")
    names = [f"{a}{b}" for a in ("anna", "bert", "carl", "dora") for b in ("son", "berg", "feld", "stein", "mann")]
    one.work([message(f"{names[0]} went away early", 0)])
    # Ten minutes later is another page of a slotted ledger, so that only the model could object.
    stale = one.look([message(f"{names[0]} went away early", 1, at=NOW + 10 * MINUTE)])
    two.work([message(f"{name} went away early", 10 + number) for number, name in enumerate(names)])
    assert len(two.store.clusters()) == 1, "the test needs a template that was widened"
    one.put(stale)  # the first worker has not heard of it

    cluster = only(one.store)
    assert cluster.count == 22
    assert cluster.aliases
    assert one.store.cluster(cluster.aliases[0]) == cluster


def test_a_model_read_anew_is_the_one_that_was_written(hand):
    worker = hand()
    texts = [f"{verb} {noun}" for verb in ("open", "close", "lock") for noun in ("file", "door", "shop")]
    for number, text in enumerate(texts):
        worker.work([message(text, number), message(text, 100 + number, service="cart")])
    models = {model.stream: model for model in hand().store.load_model({})}

    assert {stream.service for stream in models} == {"shop", "cart"}
    for model in models.values():
        assert [record.template for record in model.records] == texts, "in the order of minting"
        assert model.rev == len(texts)
    stream, model = next(iter(models.items()))
    known = {one: one_model.rev for one, one_model in models.items()} | {stream: model.rev - 2}
    (newer,) = hand().store.load_model(known)
    assert (newer.stream, newer.rev, newer.records) == (stream, model.rev, model.records[-2:])
    assert not worker.store.load_model({one: m.rev for one, m in models.items()})


def test_of_many_streams_too_only_what_is_newer_is_read(hand):
    worker = hand()
    services = [f"service-{letter}" for letter in "abcdefghijkl"]
    for number, text in enumerate(("it broke", "disk is full", "no such user")):
        worker.work([message(text, 100 * number + place, service=name) for place, name in enumerate(services)])
    stored = {model.stream: model.rev for model in worker.store.load_model({})}
    newer = hand().store.load_model({stream: rev - 1 for stream, rev in stored.items()})

    assert {model.stream.service for model in newer} == set(services)
    assert {tuple(record.template for record in model.records) for model in newer} == {("no such user",)}
    assert {model.stream: model.rev for model in newer} == stored


def test_another_workers_templates_arrive_before_the_next_commit(hand):
    one, two = hand("w1"), hand("w2")
    texts = ("it broke", "disk is full", "no such user", "payment refused", "queue is stuck")
    for number, text in enumerate(texts):
        one.work([message(text, number)])
        two.miners.refresh(two.store.load_model(two.miners.revs))
        assert len(two.miners) == number + 1


def test_a_cluster_shows_what_its_entries_say(hand):
    worker = hand()
    worker.work([message("it broke", 1, at=NOW, severity="WARNING"), message("it broke", 2, at=NOW + 2 * MINUTE)])
    worker.work([message("it broke", 3, at=NOW - MINUTE, severity="CRITICAL", labels={"tier": "gold"})])
    cluster = only(worker.store)

    assert cluster.stream.service == "shop"
    assert (cluster.first_seen, cluster.last_seen) == (NOW - MINUTE, NOW + 2 * MINUTE)
    assert cluster.severities == {Severity.WARNING: 1, Severity.ERROR: 1, Severity.CRITICAL: 1}
    assert cluster.severity is Severity.CRITICAL
    start = int(NOW.timestamp()) // 60
    assert cluster.minutes == {start - 1: 1, start: 1, start + 2: 1}
    assert sum(cluster.hours.values()) == 3
    assert cluster.hours[start // 60] >= 2
    assert cluster.days == {start // 1440: 3}
    assert cluster.facets["label tier"] == {"gold": 1}
    assert cluster.revisions["shop-00001-abc"].entries == 3
    assert (cluster.sample.insert_id, cluster.sample.at) == ("i3", NOW - MINUTE)
    assert cluster == worker.store.cluster(cluster.id)
    assert worker.store.cluster("feedfacefeed") is None
    assert worker.store.cluster("../../etc") is None


def test_only_the_last_three_hours_and_ninety_days_are_kept(hand):
    worker = hand()
    for days in (0, 1, 40, 89, 90, 100):
        for minutes in (0, 1, 179, 180):
            at = NOW + timedelta(days=days, minutes=minutes)
            worker.work([message("it broke", 1000 * days + minutes, at=at)], now=at)
    worker.work([message("it broke", 999_999, at=NOW + timedelta(days=2))], now=NOW + timedelta(days=101))
    cluster = only(worker.store)

    assert cluster.count == 25
    last = int(cluster.last_seen.timestamp()) // 60
    assert cluster.minutes == {last: 1, last - 1: 1, last - 179: 1}
    assert cluster.days == {last // 1440 - age: 4 for age in (0, 10, 11, 60)}


def test_a_day_of_hours_is_kept_also_of_merged_clusters(hand):
    worker = hand()
    for number, hours in enumerate((0, 1, 2, 22, 23, 24, 25)):
        at = NOW - timedelta(hours=hours)
        worker.work([message("it broke", number, at=at), message("it fell over", 100 + number, at=at)], now=NOW)
    first, second = worker.store.clusters()
    worker.store.merge(first.id, second.id, AuditRecord(NOW, "mo", "merge", first.id))
    last = int(NOW.timestamp()) // 3600

    assert second.hours == {last - age: 1 for age in (0, 1, 2, 22, 23)}
    assert only(worker.store).hours == {last - age: 2 for age in (0, 1, 2, 22, 23)}


def test_any_text_may_be_a_facet(hand):
    worker = hand()
    names = ["", ".", "a.b", "`", "a`b\\", "__name__", "ünï\u0000\u202e", "🦊" * 30, "/", "[0]", "*", "=", "(other)x"]
    labels = {name: f"{name}!" for name in names}
    worker.work([message("it broke", 1, labels=labels)])
    worker.work([message("it broke", 2, labels=labels)])
    worker.work([message("it broke", 3, labels={"a.b": "`"})])
    facets = only(worker.store).facets

    assert {name.removeprefix("label ") for name in facets} - {"label"} >= set(names) - {""}
    assert facets["label a.b"] == {"a.b!": 2, "`": 1}
    assert facets["label __name__"] == {"__name__!": 2}


def test_facets_and_revisions_are_bounded_and_conserve_their_sum(hand):
    worker = hand()
    for start in range(0, 120, 40):
        worker.work(
            [
                message(
                    "it broke",
                    number,
                    labels={"user": f"u{number}", **{f"k{number}-{i}": "v" for i in range(3)}},
                    resource={
                        "type": "cloud_run_revision",
                        "labels": {"project_id": "p", "service_name": "shop", "revision_name": f"shop-{number:05}"},
                    },
                    at=NOW + timedelta(seconds=number),
                )
                for number in range(start, start + 40)
            ]
        )
    cluster = only(worker.store)

    assert cluster.count == 120
    assert len(cluster.facets) <= 24
    assert len(cluster.facets["label user"]) <= 21
    assert sum(cluster.facets["label user"].values()) == 120
    assert len(cluster.revisions) <= 50
    assert cluster.last_revision == "shop-00119"


def test_a_cluster_as_large_as_they_get_is_counted_on(hand):
    worker = hand()
    for number in range(12):
        labels = {f"{'🦊' * 100}{i}": f"{number}{'🐻' * 110}{i}" for i in range(24)}
        trace = f"it broke {'ж' * 4000}"
        worker.work([message(trace, number, labels=labels, jsonPayload=None, at=NOW + number * MINUTE)])
    before = sum(cluster.count for cluster in worker.store.clusters())
    worker.work([message(f"it broke {'ж' * 4000}", 100 + number) for number in range(50)])

    assert before == 12
    assert sum(cluster.count for cluster in worker.store.clusters()) == 62


def test_what_cannot_be_decoded_is_kept_and_can_be_taken_out(hand):
    worker = hand()
    bad = [ReceivedMessage(b"\xff\x00{%d" % number, "m", source="file:x", offset=number) for number in range(3)]
    worker.work(bad[:1])
    worker.work(bad[1:], now=NOW + MINUTE)
    kept = worker.store.rejected(10)

    assert [one.offset for one in kept] == [1, 2, 0]
    assert kept[0].raw == bad[1].data
    assert kept[2].at == NOW + timedelta(hours=1)
    assert worker.store.rejected(1) == kept[:1]
    worker.store.drop_rejected([kept[0].id, kept[1].id])
    assert worker.store.rejected(10) == kept[2:]
    assert worker.store.totals() == Totals(rejected=3)


def test_the_same_bad_message_is_kept_once(hand):
    worker = hand()
    worker.work([ReceivedMessage(b"{", "m", source="file:x", offset=5)])
    worker.work([ReceivedMessage(b"{", "m", source="file:x", offset=5)])

    assert len(worker.store.rejected(10)) == 1


def test_decisions_are_compared_and_set(hand):
    worker = hand()
    worker.work(messages("it broke", 1))
    cluster = only(worker.store)
    store = hand().store
    decided = Triage(
        status=Status.MUTED,
        priority=Priority.P1,
        by="ann",
        note="known | @all",
        changed_at=NOW,
        mute_until=NOW + MINUTE,
        mute_until_count=7,
        issue=IssueRef("o/r", 5, "https://example.org/5"),
        notes=Notes(
            comments=3,
            incident="c9",
            variant_of="c8",
            replaced=Replaced("muted", "open", priority="P2", changed_at=NOW, mute_until_count=5),
            command_ids=(4, 5),
        ),
    )

    stored = store.put_triage(cluster.id, decided, [AuditRecord(NOW, "ann", "mute", cluster.id, "why")])
    assert stored == replace(decided, rev=1)
    assert only(worker.store).triage == stored
    with pytest.raises(Conflict):
        worker.store.put_triage(cluster.id, decided, [AuditRecord(NOW, "bob", "mute", cluster.id)])
    again = worker.store.put_triage(cluster.id, replace(stored, status=Status.RESOLVED), [])
    assert again.rev == 2
    assert store.cluster(cluster.id).triage.status is Status.RESOLVED
    assert [record.who for record in store.audit(10)] == ["ann"], "the refused decision left no trail"


def test_the_trail_shows_the_newest_first(hand):
    store = hand().store
    triage = Triage()
    for number in range(4):
        records = [AuditRecord(NOW, "ann", f"a{number}{part}", "c1") for part in "xy"]
        triage = store.put_triage("c1", triage, records)

    assert [record.action for record in store.audit(3)] == ["a3y", "a3x", "a2y"]


def test_a_merge_makes_an_alias_for_good(hand):
    worker, other = hand("w1"), hand("w2")
    worker.work([*messages("it broke", 3), *messages("disk is full", 2, first=10), *messages("gone", 1, first=20)])
    other.work(messages("it broke", 1, first=30))
    ids = {cluster.template: cluster.id for cluster in worker.store.clusters()}
    audit = AuditRecord(NOW, "ann", "merge", ids["gone"])
    worker.store.merge(ids["gone"], ids["disk is full"], audit)
    worker.store.merge(ids["disk is full"], ids["it broke"], audit)
    worker.store.merge(ids["gone"], ids["it broke"], audit)  # is one already
    # The other worker still counts on what it knows.
    other.work(messages("disk is full", 4, first=40))

    cluster = only(other.store)
    assert (cluster.id, cluster.count) == (ids["it broke"], 11)
    assert cluster.aliases == tuple(sorted([ids["disk is full"], ids["gone"]]))
    assert other.store.cluster(ids["gone"]) == cluster
    assert len(other.store.audit(10)) == 2
    with pytest.raises(StateError, match="there is no cluster"):
        worker.store.merge("feedfacefeed", ids["gone"], audit)


def test_a_split_sets_a_cluster_free_for_good_with_the_entries_counted_on_it(hand):
    worker, audit = hand("w1"), AuditRecord(NOW, "ann", "split", "")
    worker.work([*messages("it broke", 3), *messages("disk is full", 2, first=10), *messages("gone", 1, first=20)])
    ids = {cluster.template: cluster.id for cluster in worker.store.clusters()}
    for loser in ("gone", "disk is full"):
        worker.store.merge(ids[loser], ids["it broke"], audit)

    assert worker.store.split(ids["gone"], audit) == [ids["gone"]]
    assert {one.id: one.count for one in worker.store.clusters()} == {ids["it broke"]: 5, ids["gone"]: 1}
    assert worker.store.split(ids["it broke"], audit) == [ids["disk is full"]]
    worker.work(messages("disk is full", 1, first=30))
    assert {one.template: one.count for one in worker.store.clusters()} == {"it broke": 3, "disk is full": 3, "gone": 1}
    assert worker.store.split(ids["gone"], audit) == []
    with pytest.raises(StateError, match="there is no cluster"):
        worker.store.split("feedfacefeed", audit)


def test_what_was_decided_about_a_merged_cluster_goes_on_at_its_root_until_the_root_has_its_own(hand):
    worker, audit = hand("w1"), AuditRecord(NOW, "ann", "merge", "")
    worker.work([*messages("it broke", 3), *messages("disk is full", 2, first=10)])
    ids = {cluster.template: cluster.id for cluster in worker.store.clusters()}
    issue = IssueRef("o/r", 7, "https://example.test/7")
    worker.store.put_triage(ids["disk is full"], Triage(issue=issue))
    worker.store.merge(ids["disk is full"], ids["it broke"], audit)

    inherited = only(worker.store).triage
    assert (inherited.issue, inherited.rev) == (issue, 0)
    assert worker.store.cluster(ids["it broke"]).triage == inherited
    worker.store.put_triage(ids["it broke"], replace(inherited, note="ours"))
    assert only(worker.store).triage.note == "ours"


def test_counts_for_a_cluster_that_was_never_stored_are_an_error(hand):
    worker = hand()
    checkpoint = worker.look(messages("it broke", 1))

    with pytest.raises(StateError, match="never stored"):
        worker.store.commit(replace(checkpoint, templates=()))
    assert worker.store.totals() == Totals()


def test_a_worker_shows_when_and_how_it_last_worked(open_store):
    worker = StepWorker(open_store(version="1.2"), "ann/../w 1")
    worker.work([message("it broke", 1, at=NOW - MINUTE), message("fine", 2, severity="INFO")])
    (state,) = worker.store.workers()

    assert (state.id, state.heartbeat_at, state.version, state.lag_s) == ("ann/../w 1", NOW, "1.2", 60.0)
    assert state.totals == Totals(counted=1, ignored=1)


def test_both_stores_show_the_same_clusters(open_sqlite, open_firestore):
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    workers = StepWorker(open_sqlite(), "w1"), StepWorker(open_firestore(), "w1")
    texts = ["it broke", "disk is full", "no such user", "payment of 5 refused", "queue 7 is stuck"]
    entries = [
        message(
            chance.choice(texts),
            number,
            at=NOW + timedelta(seconds=chance.randrange(90 * 86_400)),
            severity=chance.choice(["WARNING", "ERROR", "CRITICAL"]),
            labels={"tier": chance.choice("abc")},
        )
        for number in range(150)
    ]
    entries = [replace_at(one, chance) for one in entries]
    for start in range(0, len(entries), 15):
        for worker in workers:
            worker.work(entries[start : start + 15], now=NOW + timedelta(days=90))

    one, two = ({cluster.id: cluster for cluster in worker.store.clusters()} for worker in workers)
    assert one == two, f"seed {seed}"
    assert workers[0].store.totals() == workers[1].store.totals()


def replace_at(entry, chance):
    """Some entries come late and some twice; here half of them lie within the last hours."""
    if chance.random() < 0.5:
        return entry
    late = (NOW + timedelta(days=90) - chance.randrange(300) * MINUTE).isoformat()
    head, _, tail = entry.data.partition(b'"timestamp": "')
    return entry._replace(data=head + b'"timestamp": "' + late.encode() + tail[tail.index(b'"') :])


def test_the_last_report_of_a_tracker_is_kept_and_read_by_others(open_store):
    at = NOW.replace(microsecond=123_456)
    first = DeliveryHealth("w1", NOW, "github:o/r", None, NOW, "GitHub answered 401", {"o/r": "401"}, 2, None)
    last = DeliveryHealth("w2", at, "github:o/r", at, None, "", {}, 0, at)
    writer, reader = open_store(), open_store()
    assert list(reader.delivery()) == []
    writer.put_delivery(first)
    assert list(reader.delivery()) == [first]
    writer.put_delivery(last)
    writer.put_delivery(replace(first, tracker="folder:issues"))

    assert sorted(reader.delivery(), key=lambda one: one.tracker) == [replace(first, tracker="folder:issues"), last]


def test_slots_are_apart_for_all_who_share_the_state(hand):
    one, other = hand(), hand()
    spacing = timedelta(seconds=0.8)
    taken = [each.store.take_slot("github", NOW, spacing) for each in (one, other, one, other)]

    assert taken == [NOW + spacing * number for number in range(4)]
    assert one.store.take_slot("else", NOW, spacing) == NOW
    assert other.store.take_slot("github", NOW + MINUTE, spacing) == NOW + MINUTE


def test_a_slot_that_a_wrong_clock_took_stops_nobody(hand):
    worker = hand()
    worker.store.take_slot("github", NOW + timedelta(days=400), MINUTE)

    assert worker.store.take_slot("github", NOW, MINUTE) == NOW


def test_a_session_that_ended_is_known_to_every_process_until_it_would_have_expired(open_store):
    one, other = open_store(), open_store()
    later = datetime.now(UTC) + timedelta(hours=12)
    assert not other.has_ended("ab12")
    one.end_session("ab12", later)
    one.end_session("ab12", later)
    one.end_session("cd34", later)

    assert other.has_ended("ab12")
    assert other.has_ended("cd34")
    assert not other.has_ended("ab")
    assert not other.has_ended("../ab12")


def test_samples_that_were_stored_as_they_came_are_redacted_when_they_are_old_slice_by_slice(open_store):
    person, key = "bob.smith@example.com", "AKIA" + "Q3EGRIRPB7D2XW5T"
    worker = StepWorker(open_store(redact=Redaction(redact, raw_samples=True)))
    words = ("disk", "mail", "cart", "node", "user")
    for n in range(60):
        text = f"the {words[n % 5]} of {person} broke with {key}"
        worker.work([message(text, n, at=NOW + n * MINUTE / 2, service=f"shop-{n % 5}")])
    store = worker.store

    def held():
        samples = [one for cluster in store.clusters() for one in store.samples(cluster.id)]
        return {one.insert_id: one for one in samples}

    raw, counts = held(), {cluster.id: cluster.count for cluster in store.clusters()}
    assert all(person in one.text and person in one.raw for one in raw.values())
    before, after, slices = NOW + 15 * MINUTE, "", 0
    while slices == 0 or after:
        after, slices = store.redact_samples(before, after=after, limit=2), slices + 1
    now = held()

    assert slices == 3, "two of five clusters at once"
    assert now.keys() == raw.keys()
    for name, one in now.items():
        assert (person in one.text, person in one.raw, key in one.raw) == ((one.at >= before),) * 3
        assert (one == raw[name]) is (one.at >= before)
    assert {cluster.id: cluster.count for cluster in store.clusters()} == counts
    assert store.redact_samples(before, after="", limit=99) == ""
    assert held() == now, "what is redacted stays as it is"
    worker.work([message(f"the disk of {person} broke with {key}", 99, at=NOW + 40 * MINUTE, service="shop-0")])
    assert sum(cluster.count for cluster in store.clusters()) == 61
