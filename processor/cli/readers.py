"""Commands that read: the list of clusters, a single cluster, rejected messages, explanations, assignments."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from processor.cli import options
from processor.cli.actions import me
from processor.model import Priority, Status
from processor.model.delivery_health import problems
from processor.model.errors import SourceError
from processor.text.terminal import plain

if TYPE_CHECKING:
    from processor.model import Cluster
    from processor.model.ports import Store

SHOWN: Final = 50
_SHORTEST_ID: Final = 4
_STATUS: Final = click.Choice([one.value for one in Status])
_PRIORITY: Final = click.Choice([one.value for one in Priority])


@click.command()
@click.argument("file", metavar="FILE|-")
@options.state
@options.text
def assign(file: str, state: str | None, config: str | None, text: bool) -> None:
    """Print which cluster every entry of FILE belongs to, as NDJSON, whatever its severity. Writes nothing.

    With --state the stored clusters are used; new messages get their future id.
    """
    from processor.app import publishing, wiring
    from processor.ingest import assign as assigning

    settings = options.settings_of(config, state=state, source=options.source_of(file, text=text))
    store = wiring.open_store(settings, must_exist=True) if state else None
    source = wiring.open_source(settings, begun=True)
    written = assigning.write(
        source,
        sys.stdout.buffer,
        store=store,
        miners=wiring.make_miners(settings),
        masker=publishing.make_masker(settings),
    )
    check_read(file, written.entries, written.rejected)


@click.command()
@click.argument("file", metavar="FILE|-")
@options.state
@options.text
@options.as_json
def explain(file: str, state: str | None, config: str | None, text: bool, as_json: bool) -> None:
    """Explain the cluster of each entry or plain line of FILE. Writes nothing.

    Shows the masks applied, the path in the prefix tree, the nearest clusters with their similarity, and the reason.
    With --state against the clusters stored there, otherwise against the entries before it in FILE.
    """
    from processor.app import publishing, wiring
    from processor.ingest import explain as explaining
    from processor.views.terminal import tables

    settings = options.settings_of(config, state=state, source=options.source_of(file, text=text))
    store = wiring.open_store(settings, must_exist=True) if state else None
    source, masker = wiring.open_source(settings), publishing.make_masker(settings)
    for one in explaining.explain(source, store=store, miners=wiring.make_miners(settings), masker=masker):
        if as_json:
            click.echo(json.dumps(one))
        else:
            tables.console().print(tables.explanation(one))


@click.command("clusters")
@options.state
@options.as_json
@click.option("--status", multiple=True, type=_STATUS, help="Only these; repeatable.")
@click.option(
    "--priority",
    multiple=True,
    type=_PRIORITY,
    help="Only these; repeatable.",
)
@click.option("--members", is_flag=True, help="Each cluster of an incident in a row of its own.")
@click.option("--raw", is_flag=True, help="With secrets, as they stand in the state.")
@click.option("--service", default="", metavar="NAME", help="Only services with this in their name.")
@click.option(
    "--search", default="", metavar="WORDS", help='Search as on the page: words, "phrases", route:/pay, -not.'
)
@click.option(
    "--limit", default=SHOWN, show_default=True, type=click.IntRange(1), help="Rows of the table; JSON has all of them."
)
def list_clusters(
    state: str | None, config: str | None, as_json: bool, limit: int, members: bool, raw: bool, **only: Any
) -> None:
    """List incidents and clusters: what goes on first, then the most urgent and most frequent.

    An incident is one row that stands for its clusters; it is listed if one of them fits the options.

    A narrow terminal shows fewer columns, still one line per cluster; a pipe gets all columns uncut.
    """
    from processor.app.publishing import make_redact
    from processor.views import cluster_json
    from processor.views.incidents import incidents_among
    from processor.views.overview import incident_ids
    from processor.views.redacted import redacted
    from processor.views.terminal.cluster_table import Filter, folded, ranked

    settings = options.reading(state, config)
    store, now = _open(settings), datetime.now(UTC)
    everything = store.clusters()
    store.close()
    found = ranked(everything, Filter(only["status"], only["priority"], only["service"], only["search"], me()))
    if as_json:
        incidents = incident_ids(everything, now)
        click.echo(json.dumps([cluster_json.cluster_json(one) | {"incident": incidents.get(one.id)} for one in found]))
    elif everything and not found:
        click.echo(f"none of {len(everything):,} clusters is like that")
    else:
        rows = found if members else folded(found, incidents_among(everything, now))
        shown = rows[:limit] if raw else [redacted(one, make_redact()) for one in rows[:limit]]
        print_clusters([*shown, *rows[limit:]], limit, options.hint("clusters", settings))


@click.command()
@click.argument("cluster_id", metavar="ID")
@options.state
@options.as_json
@click.option("--raw", is_flag=True, help="With secrets, as they stand in the state.")
def show(cluster_id: str, state: str | None, config: str | None, as_json: bool, raw: bool) -> None:
    """Show one cluster: its incident, template, sample, times, breakdown.

    ID may be that of an incident, of a merged cluster, or a prefix.
    """
    from processor.app.publishing import make_redact
    from processor.views import cluster_json
    from processor.views.incidents import incidents_among
    from processor.views.redacted import redacted
    from processor.views.terminal import tables
    from processor.views.terminal.incident_detail import incident_detail

    settings = options.reading(state, config)
    reader = _open(settings)
    cluster = _cluster(reader, cluster_id)
    if cluster is None:
        raise click.ClickException(
            f"there is no cluster {cluster_id}; `{options.hint('clusters', settings)}` lists them"
        )
    others = reader.clusters()
    now = datetime.now(UTC)
    incident = next((one for one in incidents_among(others, now) if cluster.id in one.incident.ids), None)
    if as_json:
        click.echo(json.dumps(cluster_json.cluster_json(cluster, others) | {"incident": incident and incident.id}))
        return
    out, redact = tables.console(), str if raw else make_redact()
    parts = [*incident_detail(incident, redact, now), *tables.cluster_detail(redacted(cluster, redact), others, now)]
    for number, part in enumerate(parts):
        if number:
            out.print()
        out.print(part)
    for sentence in problems(reader.delivery(), now):
        click.echo(plain(sentence), err=True)


@click.command("rejected")
@options.state
@options.as_json
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1), help="Maximum number, newest first.")
@click.option("--raw", is_flag=True, help="Only the messages as received, one per line, to fix and replay.")
@click.option("--replay", "again", is_flag=True, help="Retry all of them; those that now decode are counted.")
def list_rejected(state: str | None, config: str | None, as_json: bool, limit: int, raw: bool, again: bool) -> None:
    """List messages that could not be decoded, with their origin and the reason."""
    from processor.views import cluster_json
    from processor.views.terminal import tables

    settings = options.reading(state, config)
    if again:
        from processor.app import wiring

        totals = wiring.replay_rejected(settings)
        click.echo(json.dumps(cluster_json.totals_json(totals)) if as_json else totals.equation)
        return
    found = _open(settings).rejected(limit)
    if raw:
        for one in found:
            sys.stdout.buffer.write(one.raw.replace(b"\n", b" ") + b"\n")
    elif as_json:
        click.echo(json.dumps([cluster_json.rejected_json(one) for one in found]))
    elif found:
        tables.console().print(tables.rejected_table(found))
    else:
        click.echo("nothing was rejected")


@click.command("config")
@options.state
@options.as_json
def show_config(state: str | None, config: str | None, as_json: bool) -> None:
    """Print every effective setting, secrets hidden."""
    from processor.app.config import Settings, shown

    values = shown(options.settings_of(config, state=state))
    if as_json:
        click.echo(json.dumps(values))
        return
    for name, field in Settings.model_fields.items():
        click.echo(f"{name} = {json.dumps(values[name])}\n    {field.description}")


COMMANDS: Final = (list_clusters, show, list_rejected, explain, assign, show_config)


def rows_of(found: list[Cluster]) -> list[Cluster]:
    """Return the list as people read it: an incident's clusters as one row."""
    from processor.views.incidents import incidents_among
    from processor.views.terminal.cluster_table import folded

    return folded(found, incidents_among(found, datetime.now(UTC)))


