"""How much goes into one request: halved by a refusal, grown back by success. Pure."""

from __future__ import annotations


class Portion:
    """A learned limit between `least` and `most`.

    An outside part that takes too long, or refuses for size, is asked for half as much next time, so that each
    refusal makes progress likelier. When whole portions succeed, the limit doubles until `most` is reached again.
    """

    __slots__ = ("_least", "_most", "size")

    def __init__(self, most: int, least: int = 1) -> None:
        self._most = most
        self._least = least
        self.size = most

    @property
    def is_least(self) -> bool:
        """A smaller request would not help."""
        return self.size <= self._least

    @property
    def is_most(self) -> bool:
        """Nothing has been refused lately."""
        return self.size >= self._most

    def refused(self, asked: int) -> None:
        """A request of so many did not get through."""
        self.size = max(self._least, min(self.size, asked // 2))

    def succeeded(self, asked: int) -> None:
        """A request of so many did; a small one proves nothing."""
        if 2 * asked >= self.size:
            self.size = min(self._most, 2 * self.size)
