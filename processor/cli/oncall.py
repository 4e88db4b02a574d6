"""The commands that people on call look at: `gardener serve` (the web page) and `gardener top` (the terminal)."""

from __future__ import annotations

import getpass
import os
import socket
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import click

from processor.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

    from processor.model.ports import Store
    from processor.views.web.settings import WebSettings


def _state(command: Callable[..., None]) -> Callable[..., None]:
    command = click.option("--state", metavar="STATE", help="sqlite:PATH or firestore:PROJECT[/DATABASE].")(command)
    return click.option("--config", metavar="FILE", help="Configuration file instead of gardener.toml.")(command)


@click.command()
@_state
@click.option("--host", metavar="ADDRESS", help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=int, metavar="N", help="Port to listen on (default 8080); 0 takes a free one.")
@click.option("--iap-audience", metavar="AUDIENCE", help="Believe Identity-Aware Proxy's header for this audience.")
@click.option("--on-call", metavar="WHO", help="Who may act behind the proxy: mo@example.org,*@sre.example.org.")
@click.option("--every", type=float, metavar="SECONDS", help="Look for changes this often (default 1).")
def serve(state: str | None, config: str | None, **flags: Any) -> None:
    """Serve the on-call page until SIGTERM or Ctrl-C.

    Without a token (GARDENER_WEB_TOKEN, GARDENER_WEB_READ_TOKEN) and without Identity-Aware Proxy it listens to
    this machine only, and whoever sits at it may act.
    """
    from processor.views.web.settings import load_web

    settings = load_web(flags)
    open_store = _opener(state, config)
    # A wrong state is said at once; a state that goes away later is waited for.
    open_store().close()
    _serve(settings, open_store)


@click.command()
@_state
def top(state: str | None, config: str | None) -> None:
    """Show the clusters live in the terminal: sort, filter, open, acknowledge, mute; q ends it."""
    from processor.views.terminal import loop as live

    open_store = _opener(state, config)
    open_store().close()
    live.run(open_store, _now, _local_name())


def _opener(state: str | None, config: str | None) -> Callable[[], Store]:
    from processor.app import wiring
    from processor.app.config import load

    settings = load({"state": state}, config)
    return lambda: wiring.open_store(settings, must_exist=True)


def _serve(settings: WebSettings, open_store: Callable[[], Store]) -> None:
    import asyncio

    import uvicorn

    from processor.views.snapshot import StateReader
    from processor.views.web.app import make_app
    from processor.views.web.auth import Access
    from processor.views.web.iap_keys import ProxyKeys, fetch_keys
    from processor.views.web.poller import Poller

    class Server(uvicorn.Server):
        """Ends the streams of events first: uvicorn waits for every answer to end, and they never do."""

        poller: Poller | None = None
        loop: asyncio.AbstractEventLoop | None = None

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            if self.poller and self.loop:
                self.poller.end(self.loop)
            super().handle_exit(sig, frame)

        async def on_tick(self, counter: int) -> bool:
            return await super().on_tick(counter) or bool(self.poller and self.poller.broken)

    def make_poller() -> Poller:
        server.loop = asyncio.get_running_loop()
        server.poller = Poller(StateReader(open_store, _now), _now, every_s=settings.every)
        return server.poller

    keys = ProxyKeys(lambda: fetch_keys(settings.iap_keys), time.monotonic)
    app = make_app(make_poller, Access(settings, key_for=keys, local_name=_local_name()))
    listening = _listen(settings)
    host, port = listening.getsockname()[:2]
    server = Server(uvicorn.Config(app, log_level="warning", server_header=False, timeout_graceful_shutdown=3))
    click.echo(f"on-call page: http://{f'[{host}]' if ':' in host else host}:{port}/  (Ctrl-C ends it)", err=True)
    server.run(sockets=[listening])
    if server.poller and server.poller.broken:
        raise server.poller.broken


def _listen(settings: WebSettings) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        listening = socket.create_server((settings.host, settings.port), family=family, backlog=512)
    except OSError as error:
        raise ConfigError(
            f"port {settings.port} of {settings.host} cannot be used: {error.strerror}; choose another with --port"
        ) from error
    return listening


def _local_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a user database
        return f"uid {os.getuid()}"


def _now() -> datetime:
    return datetime.now(UTC)
