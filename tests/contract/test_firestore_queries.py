"""Our own way to run a query gives the snapshots and the errors of the library's."""

from datetime import UTC, datetime

import pytest
from google.api_core.exceptions import DeadlineExceeded, InvalidArgument
from google.cloud import firestore
from google.cloud.firestore_v1.base_query import FieldFilter
from slow_firestore import SlowFirestore

from sinks.firestore.queries import stream

AT = datetime(2026, 2, 3, 4, 5, 6, 789_000, UTC)
DOCUMENTS = {
    "empty": {},
    "plain": {
        "text": "naïve ☃",
        "count": -(2**53),
        "share": 0.1,
        "yes": True,
        "none": None,
        "raw": b"\x00\xff",
        "at": AT,
    },
    "nested": {"list": [1, "two", {"three": [3.0]}], "map": {"a.b": {"`": "tick"}, "empty": ""}},
}


@pytest.fixture
def collection(firestore_project):
    client = firestore.Client(project=firestore_project)
    made = client.collection("things")
    for name, fields in DOCUMENTS.items():
        made.document(name).set(fields)
    yield made
    client.close()


@pytest.mark.parametrize(
    "change",
    [
        lambda query: query.order_by("__name__"),
        lambda query: query.order_by("__name__").limit(2),
        lambda query: query.where(filter=FieldFilter("count", "<", 0)),
        lambda query: query.where(filter=FieldFilter("count", ">", 0)),
        lambda query: query.select(["text", "map"]),
    ],
)
def test_snapshots_are_those_of_the_library(collection, change):
    query = change(collection)
    theirs, ours = list(query.stream()), list(stream(query, 5.0))

    def told(found):
        return [(one.exists, one.reference.path, one.id, one.to_dict(), one.update_time) for one in found]

    assert told(ours) == told(theirs)
    assert {type(one.update_time) for one in ours} == {type(one.update_time) for one in theirs}
    assert all(one.read_time for one in ours)


def test_a_page_goes_on_after_a_snapshot_and_a_write_may_depend_on_it(collection):
    first, second, _ = stream(collection.order_by("__name__"), 5.0)
    (after,) = stream(collection.order_by("__name__").start_after(first).limit(1), 5.0)

    assert after.id == second.id
    second.reference.update({"count": 1}, option=collection._client.write_option(last_update_time=second.update_time))


def test_errors_are_those_of_the_library(firestore_emulator, collection, monkeypatch):
    with pytest.raises(InvalidArgument):
        list(stream(collection.order_by("count").where(filter=FieldFilter("a", "in", [[]] * 99)), 5.0))
    slow = SlowFirestore(firestore_emulator.address)
    slow.latency_s = (3.0, 3.0)
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", slow.address)
    client = firestore.Client(project=collection._client.project)
    with pytest.raises(DeadlineExceeded):
        list(stream(client.collection("things").limit(5), 0.2))
    client.close()
    slow.close()
