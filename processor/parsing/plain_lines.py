"""Plain lines: the level and the request that a line states, found once for each shape of line."""

from __future__ import annotations

from typing import Final, NamedTuple

from processor.parsing import access_lines, severity

_SHAPE: Final = bytes.maketrans(b"123456789", b"000000000")
_MAX_SHAPES: Final = 4096


class Reading(NamedTuple):
    """What a line states at its head.

    Attributes:
        level: Cloud Logging's name of the level, None for none.
        access: where the line reports a request, None if it does not.
    """

    level: str | None
    access: access_lines.Places | None


_BY_SHAPE: Final[dict[bytes, Reading]] = {}


def read(text: str) -> Reading:
    """Return the reading of a text, cached by the shape of its line, unless a number itself is the level."""
    if text[:1] in {"<", "{"} or "evel" in text:
        return Reading(severity.infer(text), access_lines.places(text[: severity.HEAD_CHARS]))
    head = text[: severity.HEAD_CHARS + 1]
    shape = head.encode("utf-8", "surrogatepass").translate(_SHAPE)
    found = _BY_SHAPE.get(shape)
    if found is None:
        if len(_BY_SHAPE) >= _MAX_SHAPES:
            _BY_SHAPE.clear()
        found = _BY_SHAPE[shape] = Reading(severity.announced(head), access_lines.places(head))
    if "\n" in text and (level := severity.at_least(text, found.level)) != found.level:
        return Reading(level, found.access)
    return found
