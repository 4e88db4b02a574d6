"""Messages: text of which parts are said (a method, a code, a status word) and the rest is free.

What is said comes from a schema or a closed set of words and is never masked; free text goes through the masks.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_MAX_SAID: Final = 160
# What may stand in a said part: no brackets, so that nothing that is said can pass for a wildcard or for markup.
_UNSAYABLE: Final = re.compile(r"[^\w .,:;/$=+()#-]+")


class Message(NamedTuple):
    """What an entry says.

    Attributes:
        text: the whole, as people read it.
        said: (start, end) of the parts that are never masked, in order, not overlapping.
    """

    text: str
    said: tuple[tuple[int, int], ...] = ()


def sayable(text: str) -> str:
    """The text as it may be said: one line of plain characters, bounded; others become a blank."""
    return " ".join(_UNSAYABLE.sub(" ", text[: 2 * _MAX_SAID]).split())[:_MAX_SAID].rstrip()


def compose(parts: Iterable[tuple[str, bool]]) -> Message:
    """Join (text, is it said) by single blanks; empty parts are left out."""
    text, spans = "", []
    for part, is_said in parts:
        if not part:
            continue
        start = len(text) + 1 if text else 0
        text = f"{text} {part}" if text else part
        if is_said:
            spans.append((start, len(text)))
    return Message(text, tuple(spans))
