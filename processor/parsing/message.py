"""Messages: text with fixed parts (a method, a code, a status word) and free text between them.

Fixed parts come from a schema or a closed set of words and are never masked; free text goes through the masks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from processor.model.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAX_SAID: Final = 160
# Characters of a fixed part: no brackets, so that it cannot pass for a wildcard or for markup.
_UNSAYABLE: Final = regex(r"[^\w .,:;/$=+()#-]+")


class Message(NamedTuple):
    """The message of an entry.

    Attributes:
        text: the whole, for display.
        said: (start, end) of the parts that are never masked, in order, not overlapping.
    """

    text: str
    said: tuple[tuple[int, int], ...] = ()


def sayable(text: str) -> str:
    """Return the text as a fixed part: a single bounded line of plain characters; others become a blank."""
    return " ".join(_UNSAYABLE.sub(" ", text[: 2 * _MAX_SAID]).split())[:_MAX_SAID].rstrip()


def compose(parts: Iterable[tuple[str, bool]]) -> Message:
    """Join pairs of (text, is it fixed) by single blanks; empty parts are left out."""
    text, spans = "", []
    for part, is_said in parts:
        if not part:
            continue
        start = len(text) + 1 if text else 0
        text = f"{text} {part}" if text else part
        if is_said:
            spans.append((start, len(text)))
    return Message(text, tuple(spans))
