"""The counting commands: `gardener replay` reads a file to its end, `gardener run` works continuously."""

from __future__ import annotations

import json
import signal
import sys
from typing import TYPE_CHECKING, Final

import click

from processor.cli import options
from processor.cli.readers import SHOWN, check_read, print_clusters, rows_of

if TYPE_CHECKING:
    from processor.app.config import Settings
    from processor.model import Cluster, Totals

_INTERRUPTED: Final = 130


@click.command()
@click.argument("file", metavar="FILE|-")
@options.state
@click.option("--issues", metavar="ISSUES", help=options.ISSUES_HELP)
@click.option("--worklog", metavar="WORKLOG", help=options.WORKLOG_HELP)
@click.option("--min-severity", metavar="LEVEL", help="Entries below it are ignored (default WARNING).")
@options.text
@options.as_json
def replay(file: str, state: str | None, config: str | None, as_json: bool, text: bool, **flags: str | None) -> None:
    """Read FILE to its end into the state, then print the clusters and a summary.

    FILE holds log entries: NDJSON, a JSON array, or the output of `gcloud logging read --format=json`; also in the
    forms of Pub/Sub, BigQuery and Cloud Storage, and compressed. Reading it again changes no count. Messages that
    cannot be decoded are kept, see `gardener rejected`; if nothing at all could be read, the exit code is 4. Ctrl-C
    ends it with 130 after the current batch is counted.
    """
    from processor.views.cluster_json import totals_json

    settings = options.settings_of(config, state=state, source=options.source_of(file, text=text), **flags)
    totals, clusters, stopped = _work(settings, progress=not as_json)
    if as_json:
        click.echo(json.dumps({**totals_json(totals), "clusters": len(clusters)}))
    else:
        print_clusters(rows_of(clusters), SHOWN, options.hint("clusters", settings))
        click.echo(f"\n{totals.equation}")
        click.echo(f"{len(clusters)} clusters, state in {settings.state}")
        _print_hints(settings, totals, clusters)
    if stopped:
        click.echo(
            f"stopped after {totals.ingested:,} of the entries of {file}; replay it again to go on,"
            " nothing counts twice",
            err=True,
        )
        sys.exit(_INTERRUPTED)
    check_read(file, totals.ingested - totals.rejected, totals.rejected)


@click.command()
@click.option("--source", metavar="SOURCE", help=options.SOURCE_HELP)
@options.state
@click.option("--issues", metavar="ISSUES", help=options.ISSUES_HELP)
@click.option("--worklog", metavar="WORKLOG", help=options.WORKLOG_HELP)
@click.option("--min-severity", metavar="LEVEL", help="Entries below it are ignored (default WARNING).")
@click.option("--until-idle", metavar="SECONDS", help="End after this long without an entry.")
@click.option("--health-port", metavar="PORT", help="Serve /healthz, /readyz and /metrics there.")
@click.option("--log-format", metavar="FORMAT", help="json, text, or auto: text on a terminal, else JSON.")
def run(config: str | None, **flags: str | None) -> None:
    """Work continuously: read entries from the source as they arrive, until SIGTERM or the source's end.

    SIGTERM and SIGINT end it within 8 seconds: the current batch is committed, the rest is returned.
    """
    from processor.app import service as running

    running.run(options.settings_of(config, **flags))


COMMANDS: Final = (replay, run)


def _print_hints(settings: Settings, totals: Totals, clusters: list[Cluster]) -> None:
    """Print the next steps, as commands for copying."""
    if totals.rejected:
        click.echo(f"what was rejected, and why: {options.hint('rejected', settings)}")
    if totals.ignored and not clusters:
        click.echo(f"nothing is {settings.min_severity} or worse; --min-severity DEFAULT counts every entry")
    if clusters:
        click.echo()
        for command, why in (
            (f"show {clusters[0].id}", "one of them"),
            ("serve", "the on-call page, http://127.0.0.1:8080/"),
            ("worklog", "what happened, as Markdown"),
        ):
            click.echo(f"{options.hint(command, settings)}  # {why}")


def _work(settings: Settings, *, progress: bool) -> tuple[Totals, list[Cluster], bool]:
    """Run a worker to the end of its source; SIGTERM and SIGINT end it after the current checkpoint.

    Returns its totals, the clusters, and whether SIGINT ended it.
    """
    from processor.app import wiring
    from processor.app.clock import SystemClock
    from processor.app.telemetry import Telemetry
    from processor.views.terminal.cluster_table import ranked
    from processor.views.terminal.progress import Progress

    stops: list[int] = []
    # Before the state: an unreadable source leaves no state behind.
    source = wiring.open_source(settings, begun=True)
    with Progress(source, visible=progress) as bar:
        # Its warnings report a state that is locked by another process; figures are in the summary.
        parts = wiring.make_worker(settings, source=source, observers=[bar.observe], telemetry=Telemetry(SystemClock()))

        def stop(number: int, _frame: object) -> None:
            stops.append(number)
            parts.worker.stop()
            parts.clock.wake()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        totals = parts.worker.run()
    parts.source.close()
    found = ranked(parts.store.clusters())
    parts.store.close()
    return totals, found, signal.SIGINT in stops
