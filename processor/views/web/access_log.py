"""Sign-ins, refusals and actions as lines of the process's log, in the form of `processor.app.logs`.

Names and paths are chosen by the sender, so they are cut and escaped. Refusals are logged up to a number a minute, the
rest as a sum: a scanner must not fill the log.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.types import Scope

    from processor.views.web.sessions import Role, Viewer

_log: Final = logging.getLogger("gardener.web")
_LINES: Final = 60
_WINDOW_S: Final = 60.0
_CUT: Final = 120


class AccessLog:
    """Writes the audit lines of the page; safe between threads."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._begun_s = now_s()
        self._lines = 0
        self._lock = threading.Lock()

    def signed_in(self, name: str, role: Role, *, client: str) -> None:
        """Log a sign-in."""
        _write(logging.INFO, "web-sign-in", f"{_shown(name)} signed in", who=name, role=role.value, client=client)

    def signed_out(self, viewer: Viewer | None, *, client: str) -> None:
        """Log a sign-out."""
        name = viewer.name if viewer else ""
        _write(logging.INFO, "web-sign-out", f"{_shown(name)} signed out", who=name, client=client)

    def acted(self, viewer: Viewer, *, client: str, cluster: str, what: str, problem: str = "") -> None:
        """Log an action on a cluster; `problem` names the error if it failed."""
        text = f"{_shown(viewer.name)} asked for {_shown(what)} of {_shown(cluster)}"
        level = logging.WARNING if problem else logging.INFO
        fields = {"who": viewer.name, "client": client, "cluster": cluster, "what": what, "problem": problem}
        _write(level, "web-action", f"{text}: {problem}" if problem else text, **fields)

    def refused(self, reason: str, *, client: str, path: str, who: str = "") -> None:
        """Log a refused request: unauthenticated, read-only, from another site, or too many guesses."""
        now_s = self._now_s()
        with self._lock:
            left_out = self._lines - _LINES if now_s >= self._begun_s + _WINDOW_S else 0
            if now_s >= self._begun_s + _WINDOW_S:
                self._begun_s, self._lines = now_s, 0
            self._lines += 1
            if self._lines > _LINES:
                return
        if left_out > 0:
            _write(logging.WARNING, "web-refused", f"{left_out} more refusals were not logged", left_out=left_out)
        text = f"refused {_shown(path)}: {reason}"
        _write(logging.WARNING, "web-refused", text, reason=reason, client=client, path=path, who=who)


def client_of(scope: Scope) -> str:
    """Return the sender's address as seen by the server; "" if unknown."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def _write(level: int, action: str, text: str, **fields: Any) -> None:
    cut = {name: value[:_CUT] if isinstance(value, str) else value for name, value in fields.items()}
    _log.log(level, "%s", text, extra={"action": action, "fields": cut})


def _shown(text: str) -> str:
    return ascii(text[:_CUT])
