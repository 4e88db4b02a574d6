"""The command `gardener beam`: the same job as an Apache Beam pipeline."""

from __future__ import annotations

import click

from processor.cli import options
from processor.model.errors import ConfigError


@click.command(context_settings={"ignore_unknown_options": True})
@click.option("--source", metavar="SOURCE", help="pubsub:projects/P/subscriptions/S, or file:PATH on one machine.")
@options.state
@click.option("--min-severity", metavar="LEVEL", help="Entries below it are ignored (default WARNING).")
@click.option("--ledger-lanes", metavar="LANES", help="Lanes of a new state's ledger.")
@click.option(
    "--window-seconds",
    type=click.IntRange(1, 600),
    default=10,
    show_default=True,
    help="Aggregate equal messages for this long before they are committed.",
)
@click.argument("beam_options", nargs=-1, type=click.UNPROCESSED)
def beam(config: str | None, window_seconds: int, beam_options: tuple[str, ...], **flags: str | None) -> None:
    """Count entries as `run` does, on Apache Beam: for more of them than a pool of workers can process.

    BEAM_OPTIONS go to Beam: --runner=DataflowRunner --project=P --region=R ...; without a runner the pipeline runs
    here. Counts stay exact beside workers on the same state. Issues and worklog are written by `gardener run`: keep one
    running. Needs a separate installation: `make setup-beam`, or the image of Dockerfile.beam.
    """
    from processor.app.config import load
    from processor.app.file_source import has_no_end

    settings = load({**flags}, config)
    source = settings.address("source")
    if source.scheme == "-" or (source.scheme == "file" and has_no_end(source)):
        raise ConfigError(f"source {settings.source}: a pipeline reads pubsub:... or file:PATH to its end")
    try:
        from processor.app import beam as engine
    except ModuleNotFoundError as error:
        if not (error.name or "").startswith("apache_beam"):
            raise
        raise ConfigError("gardener beam needs Apache Beam, installed apart: make setup-beam") from error
    engine.run(settings, window_s=window_seconds, arguments=list(beam_options))
