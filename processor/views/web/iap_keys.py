"""Identity-Aware Proxy's public keys, by their id; fetched when an unknown one is named, at most once a minute."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_PAUSE_S: Final = 60.0


class ProxyKeys:
    """A mapping that fills itself. `fetch` gives all keys by id and may raise `OSError`; safe between threads."""

    def __init__(self, fetch: Callable[[], dict[str, Any]], now_s: Callable[[], float]) -> None:
        self._fetch = fetch
        self._now_s = now_s
        self._keys: dict[str, Any] = {}
        self._next_s = float("-inf")
        self._lock = threading.Lock()

    def __call__(self, key_id: str) -> Any | None:
        """The key, None where the proxy has none of that id or does not answer."""
        with self._lock:
            if key_id not in self._keys and self._now_s() >= self._next_s:
                self._next_s = self._now_s() + _PAUSE_S
                try:
                    self._keys = self._fetch()
                except OSError:
                    return None
            return self._keys.get(key_id)


def fetch_keys(url: str) -> dict[str, Any]:
    """All keys of a JSON Web Key set. Raises `OSError`."""
    import jwt

    try:
        return {key.key_id: key for key in jwt.PyJWKClient(url, timeout=10).get_signing_keys() if key.key_id}
    except jwt.PyJWTError as error:
        raise OSError(f"the keys at {url} cannot be read: {error}") from error
