"""Limits on guessing tokens: per client and over all of them. Pure: the time is passed in.

A client is refused for five minutes after ten wrong guesses. After a hundred wrong guesses a minute from anywhere,
everybody is refused who has not given a right token from the same address in the last half day: guessing from many
addresses is slow, and people on call can keep working.
"""

from __future__ import annotations

import ipaddress
import threading
from collections import OrderedDict
from typing import Final, TypeVar

from processor.model.errors import GardenerError

_T = TypeVar("_T")

PER_CLIENT: Final = 10
CLIENT_S: Final = 300.0
IN_ALL: Final = 100
ALL_S: Final = 60.0
_KNOWN_S: Final = 12 * 3600.0
_MAX_CLIENTS: Final = 10_000


class TooManyGuesses(GardenerError):
    """A token is not compared for the next `wait_s` seconds."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"Too many wrong tokens. Try again in {wait_s} seconds.")
        self.wait_s = wait_s


class Window:
    """Counts within a fixed time window that begins with the first count."""

    __slots__ = ("begun_s", "count")

    def __init__(self, begun_s: float) -> None:
        self.begun_s = begun_s
        self.count = 0


class Guesses:
    """Remembers wrong and right guesses of a bounded number of clients; thread-safe."""

    def __init__(self) -> None:
        self._wrong: OrderedDict[str, Window] = OrderedDict()
        self._right: OrderedDict[str, float] = OrderedDict()
        self._all = Window(0.0)
        self._lock = threading.Lock()

    def check(self, client: str, now_s: float) -> None:
        """Raise `TooManyGuesses` if another guess must wait."""
        client = network_of(client)
        with self._lock:
            self._check(client, now_s)

    def _check(self, client: str, now_s: float) -> None:
        window = self._wrong.get(client)
        if window and window.count >= PER_CLIENT and now_s < window.begun_s + CLIENT_S:
            raise TooManyGuesses(_left(window, CLIENT_S, now_s))
        is_known = now_s < self._right.get(client, float("-inf")) + _KNOWN_S
        if not is_known and self._all.count >= IN_ALL and now_s < self._all.begun_s + ALL_S:
            raise TooManyGuesses(_left(self._all, ALL_S, now_s))

    def note(self, client: str, now_s: float, *, is_right: bool) -> None:
        """Remember the outcome of a guess."""
        client = network_of(client)
        with self._lock:
            self._note(client, now_s, is_right=is_right)

    def _note(self, client: str, now_s: float, *, is_right: bool) -> None:
        if is_right:
            _put(self._right, client, now_s)
            return
        window = self._wrong.get(client)
        if window is None or now_s >= window.begun_s + CLIENT_S:
            window = Window(now_s)
        window.count += 1
        _put(self._wrong, client, window)
        if now_s >= self._all.begun_s + ALL_S:
            self._all = Window(now_s)
        self._all.count += 1


def network_of(client: str) -> str:
    """Return the client's address; for IPv6 its /64, all of which one machine can use."""
    try:
        address = ipaddress.ip_address(client.partition("%")[0])
    except ValueError:
        return client[:64]
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _put(where: OrderedDict[str, _T], client: str, value: _T) -> None:
    where[client] = value
    where.move_to_end(client)
    while len(where) > _MAX_CLIENTS:
        where.popitem(last=False)


def _left(window: Window, length_s: float, now_s: float) -> int:
    return max(1, int(window.begun_s + length_s - now_s) + 1)
