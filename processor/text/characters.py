"""Characters: find the invisible characters of a text, by a table over all of Unicode, for every renderer.

Invisible are code points of the classes control, format, surrogate, private use and unassigned, the separators other
than a blank, and those that are default-ignorable or drawn as empty space. `markdown`, `terminal` and the page mark
them; the classes are those of the running Python's `unicodedata`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

# Printable by class (letters, marks, symbols) but visually empty: Unicode's
# DerivedCoreProperties.txt, Default_Ignorable_Code_Point, and the blank of Braille.
_EMPTY: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]"
)
# Joiners and selectors of emoji and of joined scripts: beside such a character they only shape it.
_SHAPING: Final = re.compile("(?<=[\u0600-\U0001faff])[\u200c\u200d\ufe0e\ufe0f]")
_LINE_ENDS: Final = re.compile("\r\n?|[\u2028\u2029\x85]")
_LAYOUT: Final = frozenset("\n\t")


def is_unseen(character: str) -> bool:
    """Return whether this character is invisible; line feed and tab are layout and count as visible."""
    return character not in _LAYOUT and (not character.isprintable() or _EMPTY.match(character) is not None)


def marked(text: str, mark: Callable[[str], str]) -> str:
    """Return the text with `mark(character)` in place of every invisible character.

    Line ends become line feeds. A joiner or selector that shapes the character before it is left out.
    """
    if text.isprintable() and not _EMPTY.search(text):
        return text
    text = _SHAPING.sub("", _LINE_ENDS.sub("\n", text))
    return "".join(mark(one) if is_unseen(one) else one for one in text)


def replaced(_: str) -> str:
    """Mark an invisible character with Unicode's replacement character."""
    return "\N{REPLACEMENT CHARACTER}"


def named(character: str) -> str:
    """Mark an invisible character by its code point, such as [U+202E]."""
    return f"[U+{ord(character):04X}]"
