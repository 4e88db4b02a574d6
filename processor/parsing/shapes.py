"""Shapes: a text without the lengths and digits of its numbers, the key of caches.

Most lines of a log differ from an earlier line in their numbers alone, so what does not depend on a number's digits is
found once for each shape. Promises: pure; two texts have one shape exactly if `plain` gives the same text for both.
"""

from __future__ import annotations

from typing import Final

from processor.model.patterns import regex

_DIGITS: Final = regex(r"[0-9]+")
_BLANKS: Final = b" \t\n\r\x0b\x0c"
# Digits become blanks, which `split` takes together, and blanks become bytes that UTF-8 does not have: a third of the
# time of the regular expression, for every entry.
_TABLE: Final = bytes.maketrans(_BLANKS + b"0123456789", bytes(range(0xF8, 0xFE)) + b" " * 10)
_last: tuple[str, bytes] = ("", b"..")


def shape(text: str) -> bytes:
    """Return the shape of a text; the last one is remembered, since two steps ask for the same line in turn."""
    global _last  # noqa: PLW0603  # a pair, replaced as a whole
    known, found = _last
    if known is not text:
        # The dots keep a number at the start or the end apart from none.
        found = b"0".join(f".{text}.".encode("utf-8", "surrogatepass").translate(_TABLE).split())
        _last = (text, found)
    return found


def plain(text: str) -> str:
    """Return the text with each run of digits as `0`."""
    return _DIGITS.sub("0", text)
