"""Shared parts of the commands: options, effective settings, the state in use, and hints for copying."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from processor.app.addresses import forms
from processor.model.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Callable

    from processor.app.config import Settings
    from processor.model.ports import Store

    Command = Callable[..., None]

STATE_HELP: Final = f"{forms('state')}."
ISSUES_HELP: Final = f"{forms('issues')}."
SOURCE_HELP: Final = f"{forms('source')}."
WORKLOG_HELP: Final = f"{forms('worklog')}; worklog.md in the folder is kept up to date."
_DEFAULT_FILE: Final = "garden.db"
_DEFAULT_STATE: Final = f"sqlite:{_DEFAULT_FILE}"


def state(command: Command) -> Command:
    """Add --state and --config."""
    command = click.option("--state", metavar="STATE", help=STATE_HELP)(command)
    return click.option("--config", metavar="FILE", help="Configuration file instead of gardener.toml.")(command)


def as_json(command: Command) -> Command:
    """Add --json."""
    return click.option("--json", "as_json", is_flag=True, help="JSON for scripts instead of text.")(command)


def text(command: Command) -> Command:
    """Add --text."""
    return click.option("--text", is_flag=True, help="FILE is plain text: each line is an entry.")(command)


def source_of(file: str, *, text: bool) -> str:
    """Return the setting `source` for FILE or -."""
    return ("-" if file == "-" else f"file:{file}") + ("?text" if text else "")


def settings_of(config: str | None, **flags: object) -> Settings:
    """Return the effective settings. Raises `ConfigError`."""
    from processor.app.config import load

    return load(flags, config)


def reading(state: str | None, config: str | None) -> Settings:
    """Return the settings of a command that needs an existing state.

    Without a named state and without ./garden.db, the only state in this folder or below is used, and reported. Raises
    `ConfigError`, and `StateError` if there are several.
    """
    found = settings_of(config, state=state)
    named = state is not None or "GARDENER_STATE" in os.environ or found.state != _DEFAULT_STATE
    if named or Path(_DEFAULT_FILE).exists():
        return found
    states = _states_here()
    if not states:
        raise StateError(
            f"there is no state here: `{program()} replay FILE` makes one in ./garden.db, --state names another"
        )
    if len(states) > 1:
        names = ", ".join(f"--state sqlite:{path}" for path in states[:4])
        raise StateError(f"there is no ./garden.db, but more than one other state here: say which, {names}")
    where = f"sqlite:{states[0]}"
    click.echo(f"state: {where} (no other is here; --state names one)", err=True)
    return settings_of(config, state=where)


def open_reader(state: str | None, config: str | None) -> Store:
    """Open the state that `reading` finds. Raises `StateError`, `ConfigError`."""
    from processor.app import wiring

    return wiring.open_store(reading(state, config), must_exist=True)


def program() -> str:
    """Return the program's name as it was called, for hints."""
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return f"{shlex.quote(sys.executable)} -m processor"
    found = shutil.which("gardener")
    if called.name != "gardener" or (found and called.exists() and Path(found).samefile(called)):
        return "gardener"
    return shlex.quote(sys.argv[0])


def hint(command: str, settings: Settings) -> str:
    """Return a command on this state, for copying."""
    named = "" if settings.state == _DEFAULT_STATE else f" --state {shlex.quote(settings.state)}"
    return f"{program()} {command}{named}"


def _states_here() -> list[Path]:
    from processor.app.wiring import is_state

    return [path for pattern in ("*.db", "*/*.db") for path in sorted(Path().glob(pattern)) if is_state(path)]
