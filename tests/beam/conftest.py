"""What the tests of the pipeline share. They run in the pipeline's own installation: `make test-beam`.

Longer runs: GARDENER_BEAM_ENTRIES=50000.
"""

import importlib.util
import os
import secrets

import pytest
from deliveries import entries
from emulators import firestore_emulator, pubsub_emulator
from queues import point_at

__all__ = ["firestore_emulator", "pubsub_emulator"]

IS_HERE = importlib.util.find_spec("apache_beam") is not None
if not IS_HERE and os.environ.get("CI"):
    pytest.fail("Apache Beam is not here: make test-beam")
collect_ignore_glob = [] if IS_HERE else ["test_*.py"]


def pytest_terminal_summary(terminalreporter):
    """The modules cannot even be imported without Beam, so they are left out as a whole."""
    if not IS_HERE:
        terminalreporter.write_line("tests/beam was skipped, Apache Beam is not here: make test-beam")


def pytest_collection_modifyitems(items):
    """Beam warns of its own affairs (its pickler, sockets left to the collector); ours are errors all the same."""
    for item in items:
        if "/beam/" in item.nodeid or item.nodeid.startswith("beam/"):
            item.add_marker(pytest.mark.filterwarnings("default:::apache_beam"))


@pytest.fixture(scope="session")
def size():
    """Entries of the runs on the emulators."""
    return int(os.environ.get("GARDENER_BEAM_ENTRIES", "3000"))


@pytest.fixture
def emulated(firestore_emulator, pubsub_emulator, monkeypatch):
    """The state of a fresh project, with both emulators in the environment."""
    point_at(firestore_emulator, monkeypatch)
    point_at(pubsub_emulator, monkeypatch)
    return f"firestore:beam-{secrets.token_hex(4)}"


@pytest.fixture
def made():
    """Entries of real shape, as the bodies of messages."""
    import random

    def make(count, seed=7):
        return [line.encode() for line in entries(random.Random(seed), count)]

    return make
