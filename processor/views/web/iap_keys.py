"""Identity-Aware Proxy's public keys, by their id.

Fetched when an unknown one is named and when they are an hour old. People whose key is known are served regardless of
a fetch: it runs in the background, and a failed one is repeated after one second, then two, up to a minute. Keys that
could not be renewed for a day are no longer accepted.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_PAUSE_S: Final = 60.0
_FIRST_PAUSE_S: Final = 1.0
_FRESH_S: Final = 3600.0
_KEPT_S: Final = 24 * 3600.0


class ProxyKeys:
    """A self-filling mapping. `fetch` returns all keys by id and may raise `OSError`; thread-safe."""

    def __init__(self, fetch: Callable[[], dict[str, Any]], now_s: Callable[[], float]) -> None:
        self._fetch = fetch
        self._now_s = now_s
        self._keys: dict[str, Any] = {}
        self._fetched_s = float("-inf")
        self._next_s = float("-inf")
        self._pause_s = _FIRST_PAUSE_S
        self._fetching = threading.Lock()

    def __call__(self, key_id: str) -> Any | None:
        """Return the key, None if the proxy has none of that id or has not answered for too long."""
        key = self._keys.get(key_id)
        if key is None or self._now_s() >= self._fetched_s + _FRESH_S:
            # Whoever has keys does not wait for somebody else's fetch: it may hang for ten seconds.
            self._renew(wait=not self._keys)
            key = self._keys.get(key_id)
        return key if self._now_s() < self._fetched_s + _KEPT_S else None

    def _renew(self, *, wait: bool) -> None:
        if self._now_s() < self._next_s or not self._fetching.acquire(blocking=wait):
            return
        try:
            if self._now_s() < self._next_s:
                return
            # Those that come meanwhile are answered from what is known.
            self._next_s = self._now_s() + self._pause_s
            try:
                found = self._fetch()
            except OSError:
                found = {}
            if found:
                self._keys, self._fetched_s = found, self._now_s()
                self._next_s, self._pause_s = self._fetched_s + _PAUSE_S, _FIRST_PAUSE_S
            else:
                self._next_s = self._now_s() + self._pause_s
                self._pause_s = min(2 * self._pause_s, _PAUSE_S)
        finally:
            self._fetching.release()


def fetch_keys(url: str) -> dict[str, Any]:
    """Return all keys of a JSON Web Key set. Raises `OSError`."""
    import jwt

    try:
        return {key.key_id: key for key in jwt.PyJWKClient(url, timeout=10).get_signing_keys() if key.key_id}
    except jwt.PyJWTError as error:
        raise OSError(f"the keys at {url} cannot be read: {error}") from error
