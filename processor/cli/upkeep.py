"""Commands that keep the state itself in order: `gardener migrate`."""

from __future__ import annotations

import json

import click


@click.command()
@click.option("--config", metavar="FILE", help="Configuration file instead of gardener.toml.")
@click.option("--state", metavar="STATE", help="sqlite:PATH or firestore:PROJECT[/DATABASE].")
@click.option("--dry-run", is_flag=True, help="Say what would change; change nothing.")
@click.option("--json", "as_json", is_flag=True, help="JSON for scripts instead of a sentence.")
def migrate(config: str | None, state: str | None, *, dry_run: bool, as_json: bool) -> None:
    """Bring a state up to this program: issues, decisions, counts and ids follow.

    Every worker does the same at its start; this is for doing it beforehand, or for looking first. It may be
    interrupted at any time and called again. Programs of older versions are refused afterwards.
    """
    from processor.app import wiring
    from processor.app.config import load

    settings = load({"state": state}, config)
    store = wiring.open_store(settings, must_exist=True)
    try:
        moves = wiring.make_upgrade(settings, store).run_until_done(dry_run=dry_run)
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
