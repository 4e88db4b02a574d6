"""The on-call commands: `gardener serve` (the web page) and `gardener top` (the terminal)."""

from __future__ import annotations

import getpass
import logging
import os
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import click

from processor.cli import options

if TYPE_CHECKING:
    from collections.abc import Callable

    from processor.app.config import Settings
    from processor.model.ports import Store
    from processor.triage.policy import Policy
    from processor.views.web.settings import WebSettings

_log: Final = logging.getLogger("gardener.web")


@click.command()
@options.state
@click.option("--host", metavar="ADDRESS", help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=int, metavar="N", help="Port to listen on (default 8080); 0 takes a free one.")
@click.option("--iap-audience", metavar="AUDIENCE", help="Trust Identity-Aware Proxy's header for this audience.")
@click.option("--on-call", metavar="WHO", help="People who may act behind the proxy: mo@example.org,*@sre.example.org.")
@click.option("--every", type=float, metavar="SECONDS", help="Interval of checks for changes (default 1).")
def serve(state: str | None, config: str | None, **flags: Any) -> None:
    """Serve the on-call page until SIGTERM or Ctrl-C.

    Without a token (GARDENER_WEB_TOKEN, GARDENER_WEB_READ_TOKEN) and without Identity-Aware Proxy it listens to this
    machine only, and everybody on it may act.
    """
    from processor.app import logs, wiring
    from processor.views.web.settings import load_web

    settings = load_web(flags)
    given = options.reading(state, config)
    open_store = _opener(given)
    logs.configure(given.log_format)
    # A wrong state is reported at once; the page waits for a state that becomes unavailable later.
    open_store().close()
    _serve(settings, open_store, wiring.make_policy(given))


@click.command()
@options.state
def top(state: str | None, config: str | None) -> None:
    """Show the clusters live in the terminal: sort, filter, open, acknowledge, mute; q ends it."""
    from processor.app import wiring
    from processor.views.terminal import loop as live

    given = options.reading(state, config)
    open_store = _opener(given)
    open_store().close()
    live.run(open_store, _now, _local_name(), wiring.make_policy(given))


def _opener(settings: Settings) -> Callable[[], Store]:
    from processor.app import wiring

    return lambda: wiring.open_store(settings, must_exist=True)


def _serve(settings: WebSettings, open_store: Callable[[], Store], policy: Policy) -> None:
    from processor.app.publishing import make_redact
    from processor.views.snapshot import StateReader
    from processor.views.web.app import make_app
    from processor.views.web.auth import Access
    from processor.views.web.ended import EndedSessions
    from processor.views.web.iap_keys import ProxyKeys, fetch_keys
    from processor.views.web.poller import Poller
    from processor.views.web.server import listen, make_server

    def make_poller() -> Poller:
        return server.follow(Poller(StateReader(open_store, _now, policy), _now, every_s=settings.every))

    keys = ProxyKeys(lambda: fetch_keys(settings.iap_keys), time.monotonic)
    ended = EndedSessions(open_store, time.monotonic)
    access = Access(settings, key_for=keys, local_name=_local_name(), ended=ended)
    server = make_server(make_app(make_poller, access, redact=make_redact()), settings)
    listening = listen(settings)
    host, port = listening.getsockname()[:2]
    shown = f"http://{f'[{host}]' if ':' in host else host}:{port}/"
    click.echo(f"on-call page: {shown}  (Ctrl-C ends it)", err=True)
    _log.info("serving on %s", shown, extra={"action": "web-ready", "fields": {"port": port}})
    server.run(sockets=[listening])
    if server.poller and server.poller.broken:
        raise server.poller.broken


def _local_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container without a user database
        return f"uid {os.getuid()}"


def _now() -> datetime:
    return datetime.now(UTC)
