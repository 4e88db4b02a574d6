"""Lists: names in a row after a noun in the plural, whose number and order are data.

Promises: a pure function of a message's words and a place in it.
"""

from __future__ import annotations

from typing import Final

from processor.mining.capitals import CLOSING, OPENING
from processor.mining.masks import VALUE
from processor.mining.nouns import DATA_NOUNS, rows
from processor.mining.vocabulary import WordKind, kind_of
from processor.model.patterns import regex

_ITEM: Final = regex(r"[A-Za-z][\w.-]{0,63}|<\*>")
_LEAST: Final = 3  # words with commas that are no clause
_CODE_LETTERS: Final = 3  # of a language, a country, an airport: "de"
_JOINING: Final = rows("and or")


def list_end(words: list[str], i: int) -> int:
    """Return the index after a list of names that begins at word `i` after a noun of data in the plural; 0 for none.

    "hosts: alpha, beta" and "hosts: alpha". Without the colon, two words of programs may be a clause: "orders exist,
    skipping".
    """
    lead = words[i - 1].lstrip(OPENING).casefold()
    noun = lead.rstrip(":")
    if noun[-1:] != "s" or noun[:-1] not in DATA_NOUNS or (lead == noun and words[i][-1] != ","):
        return 0
    end = i
    while end < len(words) and words[end][-1] == ",":
        end += 1 + (words[end + 1 : end + 2] != [] and words[end + 1] in _JOINING)
    if words[end + 1 : end + 2] != [] and words[end + 1] in _JOINING and words[end][-1] not in CLOSING:
        end += 2
    if end >= len(words):
        return 0
    items = [word.strip(CLOSING) for word in words[i : end + 1] if word not in _JOINING]
    kinds = [kind_of(item) for item in items if item != VALUE and len(item) > _CODE_LETTERS]
    if not all(map(_ITEM.fullmatch, items)) or WordKind.FUNCTION in kinds or WordKind.KEPT in kinds:
        return 0
    if len(items) == 1:
        is_clause = end + 1 < len(words) and words[end][-1] not in CLOSING
        return 0 if is_clause or kinds not in ([WordKind.NAME], [WordKind.CODE]) else end + 1
    is_said = WordKind.ORDINARY in kinds and len(items) < _LEAST and lead == noun
    return 0 if is_said else end + 1
