"""The pipeline's steps on Beam's local runner: the worker's clusters and counts, whatever is repeated or late."""

import pickle
from collections import Counter

import apache_beam
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from apache_beam.runners.portability.fn_api_runner import FnApiRunner
from apache_beam.testing import test_stream
from engines import found, totals, work, write

from processor.app import beam, wiring
from processor.app.config import load
from processor.ingest.partial import PartialBatch
from processor.model import ReceivedMessage, Totals


def job_for(tmp_path, window_s=0, lanes=1):
    return beam.Job(load({"state": f"sqlite:{tmp_path}/beam.db"}).public(), window_s, lanes)


def run(messages, job, *, streaming=False, runner="BundleBasedDirectRunner"):
    options = PipelineOptions(["--streaming"] if streaming else [])
    with apache_beam.Pipeline(runner=runner, options=options) as root:
        beam.steps(root | messages, job)
    return found(job.settings.state)


def received(bodies):
    return [ReceivedMessage(body, f"m{number}") for number, body in enumerate(bodies)]


@pytest.fixture
def expected(tmp_path, made):
    return work(made(2000), f"sqlite:{tmp_path}/worker.db")


def test_a_file_gives_what_the_worker_gives_and_again_changes_nothing(tmp_path, made, expected):
    source, state = write(tmp_path, made(2000)), f"sqlite:{tmp_path}/beam.db"
    settings = load({"source": source, "state": state})
    beam.run(settings, window_s=10, arguments=[])
    assert found(state) == expected
    beam.run(settings, window_s=10, arguments=[])

    assert found(state) == expected
    assert totals(state) == Totals(counted=2000, duplicates=2000)


@pytest.mark.parametrize("lanes", [1, 5])
def test_lanes_and_a_runner_that_lifts_combiners_change_nothing(tmp_path, made, expected, lanes):
    messages = apache_beam.Create(received(made(2000)))

    assert run(messages, job_for(tmp_path, lanes=lanes), runner=FnApiRunner()) == expected


class FailingAfterwards(beam.Commit):
    """Every bundle is committed, fails at its end, and is run again by the runner."""

    runs = Counter()  # noqa: RUF012  # the runner makes instances of its own

    def start_bundle(self):
        self._bundle = []

    def process(self, element):
        super().process(element)
        self._bundle += sorted(one.digest for one in element[1].identities())

    def finish_bundle(self):
        bundle = tuple(self._bundle)
        self.runs[bundle] += 1
        if self.runs[bundle] == 1:
            raise RuntimeError("injected: after the commit")


class GatheringTwice(beam.Gather):
    """Every batch goes through twice, as after an acknowledgement that was lost."""

    def process(self, messages):
        yield from super().process(messages)
        yield from super().process(messages)


def test_every_bundle_run_twice_changes_nothing(tmp_path, made, expected, monkeypatch):
    FailingAfterwards.runs.clear()
    monkeypatch.setattr(beam, "Commit", FailingAfterwards)
    monkeypatch.setattr(beam, "Gather", GatheringTwice)
    job = job_for(tmp_path, lanes=3)

    assert run(apache_beam.Create(received(made(2000))), job) == expected
    assert set(FailingAfterwards.runs.values()) == {2}
    assert sum(len(bundle) for bundle in FailingAfterwards.runs) == 2000
    assert totals(job.settings.state).counted == 2000


def test_late_and_out_of_order_entries_are_counted_like_all_others(tmp_path, made, expected):
    """Half an hour of watermark has passed when the oldest entries arrive, newest first; some come twice."""
    messages = received(made(2000))
    old, rest = messages[:700], messages[700:]
    stream = test_stream.TestStream().advance_watermark_to(0).add_elements(rest[:800]).advance_processing_time(30)
    stream = stream.advance_watermark_to(1800).add_elements(rest[800:]).advance_processing_time(30)
    stream = stream.add_elements(old[::-1] + rest[:50]).advance_processing_time(30)
    stream = stream.advance_watermark_to_infinity()
    job = job_for(tmp_path, window_s=10)

    assert run(stream, job, streaming=True) == expected
    assert totals(job.settings.state) == Totals(counted=2000, duplicates=50)


class Watched(beam.Commit):
    """Remembers what came to be committed."""

    commits = []  # noqa: RUF012  # the runner makes instances of its own

    def process(self, element):
        self.commits.append((len(element[1].partial_tallies), element[1].deliveries))
        super().process(element)


def test_equal_messages_of_a_window_become_one_commit(tmp_path, entry_json, monkeypatch):
    Watched.commits.clear()
    monkeypatch.setattr(beam, "Commit", Watched)
    messages = received(entry_json(f"disk {n % 5} failed after {n} s", insertId=f"n{n}") for n in range(3000))
    stream = test_stream.TestStream().advance_watermark_to(0)
    for start in range(0, 3000, 100):
        stream = stream.add_elements(messages[start : start + 100]).advance_processing_time(0.1)
    run(stream.advance_processing_time(20).advance_watermark_to_infinity(), job_for(tmp_path, 10), streaming=True)

    assert Watched.commits == [(1, 3000)]


def test_what_cannot_be_decoded_is_quarantined_and_the_rest_is_counted(tmp_path, entry_json):
    bodies = [entry_json(insertId="a"), b"{ broken", entry_json(insertId="b", severity="INFO"), b""]
    job = job_for(tmp_path)
    run(apache_beam.Create(received(bodies)), job)
    store = wiring.open_store(job.settings)

    assert totals(job.settings.state) == Totals(counted=1, rejected=2, ignored=1)
    assert sorted(one.raw for one in store.rejected(9)) == [b"", b"{ broken"]
    store.close()


def test_more_than_one_commit_takes_is_split(tmp_path, made, expected, monkeypatch):
    monkeypatch.setattr("processor.ingest.committer.MAX_ENTRIES", 100)

    assert run(apache_beam.Create(received(made(2000))), job_for(tmp_path)) == expected


def test_no_secret_travels_with_the_pipeline(tmp_path):
    settings = load({"state": f"sqlite:{tmp_path}/beam.db", "github_token": "ghs_verysecret"})

    assert b"verysecret" in pickle.dumps(settings)
    assert b"verysecret" not in pickle.dumps(beam.Job(settings.public(), 10, 1))


def test_accumulators_that_are_merged_hold_the_sum():
    assert beam.PutTogether().merge_accumulators([PartialBatch(ignored=1), PartialBatch(ignored=2)]) == PartialBatch(
        ignored=3
    )
