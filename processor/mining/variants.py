"""Variants: templates that differ in one plain word, at a place that further words may turn into a value. Pure.

Promises: only words of a sentence count. Codes, identifiers, exception classes, outcomes and opposites, names of code,
subjects, causes and operations say what broke: templates that differ in one of these are different problems.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

from processor.mining.masks import ANY
from processor.mining.nouns import rows
from processor.mining.places import is_cause_place, is_code_place
from processor.mining.vocabulary import WordKind, kind_of
from processor.mining.wildcards import MinerSettings, WildcardFinder, tokenise

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.mining.wildcards import Tokens

_MAX_CACHED: Final = 4_096
_FINDERS: Final = {frames: WildcardFinder(MinerSettings(frames=frames)) for frames in (False, True)}
_PLAIN: Final = (WordKind.ORDINARY, WordKind.NAME)
_OPERATIONS: Final = ("ing", "ed")
"""Endings of words that tell what was done: "saving", "rejected"."""
_BEFORE_OPERATION: Final = rows("not cannot can can't could couldn't didn't doesn't won't never while when")
_BEFORE_TO: Final = rows("failed fails failing failure unable attempt attempted attempting refused trying tried")
"""The word after "failed to" is an operation, that after "connect to" is not."""
_BEFORE_TABLE: Final = rows("FROM INTO UPDATE JOIN TABLE SELECT WHERE SET BY")
"""SQL: the next word is a name of schema."""


@lru_cache(_MAX_CACHED)
def free_words(template: str, *, is_exception: bool) -> Mapping[int, str]:
    """Return each free word by a hash of the template without it, which holds for this process only."""
    tokens = tokenise(template)
    return {
        hash((*tokens[:position], ANY, *tokens[position + 1 :])): tokens[position]
        for position in _FINDERS[is_exception].free_positions(tokens)
        if _is_free(tokens, position)
    }


def difference(one: str, other: str, *, is_exception: bool) -> tuple[str, str] | None:
    """Return the one free word in which two templates differ, as (word here, word there); None for any other pair."""
    mine, theirs = (free_words(template, is_exception=is_exception) for template in (one, other))
    return next(((mine[place], theirs[place]) for place in mine if theirs.get(place, mine[place]) != mine[place]), None)


def _is_free(tokens: Tokens, position: int) -> bool:
    word = tokens[position]
    if not position or not word.isalpha() or kind_of(word) not in _PLAIN or word.endswith(_OPERATIONS):
        return False
    before, earlier = tokens[position - 1], tokens[position - 2] if position > 1 else ""
    folded = before.casefold()
    is_operation = folded in _BEFORE_OPERATION or (folded == "to" and earlier.casefold() in _BEFORE_TO)
    is_label = tokens[position + 1 : position + 2] == (":",) and not before[-1].isalnum()  # - street: must not be empty
    is_name = is_label or before in _BEFORE_TABLE or is_code_place(tokens, position)
    return not (is_operation or is_name or is_cause_place(before, earlier))
