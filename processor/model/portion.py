"""Portion: an adaptive request size that remembers which size was refused last. Pure."""

from __future__ import annotations

from typing import Final

_PATIENCE: Final = 8
_MOST_PATIENCE: Final = 256
"""Successes before a refused size is tried again: about nine minutes of checkpoints."""


class Portion:
    """A learned limit between `least` and `most`.

    After a timeout or a refusal for size, the next request has the size that last succeeded, or half of the refused
    size. From there it grows by a quarter of the distance to the refused size and stops short of it. After `_PATIENCE`
    successes the refused size is tried again: if it succeeds, the limit doubles until `most` is reached; if not, the
    next try waits twice as long.
    """

    __slots__ = ("_held", "_is_trying", "_least", "_most", "_patience", "_refused", "_waited", "size")

    def __init__(self, most: int, least: int = 1) -> None:
        self._most = most
        self._least = least
        self._refused: int | None = None
        self._held = 0
        self._patience = _PATIENCE
        self._waited = 0
        self._is_trying = False
        self.size = most

    @property
    def is_least(self) -> bool:
        """Whether a smaller request would not help."""
        return self.size <= self._least

    @property
    def is_most(self) -> bool:
        """Whether nothing has been refused lately."""
        return self.size >= self._most

    def refused(self, asked: int) -> None:
        """Record that a request of this size failed."""
        self._patience = min(2 * self._patience, _MOST_PATIENCE) if self._is_trying else _PATIENCE
        smaller = self._held if self._held < asked else 0
        self.size = max(self._least, min(self.size, smaller or asked // 2))
        # A size that succeeded is returned to once: if it is refused too, the store became slower.
        self._refused, self._held, self._waited, self._is_trying = asked, 0, 0, False

    def succeeded(self, asked: int) -> None:
        """Record that a request of this size succeeded; a small request proves nothing."""
        if 2 * asked < self.size:
            return
        self._held = max(self._held, asked)
        if self._refused is None:
            self._is_trying = False
            self.size = min(self._most, 2 * self.size)
        elif self._refused - self.size > max(1, self.size // 4):
            self.size = min(self._most, self.size + max(1, (self._refused - self.size) // 4))
        else:
            self._wait()

    def _wait(self) -> None:
        self._waited += 1
        if self._waited >= self._patience:
            self.size = max(self.size, min(self._most, self._refused or self._most))
            self._refused, self._waited, self._is_trying = None, 0, True
