"""What the chaos tests share. GARDENER_CHAOS_ENTRIES and GARDENER_CHAOS_SEEDS make a run longer than CI's."""

import os
import random

import pytest
from emulators import firestore_emulator

__all__ = ["firestore_emulator"]

CI_ENTRIES = 6_000
CI_SEEDS = 3


@pytest.fixture(scope="session")
def chaos_entries():
    """Entries per seed."""
    return int(os.environ.get("GARDENER_CHAOS_ENTRIES", CI_ENTRIES))


def pytest_generate_tests(metafunc):
    if "chaos_seed" in metafunc.fixturenames:
        wanted = os.environ.get("GARDENER_CHAOS_SEED")  # one seed again, to look at it
        count = int(os.environ.get("GARDENER_CHAOS_SEEDS", CI_SEEDS))
        # Every process of a run chooses the same ones.
        fresh = random.Random(os.environ.get("PYTEST_XDIST_TESTRUNUID"))
        seeds = [int(wanted)] if wanted else [fresh.randrange(10**6) for _ in range(count)]
        metafunc.parametrize("chaos_seed", seeds)
