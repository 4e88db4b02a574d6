"""Maintenance commands: `gardener migrate`, `gardener forget`."""

from __future__ import annotations

import getpass
import json

import click

from processor.cli import options

_MIN_TEXT = 3


@click.command()
@options.state
@click.option("--dry-run", is_flag=True, help="Print the changes without making them.")
@options.as_json
def migrate(config: str | None, state: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Upgrade a state to this program: issues, decisions, counts and ids follow.

    Every worker does the same at its start; use this to do it beforehand, or to preview it. It may be interrupted at
    any time and repeated. Programs of older versions are refused afterwards.
    """
    from processor.app import wiring
    from processor.app.config import load
    from processor.app.upkeep import make_upgrade

    settings = load({"state": state}, config)
    store = wiring.open_store(settings, must_exist=True)
    try:
        moves = make_upgrade(settings, store).run_until_done(dry_run=dry_run)
    finally:
        store.close()
    moved = [move for move in moves if move.target != move.id]
    if as_json:
        found = {
            "dry_run": dry_run,
            "looked_at": len(moves),
            "moved": [{"from": one.id, "to": one.target, "stream": one.stream._asdict()} for one in moved],
        }
        click.echo(json.dumps(found))
        return
    for one in moved:
        click.echo(f"{one.id} -> {one.target}")
    if not moves:
        click.echo(f"{settings.state} is up to date")
    elif dry_run:
        click.echo(f"{len(moves)} clusters would be grouped again, {len(moved)} would get another id; nothing changed")
    else:
        click.echo(f"{len(moves)} clusters grouped again, {len(moved)} of them have another id; the old ones resolve")


@click.command()
@click.option("--text", default="", metavar="TEXT", help="Everything with this text, in any case: a name, an address.")
@click.option("--cluster", "clusters", multiple=True, metavar="ID", help="This cluster as a whole; repeatable.")
@click.option("--entry", "entries", multiple=True, metavar="INSERT_ID", help="Samples of this entry; repeatable.")
@options.state
@click.option("--issues", metavar="ISSUES", help="folder:PATH whose files are cleaned as well.")
@click.option("--dry-run", is_flag=True, help="Print the amounts without deleting anything.")
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def forget(
    text: str,
    clusters: tuple[str, ...],
    entries: tuple[str, ...],
    config: str | None,
    state: str | None,
    issues: str | None,
    *,
    dry_run: bool,
    yes: bool,
) -> None:
    """Permanently delete data about somebody from the state: clusters, samples, values, quarantined messages, notes.

    A cluster whose template contains the text is deleted as a whole, with its counts and decisions. The audit trail
    keeps the requester and the amount, never the content. For data outside the state, see docs/privacy.md.
    """
    from processor.app.config import load
    from processor.app.upkeep import forget as carry_out
    from processor.model.forget import Forget

    if len(text.strip()) < _MIN_TEXT and not (clusters or entries):
        raise click.UsageError("say what: --text with at least 3 characters, --cluster ID or --entry INSERT_ID")
    if text and len(text.strip()) < _MIN_TEXT:
        raise click.UsageError("--text with less than 3 characters is in everything")
    settings = load({"state": state, "issues": issues}, config)
    what = Forget(text, frozenset(clusters), frozenset(entries))
    found = carry_out(settings, what, _user(), dry_run=True)
    click.echo(f"{found.stored.summary}, {found.files} files in {settings.state} and {settings.issues}")
    if dry_run:
        return
    if not yes:
        click.confirm("Delete for good?", abort=True, err=True)
    found = carry_out(settings, what, _user(), dry_run=False)
    click.echo(f"forgotten: {found.stored.summary}, {found.files} files")
    for ref in found.issues:
        click.echo(f"still there, delete it by hand: {ref.url}")


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "command line"
