"""`gardener beam` on both emulators: exact beside workers, over a kill and a restart."""

import random

import pytest
from engines import command, found, totals, wait_counted, work, write
from queues import Queue

PATIENCE_S = 120
SLOWEST_PER_S = 40  # entries; the local runner pulls ten at a time, two to three hundred a second


@pytest.fixture
def pipelines(tmp_path):
    started = []

    def start(*arguments):
        started.append(command(tmp_path, "beam", *arguments, "--window-seconds", 1))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.wait()


def test_from_pubsub_to_firestore_with_a_kill_in_the_middle(emulated, pipelines, tmp_path, made, size):
    """The local runner acknowledges before it has processed, so what a kill loses is published again, with the rest."""
    bodies = made(size)
    expected = work(bodies, f"sqlite:{tmp_path}/worker.db")
    queue, patience_s = Queue(ack_deadline_s=60), PATIENCE_S + size / SLOWEST_PER_S
    queue.publish(bodies)
    first = pipelines("--source", queue.address, "--state", emulated)
    wait_counted(emulated, queue, size // 3, first, patience_s)
    first.kill()
    first.wait()
    assert totals(emulated).counted < size, "the kill came too late to mean anything"

    queue.drain(queue.subscription)
    queue.publish(random.Random(1).sample(bodies, size))
    second = pipelines("--source", queue.address, "--state", emulated)
    wait_counted(emulated, queue, size, second, patience_s)

    assert found(emulated) == expected
    after = totals(emulated)
    assert (after.counted, after.rejected) == (size, 0)


def test_worker_and_pipeline_on_one_subscription_and_one_state(emulated, pipelines, tmp_path, made, size):
    """Every entry is delivered twice, so that many are seen by both."""
    bodies = made(size, seed=8)
    expected = work(bodies, f"sqlite:{tmp_path}/worker.db")
    queue = Queue(ack_deadline_s=60)
    pipeline = pipelines("--source", queue.address, "--state", emulated)
    wait_counted(emulated, queue, 0, pipeline, PATIENCE_S)
    few = {"GARDENER_FLUSH_ENTRIES": "100"}
    worker = command(tmp_path, "run", "--source", queue.address, "--state", emulated, env=few)
    try:
        chance = random.Random(2)
        twice = [*bodies, *bodies]
        chance.shuffle(twice)
        for start in range(0, len(twice), 250):
            queue.publish(twice[start : start + 250])
        wait_counted(emulated, queue, size, pipeline, PATIENCE_S + size / SLOWEST_PER_S)
    finally:
        worker.terminate()
        assert worker.wait(20) == 0

    assert found(emulated) == expected


@pytest.mark.parametrize("lanes", ["1", "4"])
def test_a_file_goes_to_firestore_beside_a_worker_that_reads_the_same_file(emulated, tmp_path, made, size, lanes):
    bodies = made(size, seed=9)
    source = write(tmp_path, bodies)
    expected = work(bodies, f"sqlite:{tmp_path}/worker.db")
    both = [
        command(tmp_path, "beam", "--source", source, "--state", emulated, env={"GARDENER_LEDGER_LANES": lanes}),
        command(tmp_path, "run", "--source", source, "--state", emulated),
    ]

    patience_s = PATIENCE_S + size / SLOWEST_PER_S
    assert [process.wait(patience_s) for process in both] == [0, 0], (tmp_path / "beam.log").read_text("utf-8")
    assert found(emulated) == expected
    after = totals(emulated)
    assert (after.counted, after.duplicates) == (size, size)
