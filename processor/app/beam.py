"""The same steps as an Apache Beam pipeline: for more entries a second than a pool of workers can process.

    read -> decode, mask, gather -> aggregate by shard (lifted combiner) -> check the ledger, mine, commit

Only the wiring is here. The shuffle transfers partial tallies, not entries: work after the first step grows with the
number of distinct messages. A shard is a ledger slot and lane, so a ledger page has a single writer; exactness still
depends on the ledger alone: a repeated bundle, a restarted pipeline or a worker on the same state do not change the
counts. The only module that imports apache_beam.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import apache_beam as beam
from apache_beam.metrics import Metrics
from apache_beam.options.pipeline_options import PipelineOptions, StandardOptions
from apache_beam.transforms.trigger import AccumulationMode, AfterProcessingTime, Repeatedly
from apache_beam.transforms.window import GlobalWindows
from msgspec import Struct

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
"""A week of slots, then keys are reused: in the global window a runner keeps some data for every key."""
_COUNTED: Final = ("counted", "duplicates", "rejected", "ignored")

Keyed = tuple[tuple[int, int], PartialBatch]


class Job(Struct, frozen=True):
    """The configuration of every step; sent to the workers, so it holds no secret.

    Attributes:
        settings: without secrets, see `Settings.public`.
        window_s: seconds for which equal messages are aggregated before they are committed; 0: the whole input.
        lanes: lanes of the state's ledger.
    """

    settings: Settings
    window_s: int
    lanes: int


class Gather(beam.DoFn):
    """Messages -> partial batches by shard. Lines of a stack trace are joined within a batch of messages."""

    def __init__(self, job: Job) -> None:
        self._job = job

    def setup(self) -> None:
        """See `beam.DoFn`."""
        self._group = Grouper(publishing.make_masker(self._job.settings))

    def process(self, messages: Sequence[ReceivedMessage]) -> Iterator[Keyed]:
        """Yield an element for each shard."""
        batch = pipeline.decode(messages, min_severity=self._job.settings.least, now=datetime.now(UTC))
        for place, partial_batch in pipeline.gather(batch, self._group, lanes=self._job.lanes).items():
            yield (place.slot % _SLOTS, place.lane), partial_batch


class PutTogether(beam.CombineFn):
    """Aggregates partial batches; runs before the shuffle in every runner that lifts combiners."""

    def create_accumulator(self) -> PartialBatch:
        """See `beam.CombineFn`."""
        return PartialBatch()

    def add_input(self, whole: PartialBatch, part: PartialBatch) -> PartialBatch:
        """See `beam.CombineFn`. The part belongs to the runner and is not changed."""
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
    """Commits partial batches; the totals go to the runner's metrics."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._counters = {name: Metrics.counter("log-gardener", name) for name in _COUNTED}

    def setup(self) -> None:
        """See `beam.DoFn`."""
        self._store, self._committer = wiring.make_committer(self._job.settings)

    def process(self, element: Keyed) -> None:
        """Count the entries not counted yet."""
        (_, lane), partial_batch = element
        totals = self._committer.commit(partial_batch, worker=f"{self._job.settings.worker or 'beam'}-{lane}")
        for name, counter in self._counters.items():
            counter.inc(getattr(totals, name))

    def teardown(self) -> None:
        """See `beam.DoFn`."""
        self._store.close()


class ReadFile(beam.DoFn):
    """Settings that name a file -> its messages, framed as by the worker."""

    def process(self, settings: Settings) -> Iterator[ReceivedMessage]:
        """Yield every message of the file."""
        source = wiring.open_source(settings)
        try:
            while not source.exhausted():
                yield from source.pull(_BATCH, 1.0)
        finally:
            source.close()


def steps(messages: Any, job: Job) -> Any:
    """Return the steps from received messages to committed counts.

    In a stream, equal messages are aggregated for `window_s` of processing time in the global window. No entry is ever
    late, whatever its age or order, because its shard determines where it is counted.
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
    """Run the pipeline to its end; with `pubsub:` it ends only by a signal or by its runner.

    Args:
        settings: source, state and masks.
        window_s: see `Job`.
        arguments: options of Beam and its runner, as on a command line.
    """
    options = PipelineOptions(arguments)
    standard = options.view_as(StandardOptions)
    standard.runner = standard.runner or _LOCAL_RUNNER
    standard.streaming = settings.address("source").scheme == "pubsub"
    # Bounded input is aggregated as a whole, slot by slot; triggers are for streams.
    job = Job(settings.public(), window_s if standard.streaming else 0, settings.ledger_lanes)
    with beam.Pipeline(options=options) as root:
        steps(_read(root, job.settings), job)


def _read(root: Any, settings: Settings) -> Any:
    scheme, subscription = settings.address("source")
    if scheme != "pubsub":
        return root | "File" >> beam.Create([settings]) | "Read" >> beam.ParDo(ReadFile())

    def received(message: Any) -> ReceivedMessage:
        return ReceivedMessage(message.data, message.message_id or "", source=subscription)

    read = beam.io.ReadFromPubSub(subscription=subscription, with_attributes=True)
    return root | "Read" >> read | "Receive" >> beam.Map(received)
