"""Folding: remove differences between two prints of a message beside its values: optional fields, plurals.

Promises: pure, idempotent, linear. Must not remove a field with content, or the last words of a message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processor.mining.masks import SAYING_KEYS, VALUE
from processor.mining.nouns import DATA_NOUNS
from processor.mining.vocabulary import SHORT_PLURALS, is_plural
from processor.model.patterns import regex

if TYPE_CHECKING:
    import re

_FIELD: Final = regex(r"(?P<key>[A-Za-z_][\w.-]*)=(?:<\*>|\"<\*>\"|'<\*>'|\{<\*>\}|\[<\*>\])(?P<comma>,?)")
_WORD: Final = regex(r"(?<![\w=])[A-Za-z]{2,}(?![\w=])")
_LEAST_WORDS: Final = 3  # in a message without its fields
_COUNT: Final = regex(
    r"(?<!\S)<\*> (?P<more>(?:more|other|further|additional|new|old|remaining|pending) )?"
    r"(?P<noun>[a-z]{3,}s)(?=[ ,.;:)]|$)"
)
# Only some prints of a retried operation say which attempt it is, and only some requests have an id.
_ATTEMPT: Final = regex(
    r"(?<=\w)(?: \((?:attempt|try|retry) #?<\*>(?:(?: of |/)<\*>)?"
    r"(?:[,;] (?:next|again|retry|retrying|trying|waiting|wait|delay|backoff|back-off)(?: [a-z]{1,12}){0,3}:? <\*>)?\)"
    r"| \((?:ref|reference|id|request|req|trace|span|session|correlation)(?: id)?[:=#.]? ?<\*>\)"
    r"|, (?:attempt|try|retry) #?<\*>(?:(?: of |/)<\*>)?)$"
)
# Web servers end a line with the headers that the request had: client: ..., request: "...", referrer: "..."
_HEADERS: Final = regex(
    r"(?P<kept>(?:, (?:client|server|request|upstream|host): (?:\"<\*>\"|<\*>|\"[A-Z]+ <\*>(?: HTTP/<\*>)?\")){2,})"
    r"(?:, (?:referr?er|user-?agent|login|session|forwarded|x-forwarded-for): (?:\"<\*>\"|<\*>))+$"
)
_SHORT: Final = 5  # letters of a plural that a verb may look like
_VERBS: Final = {"are": "is", "were": "was", "have": "has"}
_PLURAL_VERB: Final = regex(r"(?<!\S)(?:are|were|have)(?!\S)")
_THEIR: Final = regex(r"(?<!\S)their (?P<noun>[a-z]{3,}s)(?=[ ,.;:)]|$)")
# "the two transactions", "no one could": not how many there were this time.
_COUNTED_IN_WORDS: Final = regex(
    r"(?<!\S)(?P<which>(?i:the|no|any|some|every|each|this|that|these|those|which|both|all|its|their) )?"
    r"(?:[Oo]ne|[Tt]wo|[Tt]hree|[Ff]our|[Ff]ive|[Ss]ix|[Ss]even|[Ee]ight|[Nn]ine|[Tt]en) (?P<noun>[a-z]{3,})"
    r"(?=[ ,.;:)]|$)"
)
_MODAL: Final = frozenset({"could", "should", "would", "might", "must", "can", "cannot", "may", "will", "shall"})
_MAY_COUNT: Final = ("ne ", "wo ", "hree ", "our ", "ive ", "ix ", "even ", "ight ", "en ")


def fold(line: str) -> str:
    """Drop empty fields and attempt numbers beside a message, and put counted nouns into the singular."""
    if "=" in line:
        line = _without_fields(line)
    if '", referr' in line or '", user' in line:
        line = _HEADERS.sub(r"\g<kept>", line)
    if any(map(line.__contains__, _MAY_COUNT)):
        line = _COUNTED_IN_WORDS.sub(_count, line)
    return _singular(_ATTEMPT.sub("", line)) if VALUE in line else line


def _count(match: re.Match[str]) -> str:
    """Return a count in words as a value: "two consumers", "one consumer"; not "one of" and "ten nanometer"."""
    noun = match["noun"]
    is_count = match["which"] is None and noun not in _MODAL and (_is_plural(noun) or _is_plural(f"{noun}s"))
    return f"{VALUE} {noun}" if is_count else match[0]


def _without_fields(line: str) -> str:
    words = line.split(" ")
    if any(word[-1:] == "=" for word in words):
        return line  # a logger that prints empty fields prints all of them: a further field makes another message
    kept: list[str] = []
    depth = 0
    for word in words:
        is_object = bool(kept) and kept[-1][-1] == ":"  # the sentence's own, "requested: limits.cpu=<*>"
        if depth > 0 or is_object or not _is_dropped(word):
            kept.append(word)
        depth += sum(word.count(one) for one in "({[") - sum(word.count(one) for one in ")}]")
    if len(kept) == len(words) or len(_WORD.findall(" ".join(kept))) < _LEAST_WORDS:
        return line
    return " ".join(kept).rstrip(",")


def _is_dropped(word: str) -> bool:
    field = _FIELD.fullmatch(word)
    return field is not None and field["key"].casefold() not in SAYING_KEYS


def _singular(line: str) -> str:
    found = False

    def one(match: re.Match[str]) -> str:
        nonlocal found
        noun = match["noun"]
        if not _is_plural(noun):
            return match[0]
        found = True
        return f"{VALUE} {match['more'] or ''}{_one(noun)}"

    folded = _COUNT.sub(one, line)
    if not found:
        return line
    folded = _THEIR.sub(lambda match: f"its {_one(match['noun'])}" if _is_plural(match["noun"]) else match[0], folded)
    return _PLURAL_VERB.sub(lambda verb: _VERBS[verb[0]], folded)


def _is_plural(noun: str) -> bool:
    if len(noun) < _SHORT:
        return noun in SHORT_PLURALS
    return is_plural(noun) or noun[:-1] in DATA_NOUNS


def _one(noun: str) -> str:
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    return noun[:-2] if noun.endswith(("sses", "ches", "shes", "xes")) else noun[:-1]
