"""Cached results for messages in which numbers may stay (see `codes`).

The skeleton and a few numbers of the text decide which digits stay; of these numbers only the length counts for most
codes, and for a status whether its first digit is 4, 5 or above. So the skeleton with these spellings determines the
result except for the kept digits, which are then inserted. Promises: `find` returns nothing or the masker's own result;
bounded.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from processor.mining import codes
from processor.mining.codes import EVERY, LIFTED
from processor.model.patterns import regex
from processor.parsing import shapes

_MAX_CACHED: Final = 20_000
_MAX_CHARS: Final = 512  # of a text: far below the bounds of the patterns in `codes`
_MAX_DECIDING: Final = 24  # characters of a spelling: longer spellings are rarely repeated
_RUNS: Final = regex(r"[0-9]+")
_HAS_DIGIT: Final = regex(r"[0-9]")


class Numbers(NamedTuple):
    """The meaning of the numbers in all texts of a skeleton.

    Attributes:
        kinds: of numbers that may stay, 0 for none.
        deciding: indexes of the deciding runs of digits; None if nothing is to be cached.
    """

    skeleton: str
    kinds: int
    deciding: tuple[int, ...] | None


class Spelled(NamedTuple):
    """The features of a text that determine its result.

    Attributes:
        key: the skeleton, and the spelling of the deciding runs.
        runs: these runs of digits.
        deciding: the index of each among all runs of the text.
        may_stay: whether a digit of these may stay.
    """

    key: tuple[str, str]
    runs: list[str]
    deciding: tuple[int, ...]
    may_stay: bool


class _Result(NamedTuple):
    """A masked message in pieces, between which digits stay: the deciding run, and its digits."""

    pieces: tuple[str, ...]
    kept: tuple[tuple[int, int], ...]


class CodedMessages:
    """The results of a masker, by skeleton and the spelling of the deciding numbers."""

    def __init__(self) -> None:
        self._numbers: dict[bytes, Numbers] = {}
        self._results: dict[tuple[str, str], _Result] = {}

    def numbers(self, shape: bytes, text: str) -> Numbers:
        """Return the meaning of a text's numbers, computed once for each shape."""
        known = self._numbers.get(shape)
        if known is None:
            known = _numbers(shapes.plain(text))
            if len(shape) <= _MAX_CHARS:
                if len(self._numbers) >= _MAX_CACHED:
                    self._numbers.clear()
                self._numbers[shape] = known
        return known

    def find(self, spelled: Spelled) -> str | None:
        """Return the masked message of a text, None if it is unknown."""
        key, runs = spelled.key, spelled.runs
        known = self._results.get(key)
        if known is None:
            return None
        if not known.kept:
            return known.pieces[0]
        message = [known.pieces[0]]
        for (run, at), piece in zip(known.kept, known.pieces[1:], strict=True):
            message += runs[run][at], piece
        return "".join(message)

    def remember(self, spelled: Spelled, text: str, kept: str, masked: str) -> None:
        """Cache a result, if it is the same for all texts of this spelling.

        Args:
            spelled: of the text.
            text: the message.
            kept: the same with the kept digits lifted, of the same length as the text.
            masked: the result, in which every digit is one of these, in order; or no digit stays.
        """
        key, runs, deciding, _ = spelled
        if kept == text:
            self._add(key, _Result((masked,), ()))
            return
        starts = [run.start() for run in _RUNS.finditer(text)]
        stayed: list[tuple[int, int]] = []
        for run, digits in enumerate(runs):
            begin = starts[deciding[run]]
            stayed += [(run, at) for at in range(len(digits)) if kept[begin + at] != digits[at]]
        pieces = tuple(_HAS_DIGIT.split(masked))
        if len(pieces) == 1:
            stayed = []
        elif _HAS_DIGIT.findall(masked) != [runs[run][at] for run, at in stayed]:
            return
        self._add(key, _Result(pieces, tuple(stayed)))

    def _add(self, key: tuple[str, str], result: _Result) -> None:
        if len(self._results) >= _MAX_CACHED:
            self._results.clear()
        self._results[key] = result


def spelled(text: str, numbers: Numbers) -> Spelled | None:
    """Return the features that determine the result of a text; None if it is not to be cached."""
    if numbers.deciding is None or len(text) > _MAX_CHARS:
        return None
    runs = _RUNS.findall(text)
    runs = [runs[order] for order in numbers.deciding]
    spelling = ",".join([codes.spelling(run, numbers.kinds) for run in runs])
    if len(spelling) > _MAX_DECIDING:
        return None
    may_stay = codes.may_stay(spelling, numbers.kinds)
    return Spelled((numbers.skeleton, spelling), runs, numbers.deciding, may_stay)


def _numbers(skeleton: str) -> Numbers:
    if LIFTED.search(skeleton):  # forged: these become other characters
        return Numbers(skeleton, EVERY, None)
    kinds = codes.near(skeleton)
    return Numbers(skeleton, kinds, codes.deciding(skeleton, kinds) if kinds else None)
