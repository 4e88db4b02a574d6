"""Portion: an adaptive request size, halved by a refusal, doubled by success. Pure."""

from __future__ import annotations


class Portion:
    """A learned limit between `least` and `most`.

    After a timeout or a refusal for size, the next request is half as large, so that each refusal makes progress more
    likely. When whole portions succeed, the limit doubles until `most` is reached again.
    """

    __slots__ = ("_least", "_most", "size")

    def __init__(self, most: int, least: int = 1) -> None:
        self._most = most
        self._least = least
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
        self.size = max(self._least, min(self.size, asked // 2))

    def succeeded(self, asked: int) -> None:
        """Record that a request of this size succeeded; a small request proves nothing."""
        if 2 * asked >= self.size:
            self.size = min(self._most, 2 * self.size)
