"""Commands that decide about a cluster, and what-if, which decides nothing.

A decision is stored with its audit trail; a worker brings the issue in line at its next turn.
"""

from __future__ import annotations

import getpass
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import click

from processor.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Callable

    from processor.model import Cluster, Handling
    from processor.ports import Store
    from processor.steering import Command
    from processor.what_if import Difference, Outlook

_TRIES: Final = 10


def _shared(command: Callable[..., None]) -> Callable[..., None]:
    for option in (
        click.option("--note", metavar="TEXT", default="", help="Why; kept in the audit trail."),
        click.option("--state", metavar="STATE", help="sqlite:PATH or firestore:PROJECT[/DATABASE]."),
        click.option("--config", metavar="FILE", help="Configuration file instead of gardener.toml."),
    ):
        command = option(command)
    return click.argument("cluster_id", metavar="ID")(command)


@click.command()
@_shared
@click.option("--for", "duration", metavar="TIME", help="90m, 2h or 7d; without it, until somebody reopens it.")
@click.option("--until-times", metavar="N", type=click.IntRange(2, 1_000_000), help="Until it has grown N times.")
def mute(cluster_id: str, duration: str | None, until_times: int | None, **options: str | None) -> None:
    """Hear nothing more of a cluster, for a time or until it has grown."""
    from processor.policy_rules import duration as read
    from processor.steering import Command

    try:
        hours = read(duration) / timedelta(hours=1) if duration else 0
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint="--for") from None
    _decide(cluster_id, Command("mute", hours=hours, times=until_times or 0), options)


@click.command()
@_shared
def resolve(cluster_id: str, **options: str | None) -> None:
    """Settle a cluster: its issue is closed, and reopened when it is seen again."""
    _decide_plainly(cluster_id, "resolve", options)


@click.command()
@_shared
def reopen(cluster_id: str, **options: str | None) -> None:
    """Take back a mute or a resolve."""
    _decide_plainly(cluster_id, "reopen", options)


@click.command()
@_shared
def acknowledge(cluster_id: str, **options: str | None) -> None:
    """Say that somebody is at it."""
    _decide_plainly(cluster_id, "acknowledge", options)


@click.command()
@_shared
@click.argument("level", metavar="P0|P1|P2|P3|auto", type=click.Choice(["P0", "P1", "P2", "P3", "auto"]))
def priority(cluster_id: str, level: str, **options: str | None) -> None:
    """Set a cluster's priority; auto gives it back to the policy."""
    from processor.model import Priority
    from processor.steering import Command

    wanted = None if level == "auto" else Priority(level)
    _decide(cluster_id, Command("priority", priority=wanted), options)


@click.command()
@_shared
@click.argument("into", metavar="INTO")
def merge(cluster_id: str, into: str, **options: str | None) -> None:
    """Say that cluster ID is the same problem as cluster INTO, which continues both, for good."""
    from processor.model import AuditRecord

    store = _store(options)
    loser, winner = _cluster(store, cluster_id), _cluster(store, into)
    if loser.stream != winner.stream:
        raise click.ClickException(f"{loser.id} and {winner.id} are of different services or kinds; they stay two")
    if loser.id != winner.id:
        detail = f"into {winner.id}" + (f": {options['note']}" if options["note"] else "")
        store.merge(loser.id, winner.id, AuditRecord(datetime.now(UTC), _me(), "merge", loser.id, detail))
    store.close()
    click.echo(f"{loser.id} is part of {winner.id}")


@click.command("split")
@_shared
def split_command(cluster_id: str, **options: str | None) -> None:
    """Make everything that was merged into a cluster clusters of their own again, for good."""
    from processor.model import AuditRecord
    from processor.splitting import split

    store, now = _store(options), datetime.now(UTC)
    cluster = _cluster(store, cluster_id)
    if not cluster.aliases:
        raise click.ClickException(f"nothing was ever merged into {cluster.id}")
    detail = f"{', '.join(cluster.aliases)}" + (f": {options['note']}" if options["note"] else "")
    apart = split(store, cluster.id, audit=AuditRecord(now, _me(), "split", cluster.id, detail))
    store.close()
    click.echo(f"{', '.join(apart)} left {cluster.id}")


