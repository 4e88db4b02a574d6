"""Two stores, one contract: `open_store` opens the same fresh state as often as a test has workers."""

import secrets

import pytest
from emulators import firestore_emulator, pubsub_emulator
from step_worker import StepWorker

from sinks.sqlite.store import SqliteStore

__all__ = ["firestore_emulator", "pubsub_emulator"]


@pytest.fixture
def firestore_project(firestore_emulator, monkeypatch):
    """A project of its own is an empty database of its own."""
    for name, value in firestore_emulator.env.items():
        monkeypatch.setenv(name, value)
    return f"test-{secrets.token_hex(6)}"


@pytest.fixture
def open_firestore(firestore_project):
    """Open the test's Firestore state; closed at the end."""
    from sinks.firestore.store import FirestoreStore

    stores = []

    def build(**options):
        stores.append(FirestoreStore(firestore_project, **options))
        return stores[-1]

    yield build
    for store in stores:
        store.close()


@pytest.fixture
def open_sqlite(tmp_path):
    """Open the test's SQLite state; closed at the end."""
    stores = []

    def build(**options):
        stores.append(SqliteStore(str(tmp_path / "state.db"), **options))
        return stores[-1]

    yield build
    for store in stores:
        store.close()


@pytest.fixture(params=["sqlite", "firestore"])
def open_store(request):
    """Open the test's state in either store."""
    return request.getfixturevalue(f"open_{request.param}")


@pytest.fixture
def hand(open_store):
    """A worker by hand over a store of its own, one per call; see `StepWorker`."""
    return lambda name="w1": StepWorker(open_store(), name)