def print_clusters(found: list[Cluster], limit: int, again: str) -> None:
    """Print the first `limit` rows, and the command `again` for the rest."""
    from processor.views.terminal import tables
    from processor.views.terminal.cluster_table import cluster_table

    if not found:
        click.echo("no clusters yet")
        return
    out = tables.console()
    out.print(cluster_table(found[:limit], tables.width()))
    if len(found) > limit:
        click.echo(f"... and {len(found) - limit:,} more: {again} --limit {len(found)}")


def check_read(file: str, entries: int, rejected: int) -> None:
    """Fail if a source is not empty and holds no entry at all."""
    if rejected and not entries:
        raise SourceError(
            f"nothing of {'standard input' if file == '-' else file} could be read as log entries"
            f" ({rejected:,} rejected): `gcloud logging read FILTER --format=json` exports them as they are read;"
            " --text counts the lines of plain text"
        )


def _open(settings: Any) -> Store:
    from processor.app import wiring

    return wiring.open_store(settings, must_exist=True)


def _cluster(store: Store, cluster_id: str) -> Cluster | None:
    """Return the cluster of this id, or the only cluster whose id begins with it."""
    if (found := store.cluster(cluster_id)) is not None or len(cluster_id) < _SHORTEST_ID:
        return found
    near = [one for one in store.clusters() if one.id.startswith(cluster_id.lower())]
    return near[0] if len(near) == 1 else None
