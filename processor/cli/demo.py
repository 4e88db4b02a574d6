"""`gardener demo`: five bad minutes of an invented shop, live on the page."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from processor.cli import options
from processor.cli.readers import SHOWN, print_clusters, rows_of
from processor.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from processor.app.config import Settings

_MARK: Final = "made-by-gardener-demo"
_PORT: Final = 8080
_HOST: Final = "127.0.0.1"


@click.command()
@click.option(
    "--folder", default="demo", show_default=True, metavar="PATH", help="For state and issues; emptied first."
)
@click.option("--state", metavar="STATE", help="sqlite:PATH or PATH, a new file; issues go beside it, in PATH-issues.")
@click.option(
    "--speed", default=1.0, show_default=True, type=click.FloatRange(1, 120), help="Playback speed, a factor."
)
@click.option(
    "--port", type=click.IntRange(0, 65535), metavar="N", help="The page's port (default 8080, or a free one)."
)
@click.option(
    "--page/--no-page",
    default=True,
    help="Serve the page during the demo; in a terminal also afterwards, until Ctrl-C.",
)
def demo(folder: str, state: str | None, speed: float, port: int | None, page: bool) -> None:
    """Play an invented shop: traffic, a bad deploy, an outage, a fix, and a regression. Five minutes.

    An incident opens and its clusters are combined, noise is muted, the incident is resolved and returns as a
    regression. Everything is stored in the folder: the state, and the issues as Markdown files. Nothing leaves this
    machine.
    """
    from processor.app.demo.play import Demo

    playing = Demo(*(_beside(state) if state else _emptied(Path(folder))), speed=speed, tell=_tell)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: playing.stop())
    with _page(playing.settings, port) if page else _nothing():
        totals = playing.play()
        _end(playing.settings, totals.counted)
        if page and sys.stdout.isatty():
            click.echo("the page stays open; Ctrl-C ends it")
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            try:
                signal.pause()
            except KeyboardInterrupt:
                click.echo()


def _tell(at_s: int, says: str) -> None:
    click.echo(f"{at_s // 60}:{at_s % 60:02}  {says}")


def _end(settings: Settings, counted: int) -> None:
    from processor.app import wiring
    from processor.views.terminal.cluster_table import ranked

    store = wiring.open_store(settings, must_exist=True)
    found = ranked(store.clusters())
    store.close()
    click.echo()
    print_clusters(rows_of(found), SHOWN, options.hint("clusters", settings))
    click.echo(f"\n{counted:,} entries, {len(found)} clusters; issues in {settings.address('issues').where}/")
    for command, why in (("worklog", "what happened"), ("top", "the live table"), ("serve", "the page again")):
        click.echo(f"{options.hint(command, settings)}  # {why}")


def _beside(state: str) -> tuple[Path, Path]:
    """Return state and issues beside each other. Raises `ConfigError` for those that exist, and for no file."""
    from processor.app.addresses import parse

    scheme, where = parse("state", state if ":" in state else f"sqlite:{state}")
    path = Path(where)
    issues = path.with_name(f"{path.stem}-issues")
    if scheme != "sqlite" or where == ":memory:":
        raise ConfigError(f"the demo keeps its state in a file: --state sqlite:PATH, not {state}")
    if there := next((one for one in (path, issues) if one.exists()), None):
        raise ConfigError(f"{there} is there already; the demo begins with nothing: name a new file in --state")
    if not path.parent.is_dir():
        raise ConfigError(f"there is no folder {path.parent} for the demo's state; make it, or name another --state")
    return path, issues


def _emptied(folder: Path) -> tuple[Path, Path]:
    """Return state and issues in the folder, created or emptied.

    Raises `ConfigError` for a folder that was not made by the demo.
    """
    from processor.app.demo.play import ISSUES, STATE_FILE

    mark = folder / _MARK
    if folder.exists() and not mark.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} is there and not of a demo; name a folder that may be emptied, --folder PATH")
    if mark.exists():
        for end in ("", "-wal", "-shm"):
            (folder / f"{STATE_FILE}{end}").unlink(missing_ok=True)
        shutil.rmtree(folder / ISSUES, ignore_errors=True)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        mark.touch()
    except OSError as error:
        raise ConfigError(f"the demo's folder {folder} cannot be made: {error.strerror}; --folder PATH") from None
    return folder / STATE_FILE, folder / ISSUES


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _page(settings: Settings, port: int | None) -> Iterator[None]:
    """Run the on-call page in a separate process and print its address."""
    wanted = _free_port() if port is None else port
    command = [sys.executable, "-m", "processor", "serve", "--state", settings.state, "--port", str(wanted)]
    # Ctrl-C is for this process, which ends the page itself.
    serving = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)  # noqa: S603
    try:
        click.echo(_address(serving))
        yield
    finally:
        serving.terminate()
        serving.wait(10)
        if serving.stderr is not None:
            serving.stderr.close()


def _address(serving: subprocess.Popen[str]) -> str:
    said = serving.stderr.readline().strip() if serving.stderr is not None else ""
    if not said.startswith("on-call page: "):
        raise ConfigError(
            f"the page cannot be served: {said or 'no answer'}; --no-page plays without it, --port N elsewhere"
        )
    return said.split("  (")[0]


def _free_port() -> int:
    """Return the page's usual port, or any free port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((_HOST, _PORT))
        except OSError:
            return 0
    return _PORT
