"""What the pages on cost are made of is what goes over the wire."""

import sys
from pathlib import Path

import pytest
from google.cloud import firestore
from google.cloud.firestore_v1.batch import WriteBatch
from slow_firestore import SlowFirestore

from sinks.firestore import queries

sys.path.append(str(Path(__file__).resolve().parents[2] / "bench"))
import firestore_cost  # found by the path set above
import firestore_month


@pytest.fixture
def proxy(firestore_emulator, firestore_project, monkeypatch):
    made = SlowFirestore(firestore_emulator.address)
    monkeypatch.setenv("FIRESTORE_EMULATOR_HOST", made.address)
    # The meter stays where it is put; these put back what was there.
    for owner, name in ((WriteBatch, "commit"), (firestore.Client, "get_all"), (queries, "stream")):
        monkeypatch.setattr(owner, name, getattr(owner, name))
    monkeypatch.setattr(firestore_month, "SEEDED", 240)
    yield made
    made.close()


def test_the_meter_counts_what_the_worker_sends_samples_included(proxy):
    firestore_cost.meter()
    traffic = firestore_month.Traffic(20)
    traffic.flush(list(range(20)))
    proxy.commits.clear()
    proxy.reads.clear()
    firestore_cost.billed.clear()
    traffic.flush(list(range(20)))

    assert firestore_cost.billed["writes"] == sum(proxy.commits)
    assert firestore_cost.billed["reads"] == sum(proxy.reads)
    assert sum(proxy.commits) >= 20 + 2, "each cluster, the ledger and the worker"
