"""What has to be forgotten is nowhere in the state afterwards, and everything else is as it was, in both stores."""

import json
from datetime import timedelta

import pytest
from msgspec.structs import replace
from step_worker import NOW, StepWorker, message, messages

from processor.model import AuditRecord, IssueRef, ReceivedMessage, Status, Triage
from processor.model.forget import FORGOTTEN, Forget, Forgotten

AUDIT = AuditRecord(NOW, "ann", "forget", "", "asked for")


@pytest.fixture
def filled(open_store):
    """A state in which somebody is named in every place that log text gets to."""
    worker = StepWorker(open_store())
    for n in range(15):
        at = NOW + timedelta(seconds=n)
        worker.work([message("disk is full", n, at=at, labels={"tenant": "Marlene K." if n % 2 else "other"})])
    worker.work([message("disk is full", 50 + n, at=NOW + timedelta(hours=1), note="marlene k.") for n in range(3)])
    checkpoint = worker.look(messages("disk is full", 2, first=100))
    deltas = tuple(replace(one, values={"1": {"Marlene K.": 1, "x": 1}}) for one in checkpoint.deltas)
    worker.put(replace(checkpoint, deltas=deltas))
    worker.work(messages("Marlene K. went away", 3, first=200))
    worker.work(messages("it broke", 4, first=300))
    worker.work([ReceivedMessage(b'{"user": "MARLENE K."', "m"), ReceivedMessage(b"{no", "m")])
    ids = {cluster.template: cluster.id for cluster in worker.store.clusters()}
    issue = IssueRef("o/r", 7, "https://example.test/7")
    for name in ids.values():
        worker.store.put_triage(name, Triage(status=Status.ACKNOWLEDGED, issue=issue, note="ours"), [])
    worker.store.put_triage("x", Triage(), [AuditRecord(NOW, "bob", "mute", "x", "for marlene k.")])
    return worker


def everything(store):
    """All that a store gives."""
    clusters = store.clusters()
    samples = [store.samples(cluster.id) for cluster in clusters]
    parts = [clusters, samples, store.audit(99), store.rejected(99), store.load_model({})]
    return json.dumps([repr(part) for part in parts]).casefold()


def test_a_text_is_nowhere_afterwards(filled, open_store):
    store = filled.store
    before = {cluster.template: cluster for cluster in store.clusters()}
    assert "marlene" in everything(store)
    found = store.forget(Forget(text="Marlene K."), AUDIT)
    after = {cluster.template: cluster for cluster in store.clusters()}

    assert "marlene" not in everything(store)
    assert "marlene" not in everything(open_store())
    gone = next(one for name, one in before.items() if "went away" in name)
    assert found.clusters == (gone.id,)
    assert found.cleaned == (before["disk is full"].id,)
    assert (found.rejected, found.notes) == (1, 1)
    assert after.keys() == {"disk is full", "it broke"}
    assert after["it broke"] == before["it broke"]
    cleaned = after["disk is full"]
    assert (cleaned.count, cleaned.minutes, cleaned.triage) == (
        before["disk is full"].count,
        before["disk is full"].minutes,
        before["disk is full"].triage,
    )
    assert sum(cleaned.facets["label tenant"].values()) == sum(before["disk is full"].facets["label tenant"].values())
    assert cleaned.values == {"1": {"(other)": 1, "x": 1}}
    assert {one.text for one in store.samples(cleaned.id)} == {"disk is full", FORGOTTEN}
    assert [one.raw for one in store.rejected(9)] == [b"{no"]
    assert store.audit(1)[0].action == "forget"
    assert store.forget(Forget(text="Marlene K."), AUDIT) == Forgotten()


def test_a_cluster_goes_with_all_that_was_merged_into_it(filled):
    store = filled.store
    ids = {cluster.template: cluster.id for cluster in store.clusters()}
    store.merge(ids["it broke"], ids["disk is full"], AUDIT)
    found = store.forget(Forget(clusters=frozenset({ids["it broke"]})), AUDIT)

    assert set(found.clusters) == {ids["it broke"], ids["disk is full"]}
    assert store.cluster(ids["disk is full"]) is None
    assert list(store.samples(ids["it broke"])) == []
    assert ids["disk is full"] not in {cluster.id for cluster in store.clusters()}


def test_a_worker_that_still_knows_it_counts_from_nothing_again(filled, open_store):
    ids = {cluster.template: cluster.id for cluster in filled.store.clusters()}
    open_store().forget(Forget(clusters=frozenset({ids["it broke"]})), AUDIT)
    filled.work(messages("it broke", 2, first=900))
    cluster = filled.store.cluster(ids["it broke"])

    assert (cluster.count, cluster.template, cluster.triage.issue) == (2, "it broke", None)
    assert {one.insert_id for one in filled.store.samples(cluster.id)} == {"i900", "i901"}
    StepWorker(open_store(), "w2").work(messages("it broke", 1, first=950))
    assert filled.store.cluster(ids["it broke"]).count == 3


def test_an_entry_goes_by_its_id(filled):
    store = filled.store
    ids = {cluster.template: cluster.id for cluster in store.clusters()}
    found = store.forget(Forget(entries=frozenset({"i300"})), AUDIT)

    assert found.cleaned == (ids["it broke"],)
    assert [one.text for one in store.samples(ids["it broke"]) if one.insert_id == "i300"] == [FORGOTTEN]


def test_a_dry_run_says_how_much_and_changes_nothing(filled):
    before = everything(filled.store)
    found = filled.store.forget(Forget(text="marlene k."), AUDIT, dry_run=True)

    assert everything(filled.store) == before
    assert filled.store.forget(Forget(text="marlene k."), AUDIT) == found


def test_nothing_of_it_is_left_in_the_file(open_sqlite, tmp_path):
    worker = StepWorker(open_sqlite())
    worker.work(messages("Marlene K. went away", 3))
    worker.store.forget(Forget(text="Marlene K."), AUDIT)

    assert not [path for path in tmp_path.iterdir() if b"Marlene" in path.read_bytes()]


def test_text_is_found_as_json_writes_it():
    what = Forget(text='Zoë "Z" K.')

    assert what.finds('{"a": "Zo\\u00eb \\"Z\\" K."}')
    assert what.finds('{"a": "ZOË \\"z\\" k."}')
    assert not what.finds("Zoe")
    assert not Forget().finds("anything")
