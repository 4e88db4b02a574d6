"""Commands that decide about a cluster, and what-if, which decides nothing.

A decision is stored with its audit trail; a worker updates the issue in its next run.
"""

from __future__ import annotations

import getpass
import json
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from processor.cli import options as shared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from processor.model import Cluster
    from processor.model.ports import Store
    from processor.triage.what_if import Difference, Outlook


def _shared(command: Callable[..., None]) -> Callable[..., None]:
    command = shared.state(
        click.option("--note", metavar="TEXT", default="", help="Reason; kept in the audit trail.")(command)
    )
    return click.argument("cluster_id", metavar="ID")(command)


def _reaching(command: Callable[..., None]) -> Callable[..., None]:
    """The options of `_shared`, and --incident."""
    return _shared(click.option("--incident", is_flag=True, help="All clusters of ID's incident.")(command))


@click.command()
@_reaching
@click.option("--for", "duration", metavar="TIME", default="", help="90m, 2h or 7d; by default until reopened.")
@click.option("--until-times", metavar="N", type=click.IntRange(2, 99_999), help="Until its count has grown N times.")
def mute(cluster_id: str, duration: str, until_times: int | None, **options: Any) -> None:
    """Silence a cluster for a while, or until its count has grown."""
    if duration and until_times:
        raise click.UsageError("give --for or --until-times, not both: a mute has one end")
    _decide(cluster_id, "mute", options, until=f"{until_times}x" if until_times else duration)


@click.command()
@_reaching
@click.option("--next-revision", is_flag=True, help="The fix is in the next deploy; the last revision may still fail.")
def resolve(cluster_id: str, next_revision: bool, **options: Any) -> None:
    """Resolve a cluster: its issue is closed, and reopened when the problem returns."""
    _decide(cluster_id, "resolve", options, next_revision=next_revision)


@click.command()
@_reaching
def reopen(cluster_id: str, **options: Any) -> None:
    """Open a cluster that is muted, resolved or acknowledged; `gardener undo` restores what was before."""
    _decide(cluster_id, "reopen", options)


@click.command("undo")
@_reaching
def undo_command(cluster_id: str, **options: Any) -> None:
    """Take the last decision about a cluster back: an earlier mute, priority or assignee holds again.

    Once, and only until something else has changed the decision. `gardener merge` and `split` print what undoes them.
    """
    from processor.triage.undo import last_decision, take_back

    with _opened(options) as store:
        done = 0
        for one in (_members(store, cluster_id, "reopen") if options["incident"] else None) or [cluster_id]:
            cluster = store.cluster(one)
            undo = last_decision(cluster) if cluster else None
            if undo is not None:
                click.echo(_state_of(take_back(store, undo, now=datetime.now(UTC), who=me())))
                done += 1
    if not done:
        raise click.ClickException(f"{cluster_id} has no decision to take back; `gardener show` says what holds")


@click.command()
@_reaching
def acknowledge(cluster_id: str, **options: Any) -> None:
    """Mark a cluster as being worked on, by you."""
    _decide(cluster_id, "acknowledge", options)


@click.command()
@_reaching
@click.argument("name", metavar="NAME|me|nobody")
def assignee(cluster_id: str, name: str, **options: Any) -> None:
    """Name who is on it; a mute keeps it, a resolve or reopen ends it."""
    _decide(cluster_id, "assign", options, assignee=name)


@click.command()
@_reaching
@click.argument("level", metavar="P0|P1|P2|P3|auto", type=click.Choice(["P0", "P1", "P2", "P3", "auto"]))
def priority(cluster_id: str, level: str, **options: Any) -> None:
    """Set a cluster's priority; auto returns it to the policy."""
    _decide(cluster_id, "priority", options, priority="" if level == "auto" else level)


@click.command()
@_shared
@click.argument("into", metavar="INTO")
def merge(cluster_id: str, into: str, **options: str) -> None:
    """Merge cluster ID into cluster INTO until it is split again: they are the same problem."""
    with _opened(options) as store:
        before = store.cluster(cluster_id)
        winner = _carry_out(store, cluster_id, "merge", options, into=into)
    click.echo(f"{cluster_id} is part of {winner.id}")
    _say_undo(options, "merge", before, winner, into=into)


@click.command("split")
@_shared
@click.option("--apart", metavar="MEMBER", default="", help="Only this cluster that was merged into ID.")
def split_command(cluster_id: str, apart: str, **options: str) -> None:
    """Unmerge a cluster: everything merged into it, or one MEMBER, becomes a separate cluster again.

    A cluster that waits as a variant below another one's issue gets an issue of its own.
    """
    with _opened(options) as store:
        before = store.cluster(cluster_id)
        after = _carry_out(store, cluster_id, "split", options, apart=apart)
    if before is not None and not before.aliases:
        click.echo(f"{cluster_id} does not wait below another issue any more")
        settings = shared.reading(options["state"], options["config"])
        click.echo(f"to undo: {shared.hint(f'undo {cluster_id}', settings)}", err=True)
    else:
        click.echo(f"{apart or f'everything merged into {cluster_id}'} is a cluster of its own again")
    _say_undo(options, "split", before, after, apart=apart)


