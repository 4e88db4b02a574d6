"""The command line. `--help` of a command lists what it reads, what it writes and its exit codes.

Exit codes: 0 done, 1 the thing asked for is not there, 2 wrong usage or setting, 3 the state cannot be used,
4 the source cannot be read, 5 an outside part did not answer, 6 the issue tracker refused.
"""

from __future__ import annotations

import json
import signal
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from processor import __version__
from processor.cli import actions as cli_actions
from processor.cli.beam import beam
from processor.cli.doctor import doctor
from processor.cli.oncall import serve, top
from processor.cli.setup import setup
from processor.cli.upkeep import migrate
from processor.cli.worklog import worklog
from processor.model.delivery_health import problems
from processor.model.errors import GardenerError, SourceError
from processor.text.terminal import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from processor.app.config import Settings
    from processor.model import Cluster, Totals
    from processor.model.ports import Store

_SHOWN = 50


def main() -> None:
    """Run a command; a named error becomes one sentence on stderr and its exit code."""
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        # The reader (head, less) has seen enough; silence the flush at exit.
        sys.stderr.close()
        sys.exit(0)
    except GardenerError as error:
        click.echo(f"gardener: {error}", err=True)
        sys.exit(error.exit_code)


def _state(command: Callable[..., None]) -> Callable[..., None]:
    command = click.option("--state", metavar="STATE", help="sqlite:PATH or firestore:PROJECT[/DATABASE].")(command)
    return click.option("--config", metavar="FILE", help="Configuration file instead of gardener.toml.")(command)


def _json(command: Callable[..., None]) -> Callable[..., None]:
    return click.option("--json", "as_json", is_flag=True, help="JSON for scripts instead of text.")(command)


def _text(command: Callable[..., None]) -> Callable[..., None]:
    return click.option("--text", is_flag=True, help="FILE is plain text: each line is an entry.")(command)


def _source(file: str, *, text: bool) -> str:
    return ("-" if file == "-" else f"file:{file}") + ("?text" if text else "")


def _settings(config: str | None, **flags: object) -> Settings:
    from processor.app.config import load

    return load(flags, config)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="gardener")
def cli() -> None:
    """Turn a stream of log entries into clusters, exact counts and one issue per problem."""


cli.add_command(serve)
cli.add_command(worklog)
cli.add_command(top)
cli.add_command(setup)
cli.add_command(beam)
cli.add_command(migrate)


@cli.command()
@click.argument("file", metavar="FILE|-")
@_state
@click.option("--issues", metavar="ISSUES", help="folder:PATH, github:OWNER/REPO or none.")
@click.option("--worklog", metavar="WORKLOG", help="folder:PATH, where worklog.md is kept up to date, or none.")
@click.option("--min-severity", metavar="LEVEL", help="Entries below it are ignored (default WARNING).")
@_text
@_json
def replay(file: str, state: str | None, config: str | None, as_json: bool, text: bool, **flags: str | None) -> None:
    """Read FILE to its end into the state, then print the clusters and a summary.

    FILE holds log entries: NDJSON, a JSON array, or the output of `gcloud logging read --format=json`; also as Pub/Sub,
    BigQuery or Cloud Storage has them, and compressed. Reading it again changes no count. What cannot be decoded is
    kept, see `gardener rejected`; where nothing at all could be read, the exit code is 4.
    """
    settings = _settings(config, state=state, source=_source(file, text=text), **flags)
    totals, clusters = _work(settings, progress=not as_json)
    summary: dict[str, Any] = {**_tables().totals_json(totals), "clusters": len(clusters)}
    if as_json:
        click.echo(json.dumps(summary))
    else:
        _print_clusters(clusters, _SHOWN)
        click.echo(f"\n{_tables().totals_line(totals)}")
        click.echo(f"{len(clusters)} clusters, state in {settings.state}")
        if totals.rejected:
            click.echo("What was rejected, and why: gardener rejected")
    _check_read(file, totals.ingested - totals.rejected, totals.rejected)


