"""The page as a process: uvicorn with limits on incomplete requests.

A connection has ten seconds for the head of each request, however slowly its bytes arrive; a form has ten more (see
`processor.views.web.forms`). Beyond a number of connections, further ones are answered 503 at once.
"""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any, Final

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from processor.model.errors import ConfigError

if TYPE_CHECKING:
    from types import FrameType

    from starlette.types import ASGIApp

    from processor.views.web.poller import Poller
    from processor.views.web.settings import WebSettings

HEAD_S: Final = 10.0
MAX_CONNECTIONS: Final = 1000
"""Streams of events (`app.MAX_VIEWERS`) and what is asked for beside them."""


class TimedProtocol(H11Protocol):
    """Closes a connection that has not sent a complete request head in time; uvicorn waits for ever."""

    _head_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See `asyncio.Protocol`."""
        super().connection_made(transport)
        self._watch()

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        super().data_received(data)
        self._watch()

    def connection_lost(self, exc: Exception | None) -> None:
        """See `asyncio.Protocol`."""
        self._unwatch()
        super().connection_lost(exc)

    def _watch(self) -> None:
        """Start the timer at the first moment without a request being answered; more bytes do not renew it."""
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if is_answering or self.transport.is_closing():
            self._unwatch()
        elif self._head_due is None:
            self._head_due = self.loop.call_later(HEAD_S, self.transport.abort)

    def _unwatch(self) -> None:
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None


class Server(uvicorn.Server):
    """Ends event streams first: uvicorn waits for every response to end, and these never do."""

    poller: Poller | None = None
    loop: asyncio.AbstractEventLoop | None = None

    def follow(self, poller: Poller) -> Poller:
        """Set the poller whose streams must end; called within the loop."""
        self.loop = asyncio.get_running_loop()
        self.poller = poller
        return poller

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """See `uvicorn.Server`."""
        if self.poller and self.loop:
            self.poller.end(self.loop)
        super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        """See `uvicorn.Server`."""
        return await super().on_tick(counter) or bool(self.poller and self.poller.broken)


def make_server(app: ASGIApp, settings: WebSettings) -> Server:
    """Return a server that logs through the root logger only, and trusts X-Forwarded-For only from its proxies."""
    config: dict[str, Any] = {
        "http": TimedProtocol,
        "ws": "none",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "forwarded_allow_ips": [one.strip() for one in settings.proxies.split(",") if one.strip()],
        "limit_concurrency": MAX_CONNECTIONS,
        "h11_max_incomplete_event_size": 32_768,
        "timeout_keep_alive": 5,
        "timeout_graceful_shutdown": 3,
    }
    return Server(uvicorn.Config(app, **config))


def listen(settings: WebSettings) -> socket.socket:
    """Return the listening socket. Raises `ConfigError` if that fails."""
    try:
        family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
        return socket.create_server((settings.host, settings.port), family=family, backlog=512)
    except OSError as error:
        raise ConfigError(
            f"port {settings.port} of {settings.host} cannot be used: {error.strerror}; choose another with --port"
        ) from error
