"""/healthz, /readyz and /metrics on a single port, from a separate thread.

/healthz fails only if the loop has stopped: restarting a worker does not restore a store. /readyz fails while the model
is not loaded or a part is unavailable, and names the part and the time.
"""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

from processor.model.errors import ConfigError

if TYPE_CHECKING:
    from processor.app.telemetry import Telemetry
    from processor.model.ports import Clock

_STALLED_S: Final = 300.0
"""A healthy loop pauses for 20 s between retries, and for minutes while GitHub slowly accepts a batch of issues."""


class Probes:
    """The server; `port` is its port."""

    def __init__(self, telemetry: Telemetry, clock: Clock, *, host: str, port: int) -> None:
        class Handler(_Handler):
            probes = self

        self._telemetry, self._clock = telemetry, clock
        try:
            self._server = ThreadingHTTPServer((host, port), Handler)
        except OSError as error:
            raise ConfigError(f"health_port {port} on {host} cannot be used: {error.strerror}") from None
        self.port: int = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, name="probes", daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Return status, content type and body for a GET."""
        if path == "/metrics":
            return 200, *self._telemetry.exposition()
        if path not in ("/healthz", "/readyz"):
            return 404, "application/json", b'{"error": "there is /healthz, /readyz and /metrics"}'
        health = self._telemetry.health
        idle_s = (self._clock.now() - health.turned_at).total_seconds()
        alive = idle_s < _STALLED_S
        ready = alive and health.ready and not health.waiting_for
        body: dict[str, Any] = {
            "alive": alive,
            "ready": ready,
            "waiting_for": health.waiting_for,
            "waiting_s": round(self._telemetry.waiting_s(), 1),
            "error": health.error,
            "loop_idle_s": round(idle_s, 1),
        }
        well = alive if path == "/healthz" else ready
        return 200 if well else 503, "application/json", json.dumps(body).encode()


class _Handler(BaseHTTPRequestHandler):
    probes: Probes
    timeout = 5.0

    def do_GET(self) -> None:  # http.server defines the name
        status, kind, body = self.probes.answer(self.path.partition("?")[0])
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Log nothing: probes arrive every few seconds."""
