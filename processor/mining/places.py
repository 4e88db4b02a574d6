"""Places: the context of a name in a message decides whether it is kept or is a value.

The tables of this module hold the knowledge, each with its reason. `fill` replaces the names in places of data; the
rest may still become a wildcard by evidence (see `wildcards`). Must not look at other messages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from processor.mining import capitals, lists, vocabulary
from processor.mining.capitals import CLOSING, OPENING
from processor.mining.masks import CUT, SAYING_KEYS, VALUE
from processor.mining.nouns import (
    AFTER_CODE,
    CAUSES,
    CODE_NOUNS,
    COMPANIONS,
    DATA_NOUNS,
    DEMANDS,
    FOREIGN_NOUNS,
    FOREIGN_PREPOSITIONS,
    KEYS_OF_NAMES,
    LABELS,
    NAMERS,
    NAMES_TOO,
    NULLS,
    OBJECT_KINDS,
    PLACES_OF_DATA,
    PREPOSITIONS,
    rows,
)
from processor.mining.scripts import BLANKLESS
from processor.mining.vocabulary import WordKind, kind_of
from processor.model.patterns import regex

_LISTED: Final = rows("contact person customer patient author employee member user guest student passenger name owner")
"""Beside these, a name may be written `Last, First`."""

_LOWER_NAME = regex(r"[^\W\d_][\w'\u2019./&+-]*(?<![./-])")
_MASKED_NAME = regex(r"(?:[A-Za-z][\w.-]{0,64}/){1,4}<\*>")  # a branch: feature/<*>
_DOTTED = regex(r"(?:[A-Za-z_*][\w$-]*\.){2,}[A-Za-z_][\w$-]*")
_NAMESPACED = regex(r"[a-z][a-z.-]{0,62}/[a-z][a-z.-]{0,62}")
_FAILURE = regex(
    r"(?<!\w)(?:not|no|cannot|can't|couldn't|could|failed|fail|fails|failure|error|missing|unknown|invalid|unable|denied"
    r"|undefined|exception|lacks?|requires?|required|needs?|unexpected|unsupported|refused|forbidden)(?!\w)",
    re.IGNORECASE,
)
_DENIED = regex(r"(?:(?:is|was|are|were) )?(?:denied|missing|required|forbidden|not (?:granted|allowed))(?=\W|$)")
"""After the name of a permission."""
_NAMES_DATA = regex(r"(?<!\w)name=[\"'`\\]*$", re.IGNORECASE)  # in a list of fields: the name of anything
_ERROR_CLASS = regex(r"(?:exceptions?|errors?|exc)\w*\..*[A-Z]|[A-Z]\w*(?:Exception|Error)$")
_ABSENT: Final = " does not exist"
_BEFORE_NAME: Final = " :=(\"'`\\"
_GLUED: Final = regex("[\"'`(=]")
_QUOTES: Final = frozenset("\"'`")
_MARKS: Final = frozenset("\"'`:=([\\")
# The argument of these is the missing name, whatever its form.
LOOKUP: Final = regex(
    r"(?:\w+\.)*(?:KeyError|NameError|AttributeError|ImportError|ModuleNotFoundError|UnboundLocalError|ReferenceError"
    r"|NoSuchFieldError|NoSuchMethodError|NoSuchFieldException|NoSuchMethodException|NoClassDefFoundError"
    r"|ClassNotFoundException|MissingPropertyException|NoMethodError|KeyNotFoundException|UndefinedError)"
)
_MAX_CACHED: Final = 20_000  # words
_Trace = Callable[[str, str], None]


def fill(line: str, trace: _Trace | None = None) -> str:
    """Replace the names in places of data by values; pass each name and its kind of place to `trace`."""
    words = line.split(" ")
    out: list[str] = []
    i = 0
    leads = False
    while i < len(words):
        may_be, led = _looks(words[i])
        found = _name_at(words, i) if may_be or leads else None
        leads = led
        if found is None:
            out.append(words[i])
            i += 1
            continue
        place, end = found
        taken = " ".join(words[i:end])
        start, stop = len(taken) - len(taken.lstrip(OPENING)), len(taken.rstrip(CLOSING))
        if "(" in taken[start:stop] and taken[stop : stop + 1] == ")":
            stop += 1  # Health Potion (<*>)
        if trace is not None:
            trace(place, taken[start:stop])
        out.append(f"{taken[:start]}{VALUE}{taken[stop:]}")
        i = end
    return line if len(out) == len(words) and out == words else " ".join(out)


def is_beside_code(before: str, after: str) -> bool:
    """Return whether a name between these two texts names an item of code, schema or configuration."""
    lead = before.rstrip(_BEFORE_NAME).rsplit(" ", 3)[-3:]
    while lead and _core(lead[-1]) in AFTER_CODE:
        lead.pop()
    if lead and _singular(_core(lead[-1])) in CODE_NOUNS and not _NAMES_DATA.search(before):
        return True
    if after.startswith(_ABSENT):
        return True
    follows = after.lstrip(" ").split(" ", 2)[:2]
    return bool(follows) and (
        (not after[:1].isalnum() and _singular(_core(follows[0])) in CODE_NOUNS)
        or " ".join(follows) in {"is not", "is undefined", "is null", "is None", "is nil", "not defined"}
    )


def is_beside_data(before: str) -> bool:
    """Return whether the text before a name ends with a noun of data."""
    lead = before.rstrip(_BEFORE_NAME).rsplit(" ", 2)[-2:]
    while lead and _core(lead[-1]) in NAMERS:
        lead.pop()
    return bool(lead) and _singular(_core(lead[-1])) in DATA_NOUNS


def is_demanded(before: str) -> bool:
    """Return whether the text before a name demands an item of this name: "missing label"."""
    lead = [_core(word) for word in before.rstrip(_BEFORE_NAME).rsplit(" ", 2)[-2:]]
    return len(lead) > 1 and lead[0] in DEMANDS and _singular(lead[1]) in LABELS


def is_code_place(tokens: Sequence[str], position: int) -> bool:
    """Return whether the token at a position names code: "package 'x'", "no field x", "KeyError: 'x'"."""
    before = position - 1
    while before >= 0 and (tokens[before] in _MARKS or tokens[before].casefold() in AFTER_CODE):
        before -= 1
    if before >= 0 and tokens[before + 1] == "=" and tokens[before].casefold() == "name":
        return False
    if before >= 0 and (_singular(tokens[before].casefold()) in CODE_NOUNS or LOOKUP.fullmatch(tokens[before])):
        return True
    if tokens[position - 1 : position] == ("=",) and before >= 0 and tokens[before].casefold() in SAYING_KEYS:
        return True
    after = position + 1
    while after < len(tokens) and tokens[after] in _QUOTES:
        after += 1
    quoted = position > 0 and tokens[position - 1] in _QUOTES
    if quoted and tuple(tokens[after : after + 3]) == ("does", "not", "exist"):
        return before < 0 or _singular(tokens[before].casefold()) not in DATA_NOUNS
    return quoted and after < len(tokens) and _singular(tokens[after].casefold()) in CODE_NOUNS


def is_cause_place(before: str, earlier: str) -> bool:
    """Return whether a word after these two is a cause: "due to x", "caused by x", "reason: x"."""
    return before.casefold() in {"by", "to", "of", "is", "was", "=", ":"} and earlier.casefold() in CAUSES


def is_value_place(before: str, word: str) -> bool:
    """Return whether a word after `before` may be a name: "branch main", not "user request", "orders exist"."""
    if before.casefold() in FOREIGN_NOUNS:
        return True
    if before.casefold() in {"env", "environment"} and word.isupper() and "_" in word:
        return False  # env STRIPE_KEY
    return (before.casefold() in DATA_NOUNS or before.casefold() in NAMERS) and (
        word.casefold() not in COMPANIONS and kind_of(word) is not WordKind.FUNCTION
    )


@lru_cache(_MAX_CACHED)
def _looks(word: str) -> tuple[bool, bool]:
    """Return whether a word may be a name by its form, and whether the next word may be because of it."""
    bare = word.lstrip(OPENING)
    core = bare.rstrip(CLOSING)
    may_be = bare[:1].isupper() or core.count(".") > 1 or vocabulary.is_random(core)
    may_be = may_be or core in capitals.PARTICLES_FIRST
    lead = _lead([word.rstrip(":")], 1)
    return may_be, _singular(lead) in DATA_NOUNS or lead in NAMERS or lead in FOREIGN_NOUNS or lead in OBJECT_KINDS


def _name_at(words: list[str], i: int) -> tuple[str, int] | None:  # noqa: PLR0911  # a table of kinds, in order
    """Return (kind of place, index after the name) of a name that begins at word `i`."""
    word = words[i]
    bare = word.lstrip(OPENING)
    if not bare or not (bare[0].isalpha() or bare.startswith("*.")) or word == CUT:
        return None
    core = bare.rstrip(CLOSING)
    if vocabulary.is_random(core):
        return "letters of an id", i + 1
    lead = _lead(words, i)
    if core.count(".") > 1 and _DOTTED.fullmatch(core):
        return _dotted(words, i, lead, core)
    if not lead and words[i - 1][-1:] == ":" and _is_introduced(words, i, core):
        return "after a noun of data", i + 1
    if core in NULLS and _singular(lead) in DATA_NOUNS:
        return f"beside {lead}", i + 1
    if i and words[i - 1].rstrip(":")[-1:] == "s" and (last := lists.list_end(words, i)):
        return "a list of names", last
    if bare[0].isupper():
        return _capitalised(words, i, lead)
    return _in_small_letters(words, i, lead, core)


def _in_small_letters(words: list[str], i: int, lead: str, core: str) -> tuple[str, int] | None:  # noqa: PLR0911  # too
    if lead in OBJECT_KINDS and _NAMESPACED.fullmatch(core):
        return f"beside {lead}", i + 1
    if core in capitals.PARTICLES_FIRST and (lead in PREPOSITIONS or _singular(lead) in DATA_NOUNS):
        last = capitals.run_after_particles(words, i, comma=True)
        return (f"name after {lead}", last) if last else None
    if lead in FOREIGN_NOUNS:  # a script without blanks, in which somebody set a name apart
        return (
            (f"beside {lead}", i + 1) if BLANKLESS.match(core) and (i + 1 < len(words) or words[i][-1] == ")") else None
        )
    if lead in NAMERS:
        before = _lead(words, i - 1)
        if _singular(before) in CODE_NOUNS or not _LOWER_NAME.fullmatch(core):
            return None
        return None if kind_of(core) in (WordKind.FUNCTION, WordKind.KEPT) else ("name", i + 1)
    if core in NAMES_TOO and lead in KEYS_OF_NAMES and capitals.ends_subject(words, i):
        return f"beside {lead}", i + 1
    if _singular(lead) in DATA_NOUNS and (_is_free(core) or _MASKED_NAME.fullmatch(core)):
        if is_demanded(" ".join(words[max(i - 2, 0) : i])):
            return None
        return f"beside {lead}", i + 1
    return None


def _dotted(words: list[str], i: int, lead: str, core: str) -> tuple[str, int] | None:
    follows = " ".join(words[i + 1 : i + 3])
    is_code = _is_code_lead(lead) or is_beside_code("", follows) or _DENIED.match(follows) is not None
    if core.rpartition(".")[2].isupper():
        return None  # a constant of an enumeration
    if (is_code and _FAILURE.search(" ".join(words))) or kind_of(core) is WordKind.KEPT or _ERROR_CLASS.search(core):
        return None  # the subject of a failure; a component that merely reports is a value
    return "dotted name", i + 1


def _is_introduced(words: list[str], i: int, core: str) -> bool:
    """Return whether a name ends a clause after a noun and a colon: "published to topic: payments.eu"."""
    if i < 2 or _core(words[i - 1]) not in PLACES_OF_DATA or _lead(words, i - 1) not in PREPOSITIONS:  # noqa: PLR2004
        return False
    return (i + 1 == len(words) or words[i][-1] in ",;)") and (_is_free(core) or kind_of(core) is WordKind.NAME)


def _is_code_lead(lead: str) -> bool:
    return _singular(lead) in CODE_NOUNS or lead in {
        "missing", "lacks", "perform", "requires", "denied", "have", "needs", "need", "granted", "grant", "lacking",
    }  # fmt: skip


def _is_free(core: str) -> bool:
    if not _LOWER_NAME.fullmatch(core) or core.casefold() in COMPANIONS:
        return False
    kind = kind_of(core)
    return kind is WordKind.NAME or ((kind is WordKind.CODE or "-" in core or "/" in core) and "(" not in core)


def _capitalised(words: list[str], i: int, lead: str) -> tuple[str, int] | None:  # noqa: PLR0911  # a table too
    is_listed = i > 0 and capitals.is_last_first(words, i)
    end, kinds = capitals.run(words, i, comma=is_listed or _singular(lead) in _LISTED)
    if end == i:
        return None
    run = [word.strip(OPENING + CLOSING) for word in words[i:end]]
    folded = [word.casefold() for word in run]
    is_noun = _singular(folded[0]) in DATA_NOUNS or folded[0] in FOREIGN_NOUNS
    if len(run) > 1 and is_noun and _singular(lead) not in DATA_NOUNS:
        return None  # "Supplier Bauer & Sons GmbH": the noun is no part of the name
    if _singular(lead) in DATA_NOUNS and (last := capitals.subject_end(words, i)) > end:
        return f"beside {lead}", last
    in_place = lead in PREPOSITIONS or lead in FOREIGN_PREPOSITIONS or lead in NAMERS
    if in_place and len(run) > 1 and vocabulary.is_currency(run[-1]):
        return "currency", end
    for stop in range(min(end, i + vocabulary.LONGEST_NAME), i, -1):
        if vocabulary.is_closed(" ".join(run[: stop - i])):
            return "country, city, language or day", stop
    if len(run) > 1 and (is_listed or folded[-1] in capitals.LEGAL or folded[0] in capitals.TITLES):
        return "name of a company or person", end
    if in_place and len(run) == 1 and vocabulary.is_currency(run[0]) and not vocabulary.is_ordinary(run[0]):
        return "currency", end
    unknown = WordKind.NAME in kinds or (lead in FOREIGN_NOUNS and folded[0] not in COMPANIONS)
    if _singular(lead) in DATA_NOUNS or lead in FOREIGN_NOUNS or lead in NAMERS:
        before = _lead(words, i - 1)
        if lead in NAMERS and _singular(before) in CODE_NOUNS:
            return None
        return (f"beside {lead}", end) if unknown and not capitals.is_acronym(run) else None
    if in_place and any(kind_of(word.rstrip(".")) is WordKind.NAME and not word.rstrip("s").isupper() for word in run):
        return f"name after {lead}", end
    return None


def _lead(words: list[str], i: int) -> str:
    """Return the word before `i`, casefolded; "" if only punctuation or nothing is before it."""
    if i < 1:
        return ""
    lead = words[i - 1]
    return "" if lead[-1:] in CLOSING else lead.lstrip(OPENING).casefold()


def _core(word: str) -> str:
    return _GLUED.split(word.strip(OPENING + CLOSING + "=.\\"))[-1].casefold()  # err="secret


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and word[:-1] in _ALL_NOUNS else word


_ALL_NOUNS: Final = DATA_NOUNS | CODE_NOUNS
