"""Places: the context of a name in a message decides whether it is kept or is a value.

The tables of this module hold the knowledge, each with its reason. `fill` replaces the names in places of data; the
rest may still become a wildcard by evidence (see `wildcards`). Must not look at other messages.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from processor.mining import vocabulary
from processor.mining.masks import CUT, SAYING_KEYS, VALUE
from processor.mining.nouns import (
    AFTER_CODE,
    CAUSES,
    CODE_NOUNS,
    COMPANIONS,
    DATA_NOUNS,
    DEMANDS,
    FOREIGN_NOUNS,
    LABELS,
    NAMERS,
    PREPOSITIONS,
    rows,
)
from processor.mining.scripts import BLANKLESS
from processor.mining.vocabulary import WordKind, kind_of

_PARTICLES: Final = rows("and & of de da do dos das di del della la le van von der den ter ten y e bin al el")
_LEGAL: Final = rows(
    "gmbh ag kg ltd ltd. inc inc. llc plc co. corp corp. sa s.a. bv b.v. oy ab srl s.r.l. sas spa kk pty"
)
_TITLES: Final = rows(
    "mr mr. mrs mrs. ms ms. dr dr. prof prof. sir madam frau herr mme m. sr. sra. señor señora captain"
)
_LISTED: Final = rows("contact person customer patient author employee member user guest student passenger name owner")
"""Beside these, a name may be written `Last, First`."""

_NAME = re.compile(r"[^\W\d_](?:[\w'\u2019&-]|\.(?=\w))*\.?")
_LOWER_NAME = re.compile(r"[^\W\d_][\w'\u2019./&+-]*(?<![./-])")
_MASKED_NAME = re.compile(r"(?:[A-Za-z][\w.-]{0,64}/){1,4}<\*>")  # a branch: feature/<*>
_DOTTED = re.compile(r"(?:[A-Za-z_*][\w$-]*\.){2,}[A-Za-z_][\w$-]*")
_FAILURE = re.compile(
    r"(?<!\w)(?:not|no|cannot|can't|couldn't|could|failed|fail|fails|failure|error|missing|unknown|invalid|unable|denied"
    r"|undefined|exception|lacks?|requires?|required|unexpected|unsupported|refused|forbidden)(?!\w)",
    re.IGNORECASE,
)
_DENIED = re.compile(r"(?:(?:is|was|are|were) )?(?:denied|missing|required|forbidden|not (?:granted|allowed))(?=\W|$)")
"""After the name of a permission."""
_ERROR_CLASS = re.compile(r"(?:exceptions?|errors?|exc)\w*\..*[A-Z]|[A-Z]\w*(?:Exception|Error)$")
_OPENING: Final = "([\"'`"
_CLOSING: Final = ",;:!?)]\"'`"
_BEFORE_NAME: Final = " :=(\"'`\\"
_GLUED: Final = re.compile("[\"'`(=]")
_QUOTES: Final = frozenset("\"'`")
_MARKS: Final = frozenset("\"'`:=(\\")
# The argument of these is the missing name, whatever its form.
LOOKUP: Final = re.compile(
    r"(?:\w+\.)*(?:KeyError|NameError|AttributeError|ImportError|ModuleNotFoundError|UnboundLocalError|ReferenceError"
    r"|NoSuchFieldError|NoSuchMethodError|NoSuchFieldException|NoSuchMethodException|NoClassDefFoundError"
    r"|ClassNotFoundException|MissingPropertyException|NoMethodError|KeyNotFoundException|UndefinedError)"
)
_MAX_CACHED: Final = 20_000  # words
_MAX_RUN: Final = 6  # words of a name
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
        start, stop = len(taken) - len(taken.lstrip(_OPENING)), len(taken.rstrip(_CLOSING))
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
    if lead and _singular(_core(lead[-1])) in CODE_NOUNS:
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
    if before >= 0 and (_singular(tokens[before].casefold()) in CODE_NOUNS or LOOKUP.fullmatch(tokens[before])):
        return True
    if tokens[position - 1 : position] == ("=",) and before >= 0 and tokens[before].casefold() in SAYING_KEYS:
        return True
    after = position + 1
    while after < len(tokens) and tokens[after] in _QUOTES:
        after += 1
    quoted = position > 0 and tokens[position - 1] in _QUOTES
    return quoted and after < len(tokens) and _singular(tokens[after].casefold()) in CODE_NOUNS


def is_cause_place(before: str, earlier: str) -> bool:
    """Return whether a word after these two is a cause: "due to x", "caused by x", "reason: x"."""
    return before.casefold() in {"by", "to", "of", "is", "was", "=", ":"} and earlier.casefold() in CAUSES


def is_value_place(before: str, word: str) -> bool:
    """Return whether an ordinary word after `before` may still be a name: "branch main", not "user request"."""
    if before.casefold() in FOREIGN_NOUNS:
        return True
    return (_singular(before.casefold()) in DATA_NOUNS or before.casefold() in NAMERS) and (
        word.casefold() not in COMPANIONS and kind_of(word) is not WordKind.FUNCTION
    )


@lru_cache(_MAX_CACHED)
def _looks(word: str) -> tuple[bool, bool]:
    """Return whether a word may be a name by its form, and whether the next word may be because of it."""
    bare = word.lstrip(_OPENING)
    core = bare.rstrip(_CLOSING)
    may_be = bare[:1].isupper() or core.count(".") > 1 or vocabulary.is_random(core)
    lead = _lead([word], 1)
    return may_be, _singular(lead) in DATA_NOUNS or lead in NAMERS or lead in FOREIGN_NOUNS


def _name_at(words: list[str], i: int) -> tuple[str, int] | None:  # noqa: PLR0911  # a table of kinds, in order
    """Return (kind of place, index after the name) of a name that begins at word `i`."""
    word = words[i]
    bare = word.lstrip(_OPENING)
    if not bare or not (bare[0].isalpha() or bare.startswith("*.")) or word == CUT:
        return None
    core = bare.rstrip(_CLOSING)
    if vocabulary.is_random(core):
        return "letters of an id", i + 1
    lead = _lead(words, i)
    if core.count(".") > 1 and _DOTTED.fullmatch(core):
        follows = " ".join(words[i + 1 : i + 3])
        is_code = _is_code_lead(lead) or is_beside_code("", follows) or _DENIED.match(follows) is not None
        if core.rpartition(".")[2].isupper():
            return None  # a constant of an enumeration
        if (
            (is_code and _FAILURE.search(" ".join(words)))
            or kind_of(core) is WordKind.KEPT
            or _ERROR_CLASS.search(core)
        ):
            return None  # the subject of a failure; a component that merely reports is a value
        return "dotted name", i + 1
    if bare[0].isupper():
        return _capitalised(words, i, lead)
    if lead in FOREIGN_NOUNS:  # a script without blanks, in which somebody set a name apart
        return (f"beside {lead}", i + 1) if BLANKLESS.match(core) and i + 1 < len(words) else None
    if lead in NAMERS:
        before = _lead(words, i - 1)
        if _singular(before) in CODE_NOUNS or not _LOWER_NAME.fullmatch(core):
            return None
        return None if kind_of(core) in (WordKind.FUNCTION, WordKind.KEPT) else ("name", i + 1)
    if _singular(lead) in DATA_NOUNS and (_is_free(core) or _MASKED_NAME.fullmatch(core)):
        if is_demanded(" ".join(words[max(i - 2, 0) : i])):
            return None
        return f"beside {lead}", i + 1
    return None


def _is_code_lead(lead: str) -> bool:
    return _singular(lead) in CODE_NOUNS or lead in {"missing", "lacks", "perform", "requires", "denied", "have"}


def _is_free(core: str) -> bool:
    if not _LOWER_NAME.fullmatch(core) or core.casefold() in COMPANIONS:
        return False
    kind = kind_of(core)
    return kind is WordKind.NAME or ((kind is WordKind.CODE or "-" in core or "/" in core) and "(" not in core)


def _capitalised(words: list[str], i: int, lead: str) -> tuple[str, int] | None:  # noqa: PLR0911  # a table too
    end, kinds = _run(words, i, comma=_singular(lead) in _LISTED)
    if end == i:
        return None
    run = [word.strip(_OPENING + _CLOSING) for word in words[i:end]]
    folded = [word.casefold() for word in run]
    if len(run) > 1 and _singular(folded[0]) in DATA_NOUNS:
        return None  # "Supplier Bauer & Sons GmbH": the noun is no part of the name
    in_place = lead in PREPOSITIONS or lead in NAMERS
    if in_place and len(run) > 1 and vocabulary.is_currency(run[-1]):
        return "currency", end
    for stop in range(min(end, i + vocabulary.LONGEST_NAME), i, -1):
        if vocabulary.is_closed(" ".join(run[: stop - i])):
            return "country, city, language or day", stop
    if len(run) > 1 and (folded[-1] in _LEGAL or folded[0] in _TITLES):
        return "name of a company or person", end
    if in_place and len(run) == 1 and vocabulary.is_currency(run[0]) and not vocabulary.is_ordinary(run[0]):
        return "currency", end
    unknown = WordKind.NAME in kinds or (lead in FOREIGN_NOUNS and folded[0] not in COMPANIONS)
    if _singular(lead) in DATA_NOUNS or lead in FOREIGN_NOUNS or lead in NAMERS:
        before = _lead(words, i - 1)
        if lead in NAMERS and _singular(before) in CODE_NOUNS:
            return None
        return (f"beside {lead}", end) if unknown and not _is_acronym(run) else None
    if in_place and any(kind_of(word.rstrip(".")) is WordKind.NAME and not word.isupper() for word in run):
        return f"name after {lead}", end
    return None


def _is_acronym(run: list[str]) -> bool:
    return len(run) == 1 and run[0].isupper() and len(run[0]) <= 3  # noqa: PLR2004  # an acronym, not a voucher


def _run(words: list[str], i: int, *, comma: bool) -> tuple[int, list[WordKind]]:
    """Return the index after the run of words in capitals that begins at `i`, and the kinds of its words."""
    kinds: list[WordKind] = []
    end = i
    while end < len(words) and end - i < _MAX_RUN:
        word = words[end]
        core = word.strip(_OPENING + _CLOSING)
        joins = end > i and (
            core.casefold() in _LEGAL or (core.casefold() in _PARTICLES and _starts_upper(words, end + 1))
        )
        if not joins:
            if not core or not core[0].isupper() or not _NAME.fullmatch(core):
                break
            kind = kind_of(core.rstrip("."))
            if kind in (WordKind.KEPT, WordKind.CODE) and len(core) > 2:  # noqa: PLR2004  # an initial
                break
            if kind is not WordKind.FUNCTION or end > i:
                kinds.append(kind)
        end += 1
        if word[-1] in _CLOSING and not (comma and word[-1] == "," and end - i == 1 and _starts_upper(words, end)):
            break
        if word[-1] == "." and len(word) > 2 and core.casefold() not in _LEGAL | _TITLES:  # noqa: PLR2004  # "J."
            break
    return end, kinds


def _starts_upper(words: list[str], i: int) -> bool:
    return i < len(words) and words[i].lstrip(_OPENING)[:1].isupper()


def _lead(words: list[str], i: int) -> str:
    """Return the word before `i`, casefolded; "" if only punctuation or nothing is before it."""
    if i < 1:
        return ""
    lead = words[i - 1]
    return "" if lead[-1:] in _CLOSING else lead.lstrip(_OPENING).casefold()


def _core(word: str) -> str:
    return _GLUED.split(word.strip(_OPENING + _CLOSING + "=.\\"))[-1].casefold()  # err="secret


def _singular(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and word[:-1] in _ALL_NOUNS else word


_ALL_NOUNS: Final = DATA_NOUNS | CODE_NOUNS