@click.command("what-if")
@click.argument("file", metavar="FILE")
@click.option("--config", "changed", metavar="NEW", required=True, help="The configuration to try.")
@click.option("--against", metavar="OLD", help="The configuration to compare with instead of gardener.toml.")
@click.option("--json", "as_json", is_flag=True, help="JSON for scripts instead of text.")
def what_if(file: str, changed: str, against: str | None, as_json: bool) -> None:
    """Show what a changed policy or mask would have opened, silenced, merged or split for FILE. Writes nothing.

    FILE is read once with each configuration into a state in memory.
    """
    from processor import wiring
    from processor.config import load
    from processor.what_if import compare

    source = {"source": f"file:{file}", "state": "sqlite::memory:", "issues": "none", "worklog": "none"}
    before = wiring.make_outlook(load(source, against))
    after = wiring.make_outlook(load(source, changed))
    found = compare(before, after)
    if as_json:
        click.echo(json.dumps(_difference_json(found, before, after)))
        return
    click.echo(f"issues: {len(before.opened)} now, {len(after.opened)} with {changed}")
    for line in _lines(found, before, after):
        click.echo(line)


COMMANDS: Final = (mute, resolve, reopen, acknowledge, priority, merge, split_command, what_if)


def _decide_plainly(cluster_id: str, verb: str, options: dict[str, str | None]) -> None:
    from processor.steering import Command

    _decide(cluster_id, Command(verb), options)


def _decide(cluster_id: str, command: Command, options: dict[str, str | None]) -> None:
    """Apply a command to the newest state; somebody else's decision in between is not lost."""
    from dataclasses import replace

    from processor.model import AuditRecord
    from processor.steering import obey

    store, now, note = _store(options), datetime.now(UTC), options["note"] or ""
    for attempt in range(_TRIES):
        cluster = _cluster(store, cluster_id)
        handling = replace(obey(cluster.handling, command, cluster, by=_me(), now=now), note=note)
        if command.verb == "priority" and command.priority is None:
            handling = replace(handling, priority_by="policy")
        said = (_until(handling) if command.verb == "mute" else "", note)
        audit = AuditRecord(now, _me(), command.verb, cluster.id, ": ".join(filter(None, said)))
        try:
            handling = store.put_handling(cluster.id, handling, [audit])
            break
        except Conflict:
            if attempt == _TRIES - 1:
                raise
    store.close()
    status = f"{handling.status} {_until(handling)}".strip()
    click.echo(f"{cluster.id} is {status}, priority {handling.priority or 'as the policy says'}")


def _until(handling: Handling) -> str:
    bounds = (
        f"until {handling.mute_until:%Y-%m-%d %H:%M} UTC" if handling.mute_until else "",
        f"until {handling.mute_until_count:,} entries" if handling.mute_until_count else "",
    )
    return " ".join(filter(None, bounds))


def _store(options: dict[str, str | None]) -> Store:
    from processor import wiring
    from processor.config import load

    return wiring.open_store(load({"state": options["state"]}, options["config"]), must_exist=True)


def _cluster(store: Store, cluster_id: str) -> Cluster:
    cluster = store.cluster(cluster_id)
    if cluster is None:
        raise click.ClickException(f"there is no cluster {cluster_id}; `gardener clusters` lists them")
    return cluster


def _me() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "cli"  # a container without an entry for its user


def _lines(found: Difference, before: Outlook, after: Outlook) -> list[str]:
    from processor.tables import plain

    def name(cluster_id: str, outlook: Outlook) -> str:
        return f"{cluster_id} {plain(outlook.clusters[cluster_id].template)[:100]}"

    if found.is_empty:
        return ["nothing would change"]
    return [
        *(f"opened    {after.priorities[one]} {name(one, after)}" for one in found.opened),
        *(f"silenced  {before.priorities[one]} {name(one, before)}" for one in found.silenced),
        *(f"priority  {old} -> {new} {name(one, after)}" for one, old, new in found.repriced),
        *(f"merged    {', '.join(olds)} -> {name(new, after)}" for olds, new in found.merged),
        *(f"split     {name(old, before)} -> {', '.join(news)}" for old, news in found.split),
    ]


def _difference_json(found: Difference, before: Outlook, after: Outlook) -> dict[str, Any]:
    return {
        "issues": {"before": len(before.opened), "after": len(after.opened)},
        "opened": [{"id": one, "priority": after.priorities[one]} for one in found.opened],
        "silenced": [{"id": one, "priority": before.priorities[one]} for one in found.silenced],
        "repriced": [{"id": one, "before": old, "after": new} for one, old, new in found.repriced],
        "merged": [{"before": list(olds), "after": new} for olds, new in found.merged],
        "split": [{"before": old, "after": list(news)} for old, news in found.split],
    }
