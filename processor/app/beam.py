"""The same steps as an Apache Beam pipeline: for more entries a second than a pool of workers takes.

    read -> decode, mask, gather -> put together by place (lifted combiner) -> ask the ledger, mine, commit

Only the wiring is here. What is shuffled are sheaves, not entries: work after the first step grows with the distinct
messages. A place is one ledger slot and lane, so a ledger page has one writer; yet exactness hangs on the ledger alone:
a bundle that is repeated, a pipeline that is stopped and started, a worker on the same state change no count.
The one door to apache_beam.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.transforms.trigger import AccumulationMode, AfterProcessingTime, Repeatedly
from apache_beam.transforms.window import GlobalWindows

from processor.app import publishing, wiring
from processor.ingest import pipeline
from processor.ingest.partial import PartialBatch
from processor.mining.grouper import Grouper
from processor.model import ReceivedMessage

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from processor.app.config import Settings

_BATCH: Final = 1000
_LOCAL_RUNNER: Final = "BundleBasedDirectRunner"
"""The only local runner that reads from Pub/Sub in Python; plain DirectRunner may want to download another."""
_SLOTS: Final = 2016
"""A week of slots, then keys are used again: in the global window a runner keeps a little of every key it ever saw."""
_COUNTED: Final = ("counted", "duplicates", "rejected", "ignored")

Keyed = tuple[tuple[int, int], PartialBatch]


@dataclass(frozen=True)
class Job:
    """What every step of the pipeline needs to know; travels to the workers, so it holds no secret.

    Attributes:
        settings: without secrets, see `Settings.public`.
        window_s: seconds for which equal messages are put together before they are committed; 0: all that there are.
        lanes: lanes of the state's ledger.
    """

    settings: Settings
    window_s: int
    lanes: int


class Gather(beam.DoFn):
    """Messages -> what they add, by place. A line of a stack trace finds the others of its batch."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def setup(self) -> None:
        """See `beam.DoFn`."""
        self._group = Grouper(publishing.make_masker(self._job.settings))

    def process(self, messages: Sequence[ReceivedMessage]) -> Iterator[Keyed]:
        """One element for each place."""
        batch = pipeline.decode(messages, min_severity=self._job.settings.least, now=datetime.now(UTC))
        for place, partial_batch in pipeline.gather(batch, self._group, lanes=self._job.lanes).items():
            yield (place.slot % _SLOTS, place.lane), partial_batch


class PutTogether(beam.CombineFn):
    """PartialBatch -> gathered; lifted before the shuffle by every runner that lifts combiners."""

    def create_accumulator(self) -> PartialBatch:
        """See `beam.CombineFn`."""
        return PartialBatch()

    def add_input(self, whole: PartialBatch, part: PartialBatch) -> PartialBatch:
        """See `beam.CombineFn`. The part belongs to the runner and is left as it is."""
        whole.absorb(part)
        return whole

    def merge_accumulators(self, parts: Iterable[PartialBatch]) -> PartialBatch:
        """See `beam.CombineFn`."""
        whole = PartialBatch()
        for part in parts:
            whole.absorb(part)
        return whole

    def extract_output(self, whole: PartialBatch) -> PartialBatch:
        """See `beam.CombineFn`."""
        return whole


class Commit(beam.DoFn):
    """PartialBatch -> committed; the totals go to the runner's metrics."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._counters = {name: Metrics.counter("log-gardener", name) for name in _COUNTED}

    def setup(self) -> None:
        """See `beam.DoFn`."""
        self._store, self._committer = wiring.make_committer(self._job.settings)

    def process(self, element: Keyed) -> None:
        """Count what is not counted yet."""
        (_, lane), partial_batch = element
        totals = self._committer.commit(partial_batch, worker=f"{self._job.settings.worker or 'beam'}-{lane}")
        for name, counter in self._counters.items():
            counter.inc(getattr(totals, name))

    def teardown(self) -> None:
        """See `beam.DoFn`."""
        self._store.close()


class ReadFile(beam.DoFn):
    """Settings that name a file -> its messages, as the worker frames them."""

    def process(self, settings: Settings) -> Iterator[ReceivedMessage]:
        """Every message of the file."""
        source = wiring.open_source(settings)
        try:
            while not source.exhausted():
                yield from source.pull(_BATCH, 1.0)
        finally:
            source.close()


def steps(messages: Any, job: Job) -> Any:
    """From received messages to committed counts.

    On a stream equal messages meet for `window_s` of processing time in the global window: nothing is ever late, and an
    entry may be as old or as out of order as it likes, because its place says where it is counted.
    """
    partial_batch = (
        messages
        | "Batch" >> beam.BatchElements(min_batch_size=_BATCH, max_batch_size=_BATCH)
        | "Gather" >> beam.ParDo(Gather(job)).with_output_types(Keyed)
    )
    if job.window_s:
        trigger = Repeatedly(AfterProcessingTime(job.window_s))
        partial_batch |= "Wait" >> beam.WindowInto(
            GlobalWindows(), trigger=trigger, accumulation_mode=AccumulationMode.DISCARDING
        )
    return partial_batch | "PutTogether" >> beam.CombinePerKey(PutTogether()) | "Commit" >> beam.ParDo(Commit(job))


def run(settings: Settings, *, window_s: int, arguments: Sequence[str]) -> None:
    """Run the pipeline to its end; with `pubsub:` it has none but a signal or the runner's own.

    Args:
        settings: where from, where to, and how to mask.
        window_s: see `Job`.
        arguments: options of Beam and its runner, as on a command line.
    """
    options = PipelineOptions(arguments)
    standard = options.view_as(StandardOptions)
    standard.runner = standard.runner or _LOCAL_RUNNER
    standard.streaming = settings.source.startswith("pubsub:")
    # What is bounded meets as a whole, slot by slot; triggers are for streams.
    job = Job(settings.public(), window_s if standard.streaming else 0, settings.ledger_lanes)
    with beam.Pipeline(options=options) as root:
        steps(_read(root, job.settings), job)


def _read(root: Any, settings: Settings) -> Any:
    if not settings.source.startswith("pubsub:"):
        return root | "File" >> beam.Create([settings]) | "Read" >> beam.ParDo(ReadFile())
    subscription = settings.source.removeprefix("pubsub:")

    def received(message: Any) -> ReceivedMessage:
        return ReceivedMessage(message.data, message.message_id or "", source=subscription)

    read = beam.io.ReadFromPubSub(subscription=subscription, with_attributes=True)
    return root | "Read" >> read | "Receive" >> beam.Map(received)