@cli.command()
@click.option("--source", metavar="SOURCE", help="file:PATH[?follow], pubsub:projects/P/subscriptions/S, or -.")
@_state
@click.option("--issues", metavar="ISSUES", help="folder:PATH, github:OWNER/REPO or none.")
@click.option("--worklog", metavar="WORKLOG", help="folder:PATH, where worklog.md is kept up to date, or none.")
@click.option("--min-severity", metavar="LEVEL", help="Entries below it are ignored (default WARNING).")
@click.option("--until-idle", metavar="SECONDS", help="End when no entry has come for so long.")
@click.option("--health-port", metavar="PORT", help="Serve /healthz, /readyz and /metrics there.")
@click.option("--log-format", metavar="FORMAT", help="json, text, or auto: text on a terminal, else JSON.")
def run(config: str | None, **flags: str | None) -> None:
    """Work continuously: take entries from the source as they come, until SIGTERM or the source's end.

    SIGTERM and SIGINT end it within 8 seconds: what is in hand is committed, the rest is given back.
    """
    from processor.app import service as running

    running.run(_settings(config, **flags))


@cli.command()
@click.argument("file", metavar="FILE|-")
@_state
@_text
def assign(file: str, state: str | None, config: str | None, text: bool) -> None:
    """Print which cluster every entry of FILE belongs to, as NDJSON, whatever its severity. Writes nothing.

    With --state the clusters already stored are known; what is new gets the id it would get.
    """
    from processor.app import publishing, wiring
    from processor.ingest import assign as assigning

    settings = _settings(config, state=state, source=_source(file, text=text))
    store = wiring.open_store(settings, must_exist=True) if state else None
    source = wiring.open_source(settings)
    written = assigning.write(
        source,
        sys.stdout.buffer,
        store=store,
        miners=wiring.make_miners(settings),
        masker=publishing.make_masker(settings),
    )
    _check_read(file, written.entries, written.rejected)


@cli.command()
@click.argument("file", metavar="FILE|-")
@_state
@_json
def explain(file: str, state: str | None, config: str | None, as_json: bool) -> None:
    """Explain for each entry or plain line of FILE why it goes to its cluster. Writes nothing.

    Shows the masks applied, the path in the prefix tree, the nearest clusters with their similarity, and the
    reason. With --state against the clusters stored there, otherwise against the entries before it in FILE.
    """
    from processor.app import publishing, wiring
    from processor.ingest import explain as explaining

    settings = _settings(config, state=state, source="-" if file == "-" else f"file:{file}")
    store = wiring.open_store(settings, must_exist=True) if state else None
    masker = publishing.make_masker(settings)
    for one in explaining.explain(
        wiring.open_source(settings), store=store, miners=wiring.make_miners(settings), masker=masker
    ):
        if as_json:
            click.echo(json.dumps(one))
        else:
            _tables().console().print(_tables().explanation(one))


@cli.command("clusters")
@_state
@_json
@click.option("--limit", default=_SHOWN, show_default=True, help="Rows of the table; JSON has every cluster.")
def list_clusters(state: str | None, config: str | None, as_json: bool, limit: int) -> None:
    """List the clusters, the most severe and most frequent first."""
    found = _ranked(_reader(state, config).clusters())
    if as_json:
        click.echo(json.dumps([_tables().cluster_json(cluster) for cluster in found]))
    else:
        _print_clusters(found, limit)


@cli.command()
@click.argument("cluster_id", metavar="ID")
@_state
@_json
def show(cluster_id: str, state: str | None, config: str | None, as_json: bool) -> None:
    """Show one cluster: template, sample, times, breakdown. ID may be one that was merged since."""
    store = _reader(state, config)
    cluster = store.cluster(cluster_id)
    if cluster is None:
        raise click.ClickException(f"there is no cluster {cluster_id}; `gardener clusters` lists them")
    if as_json:
        click.echo(json.dumps(_tables().cluster_json(cluster)))
        return
    out = _tables().console()
    for number, part in enumerate(_tables().cluster_detail(cluster)):
        if number:
            out.print()
        out.print(part)
    for sentence in problems(store.delivery(), datetime.now(UTC)):
        click.echo(plain(sentence), err=True)


