"""Reasons: the rule that keeps or masks each place of a message, as a sentence for people.

Promises: pure; evaluates the same rules as grouping and decides nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from processor.mining.masks import ANY, CUT, VALUE
from processor.mining.places import is_cause_place, is_code_place, is_value_place
from processor.mining.scripts import is_cluster
from processor.mining.vocabulary import WordKind, kind_of
from processor.mining.wildcards import MinerSettings, tokenise

if TYPE_CHECKING:
    from collections.abc import Sequence


class Reason(NamedTuple):
    """A place of a masked message or a template.

    Attributes:
        word: the word, or the mark of a value.
        filled_in: whether it is a value; else it is fixed text.
        why: a clause.
        evidence: number of distinct words that make this place a value; 0 if no number does, or if it already is a
            value.
    """

    word: str
    filled_in: bool
    why: str
    evidence: int = 0


def reasons(masked: str, settings: MinerSettings | None = None) -> list[Reason]:
    """Return every word and mark of a message, in order, with the reason; punctuation is left out."""
    tokens = tokenise(masked)
    settings = settings or MinerSettings()
    return [
        _reason(tokens, position, settings)
        for position, token in enumerate(tokens)
        if token in (VALUE, ANY, CUT) or token[0].isalnum() or token[0] == "_"
    ]


def _reason(tokens: Sequence[str], position: int, settings: MinerSettings) -> Reason:
    token = tokens[position]
    if token == VALUE:
        return Reason(token, filled_in=True, why="its form, its quotes or the noun beside it tell that it is data")
    if token == ANY:
        return Reason(token, filled_in=True, why="messages that differ in nothing else have earned it")
    if token == CUT:
        return Reason(token, filled_in=False, why="the message was longer than is read")
    kind = kind_of(token)
    earlier, before = ("", "", *tokens)[position : position + 2]
    if kind in (WordKind.KEPT, WordKind.FUNCTION):
        return Reason(token, filled_in=False, why=f"{kind.value}: never a value")
    if is_cluster(token):
        return Reason(token, filled_in=False, why="a sentence without blanks", evidence=settings.span_evidence)
    if is_code_place(tokens, position):
        why, evidence = "beside a word of code, schema or configuration", settings.code_evidence
    elif kind is WordKind.CODE:
        why, evidence = kind.value, settings.code_evidence
    elif is_value_place(before, token):
        why, evidence = f"a word beside {before!r}, of which there are many", settings.name_evidence
    elif kind is WordKind.NAME and (position == 0 or is_cause_place(before, earlier)):
        why, evidence = "the component that speaks, or the cause", settings.evidence
    else:
        why, evidence = kind.value, settings.name_evidence if kind is WordKind.NAME else settings.evidence
    return Reason(token, filled_in=False, why=why, evidence=evidence)