@click.command("what-if")
@click.argument("file", metavar="FILE")
@click.option("--config", "changed", metavar="NEW", required=True, help="The configuration to try.")
@click.option("--against", metavar="OLD", help="The configuration to compare with instead of gardener.toml.")
@shared.as_json
def what_if(file: str, changed: str, against: str | None, as_json: bool) -> None:
    """Show which issues a changed policy or mask would have opened, silenced, merged or split for FILE. Writes nothing.

    FILE is read once with each configuration into a state in memory.
    """
    from processor.app.config import load
    from processor.app.what_if import make_outlook
    from processor.triage.what_if import compare

    source = {"source": f"file:{file}", "state": "sqlite::memory:", "issues": "none", "worklog": "none"}
    before = make_outlook(load(source, against))
    after = make_outlook(load(source, changed))
    found = compare(before, after)
    if as_json:
        click.echo(json.dumps(_difference_json(found, before, after)))
        return
    click.echo(f"issues: {len(before.opened)} now, {len(after.opened)} with {changed}")
    for line in _lines(found, before, after):
        click.echo(line)


COMMANDS: Final = (mute, resolve, reopen, undo_command, acknowledge, assignee, priority, merge, split_command, what_if)


def _state_of(cluster: Cluster) -> str:
    from processor.triage.transitions import mute_end

    triage = cluster.triage
    status = f"{triage.status} {mute_end(triage)}".strip()
    on_it = f", {triage.assigned_to} is on it" if triage.assigned_to else ""
    return f"{cluster.id} is {status}, priority {triage.priority or 'as the policy says'}{on_it}"


def _decide(cluster_id: str, action: str, options: dict[str, Any], **wished: Any) -> None:
    with _opened(options) as store:
        members = _members(store, cluster_id, action)
        if options["incident"] and not members:
            raise click.ClickException(
                f"{cluster_id} is part of no incident; without --incident it is done to it alone"
            )
        for one in members if options["incident"] else [cluster_id]:
            click.echo(_state_of(_carry_out(store, one, action, options, **wished)))
    if members and not options["incident"]:
        click.echo(f"it is part of an incident of {len(members)} clusters; --incident reaches them all", err=True)


@contextmanager
def _opened(options: dict[str, Any]) -> Iterator[Store]:
    from processor.app import wiring

    store = wiring.open_store(shared.reading(options["state"], options["config"]), must_exist=True)
    try:
        yield store
    finally:
        store.close()


def _members(store: Store, cluster_id: str, action: str) -> list[str]:
    """Return the clusters of its incident that the action is about, as on the page; none where there is no incident."""
    from processor.views.incidents import incidents_among

    for incident in incidents_among(store.clusters(), datetime.now(UTC)):
        known = {name for row in incident.rows for name in (row.cluster.id, *row.cluster.aliases)}
        if cluster_id in known:
            return [row.cluster.id for row in incident.reached(action)]
    return []


def _carry_out(store: Store, cluster_id: str, action: str, options: dict[str, Any], **wished: Any) -> Cluster:
    """Apply an action as the page does: to the newest state, refused with a sentence if it does not apply."""
    from processor.triage.operate import NotThere, Wish, carry_out

    try:
        wish = Wish(cluster_id, action, note=options["note"], **wished)
        return carry_out(store, wish, now=datetime.now(UTC), who=me())
    except NotThere as error:
        raise click.ClickException(f"{error} `gardener clusters` lists them.") from None


def _say_undo(options: dict[str, Any], action: str, before: Cluster | None, after: Cluster, **wished: Any) -> None:
    """Print the commands that take a merge or a split back."""
    from processor.triage.operate import Wish
    from processor.triage.undo import undo_of

    if before is None:
        return
    settings = shared.reading(options["state"], options["config"])
    for undo in undo_of(Wish(before.id, action, **wished), before, after):
        if (wish := undo.wish) is not None:
            apart, into = (f" --apart {wish.apart}" if wish.apart else ""), (f" {wish.into}" if wish.into else "")
            click.echo(f"to undo: {shared.hint(f'{wish.action} {wish.cluster_id}{apart}{into}', settings)}", err=True)


def me() -> str:
    """Return who is acting, as the audit trail names them."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "cli"  # a container without an entry for its user


def _lines(found: Difference, before: Outlook, after: Outlook) -> list[str]:
    from processor.text.terminal import plain

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