@cli.command("rejected")
@_state
@_json
@click.option("--limit", default=100, show_default=True, help="At most so many, the newest first.")
@click.option("--raw", is_flag=True, help="Only the messages as received, one per line, to mend and replay.")
@click.option("--replay", "again", is_flag=True, help="Try them all again; what decodes now is counted.")
def list_rejected(state: str | None, config: str | None, as_json: bool, limit: int, raw: bool, again: bool) -> None:
    """List what could not be decoded, where it came from, and why."""
    settings = _settings(config, state=state)
    if again:
        from processor.app import wiring

        totals = wiring.replay_rejected(settings)
        click.echo(json.dumps(_tables().totals_json(totals)) if as_json else _tables().totals_line(totals))
        return
    found = _reader(state, config).rejected(limit)
    if raw:
        for one in found:
            sys.stdout.buffer.write(one.raw.replace(b"\n", b" ") + b"\n")
    elif as_json:
        click.echo(json.dumps([_tables().rejected_json(one) for one in found]))
    elif found:
        _tables().console().print(_tables().rejected_table(found))
    else:
        click.echo("nothing was rejected")


@cli.command("config")
@_state
@_json
def show_config(state: str | None, config: str | None, as_json: bool) -> None:
    """Print every setting in force, secrets hidden."""
    from processor.app.config import Settings, shown

    values = shown(_settings(config, state=state))
    if as_json:
        click.echo(json.dumps(values))
        return
    for name, field in Settings.model_fields.items():
        click.echo(f"{name} = {json.dumps(values[name])}\n    {field.description}")


cli.add_command(doctor)
for _action in cli_actions.COMMANDS:
    cli.add_command(_action)


def _check_read(file: str, entries: int, rejected: int) -> None:
    """Fail where a source holds something, and none of it is an entry."""
    if rejected and not entries:
        raise SourceError(
            f"nothing of {'standard input' if file == '-' else file} could be read as log entries"
            f" ({rejected:,} rejected): `gcloud logging read FILTER --format=json` exports them as they are read;"
            " --text counts the lines of plain text"
        )


def _work(settings: Settings, *, progress: bool) -> tuple[Totals, list[Cluster]]:
    """Run a worker to the end of its source; SIGTERM and SIGINT end it after the checkpoint at hand."""
    from processor.app import wiring
    from processor.app.clock import SystemClock
    from processor.app.telemetry import Telemetry
    from processor.views.terminal.progress import Progress

    with Progress(visible=progress) as bar:
        # Its warnings say when the state is locked by another; figures are the summary's business.
        source = wiring.open_source(settings, begun=True)
        parts = wiring.make_worker(settings, source=source, observers=[bar.observe], telemetry=Telemetry(SystemClock()))
        bar.follow(parts.source)

        def stop(_signal: int, _frame: object) -> None:
            parts.worker.stop()
            parts.clock.wake()

        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, stop)
        totals = parts.worker.run()
    parts.source.close()
    found = _ranked(parts.store.clusters())
    parts.store.close()
    return totals, found


def _ranked(found: Iterable[Cluster]) -> list[Cluster]:
    return sorted(
        found,
        key=lambda c: (c.triage.priority or "P9", -c.severity, -c.count, c.first_seen, c.id),
    )


def _reader(state: str | None, config: str | None) -> Store:
    from processor.app import wiring

    return wiring.open_store(_settings(config, state=state), must_exist=True)


def _print_clusters(found: list[Cluster], limit: int) -> None:
    if found:
        _tables().console().print(_tables().cluster_table(found[:limit]))
        if len(found) > limit:
            click.echo(f"... and {len(found) - limit:,} more; `gardener clusters --limit {len(found)}` shows all")
    else:
        click.echo("no clusters yet")


def _tables() -> Any:
    from processor.views.terminal import tables

    return tables
