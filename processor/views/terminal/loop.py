"""`gardener top`: the live table in a terminal. Keys and time enter here; `screen` interprets them.

The store is read in a separate thread, so that keys respond at once and an unavailable store is only reported. The
terminal is restored however the program ends.
"""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace
from rich.console import Console, Group
from rich.live import Live

from processor.model.errors import ConfigError, GardenerError, OutcomeUnknown
from processor.triage.operate import DONE, mark_of
from processor.views.snapshot import StateReader, unanswered
from processor.views.terminal.listed import incident_named
from processor.views.terminal.screen import Screen, lines, press

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from datetime import datetime

    from processor.model.ports import Store
    from processor.triage.operate import Wish
    from processor.triage.policy import Policy
    from processor.views.snapshot import Snapshot

_NAMED: Final = {
    "\x1b[A": "up", "\x1bOA": "up",
    "\x1b[B": "down", "\x1bOB": "down",
    "\x1b[C": "right", "\x1bOC": "right",
    "\x1b[D": "left", "\x1bOD": "left",
    "\x1b[5~": "page-up", "\x1b[6~": "page-down",
    "\x1b[H": "home", "\x1b[1~": "home", "\x1b[F": "end", "\x1b[4~": "end",
    "\r": "enter", "\n": "enter",
    "\x7f": "backspace", "\x08": "backspace",
    "\x1b": "escape",
}  # fmt: skip
_BY_LENGTH: Final = sorted(_NAMED, key=len, reverse=True)
_EVERY_S: Final = 1.0
_TICK_S: Final = 0.2
_CLOSE_S: Final = 3.0


def run(open_store: Callable[[], Store], now: Callable[[], datetime], who: str, policy: Policy | None = None) -> None:
    """Show the table until the user quits. Raises `ConfigError` if there is no terminal."""
    console = Console(highlight=False)
    if not (console.is_terminal and sys.stdin.isatty()):
        raise ConfigError("top needs a terminal; `gardener clusters` prints the list")
    reading = StateReader(open_store, now, policy)
    reading.refresh()
    with ThreadPoolExecutor(1) as store_thread:
        try:
            with _keys(sys.stdin.fileno()), Live(console=console, screen=True, auto_refresh=False) as live:
                _Loop(reading, now, who, store_thread, console, live).run()
        except KeyboardInterrupt:
            pass
        finally:
            _let_go(store_thread.submit(reading.close))


def _let_go(closing: Future[None]) -> None:
    try:
        closing.result(_CLOSE_S)
    except TimeoutError:
        # A store that hangs would keep the thread, and the thread the prompt, for minutes; nothing is held here.
        sys.stdout.flush()
        os._exit(0)


class _Loop:
    """Alternates between keys, store and screen; holds the only mutable state."""

    def __init__(
        self,
        reading: StateReader,
        now: Callable[[], datetime],
        who: str,
        store_thread: ThreadPoolExecutor,
        console: Console,
        live: Live,
    ) -> None:
        self._reading, self._now, self._who = reading, now, who
        self._thread, self._console, self._live = store_thread, console, live
        self._screen = Screen()
        self._polling: Future[Snapshot] | None = None
        self._acting: Future[str] | None = None
        self._polled_at = now()

    def run(self) -> None:
        while not self._screen.done:
            width, height = self._console.size
            # A key is about what is on the screen, not about what is read while it is pressed.
            snapshot = self._reading.snapshot
            if self._polling is not None and self._now() - self._polled_at > self._reading.patience:
                snapshot = unanswered(snapshot, self._polled_at)
            self._live.update(Group(*lines(self._screen, snapshot, self._now(), width, height)), refresh=True)
            for key in _read(sys.stdin.fileno(), _TICK_S):
                self._screen = press(self._screen, key, snapshot, height)
                self._act()
            self._hear()
            self._poll()

    def _act(self) -> None:
        wish = self._screen.wish
        if wish is not None:
            self._screen = replace(self._screen, wish=None, message="...")
            self._acting = self._thread.submit(self._carry_out, wish)

    def _hear(self) -> None:
        if self._acting is not None and self._acting.done():
            self._screen = replace(self._screen, message=self._acting.result())
            self._acting = None

    def _poll(self) -> None:
        if self._polling is not None and self._polling.done():
            self._polling.result()
            self._polling = None
        if self._polling is None and (self._now() - self._polled_at).total_seconds() >= _EVERY_S:
            self._polled_at = self._now()
            self._polling = self._thread.submit(self._reading.refresh)

    def _carry_out(self, wish: Wish) -> str:
        incident = incident_named(self._reading.snapshot, wish.cluster_id)
        try:
            if incident is not None:
                reached = [
                    wish._replace(cluster_id=row.cluster.id, seen=mark_of(row.cluster))
                    for row in incident.reached(wish.action)
                ]
                outcome = self._reading.act_on_all(reached, who=self._who)
                n, of = len(outcome.done), len(reached)
                return f"{DONE[wish.action]} {n} of {of} clusters {'; '.join(outcome.problems[:1])}".rstrip()
            outcome = self._reading.act(wish, who=self._who)
        except OutcomeUnknown as error:
            return str(error)
        except GardenerError as error:
            return f"Nothing was changed: {error}"
        return f"{DONE[wish.action]} {outcome.done[0].id}"


@contextmanager
def _keys(terminal: int) -> Iterator[None]:
    """Deliver keys unbuffered and without echo until the end of the block."""
    before = termios.tcgetattr(terminal)
    try:
        tty.setcbreak(terminal)
        yield
    finally:
        termios.tcsetattr(terminal, termios.TCSADRAIN, before)


def _read(terminal: int, timeout_s: float) -> list[str]:
    """Return the keys pressed within the timeout, sequences by name; unknown ones are left out."""
    if not select.select([terminal], [], [], timeout_s)[0]:
        return []
    data = os.read(terminal, 1024)
    if not data:
        raise KeyboardInterrupt  # the terminal is gone
    text = data.decode("utf-8", "ignore")
    keys = []
    while text:
        sequence = next((one for one in _BY_LENGTH if text.startswith(one)), "")
        if sequence:
            keys.append(_NAMED[sequence])
        elif text[0].isprintable():
            keys.append(text[0])
        text = text[len(sequence) or 1 :]
    return keys
