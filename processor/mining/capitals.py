"""Capitals: the extent of a name of several words, whose words are written with capitals or typed by people.

Promises: pure functions of a message's words and a place in it.
"""

from __future__ import annotations

from typing import Final

from processor.mining.masks import VALUE
from processor.mining.nouns import AUXILIARIES, COMPANIONS, PREPOSITIONS, rows
from processor.mining.vocabulary import WordKind, is_ordinary, kind_of
from processor.model.patterns import regex

OPENING: Final = "([\"'`"
CLOSING: Final = ",;:!?)]\"'`"
_PARTICLES: Final = rows(
    "and & of the de da do dos das di del della la le les du des van von der den dem ter ten te zu zum zur vom am im y"
    " e et und och og i bin ibn bint ben abu al el af på sur sous en"
)
LEGAL: Final = rows(
    "gmbh ag kg ltd ltd. inc inc. llc plc co. corp corp. sa s.a. bv b.v. oy ab srl s.r.l. sas spa kk pty"
    " s.l. s.a.s. sarl s.p.a. a/s aps oyj nv n.v. kft zrt d.o.o. doo a.s. s.r.o. ltda ltda. lda lda. e.v. ug ohg"
    " gbr kgaa llp pvt pte bhd sdn k.k."
)
PARTICLES_FIRST: Final = rows("van von der den ter ten de del della di da du la le bin ibn al el")
"""A name may begin with these, in small letters."""
TITLES: Final = rows(
    "mr mr. mrs mrs. ms ms. dr dr. prof prof. sir madam frau herr herrn mme m. sr. sra. señor señora captain"
)
_NAME = regex(r"[^\W\d_](?:[\w'\u2019&-]|\.(?=\w))*\.?")
_MAX_RUN: Final = 6  # words of a name
_MAX_SUBJECT: Final = 7  # words of a name before the verb
_BRACKETED = regex(r"[(\[](?:<\*>|[^\s()\[\]]{1,24})[)\]]")


def run(words: list[str], i: int, *, comma: bool) -> tuple[int, list[WordKind]]:
    """Return the index after the run of words in capitals that begins at `i`, and the kinds of its words."""
    kinds: list[WordKind] = []
    end = i
    while end < len(words) and end - i < _MAX_RUN:
        word = words[end]
        core = word.strip(OPENING + CLOSING)
        joins = end > i and (core.casefold() in LEGAL or _joins(words, end))
        if not joins:
            if not core or not core[0].isupper() or not _NAME.fullmatch(core):
                break
            kind = kind_of(core.rstrip("."))
            if kind in (WordKind.KEPT, WordKind.CODE) and len(core) > 2:  # noqa: PLR2004  # an initial
                break
            if kind is not WordKind.FUNCTION or end > i:
                kinds.append(kind)
        end += 1
        if word[-1] in CLOSING and not (comma and word[-1] == "," and end - i == 1 and _starts_upper(words, end)):
            break
        if word[-1] == "." and len(word) > 2 and core.casefold() not in LEGAL | TITLES:  # noqa: PLR2004  # "J."
            break
    return end, kinds


def run_after_particles(words: list[str], i: int, *, comma: bool) -> int:
    """Return the index after a name that begins with particles, "van den Berg, J."; 0 for none."""
    start = i
    while start < len(words) and words[start] in PARTICLES_FIRST:
        start += 1
    end, kinds = run(words, start, comma=comma)
    return end if end > start and WordKind.NAME in kinds else 0


def _starts_upper(words: list[str], i: int) -> bool:
    return i < len(words) and words[i].lstrip(OPENING)[:1].isupper()


def _joins(words: list[str], i: int) -> bool:
    """Return whether a particle, or two, join the name before `i` with the one after: "Sword of the Dawn"."""
    if words[i] == VALUE:  # Trail Runner 3 GTX
        return _starts_upper(words, i + 1) and kind_of(words[i + 1].strip(OPENING + CLOSING)) is WordKind.NAME
    if words[i].casefold() not in _PARTICLES:
        return False
    return _starts_upper(words, i + 1) or (words[i + 1 : i + 2] != [] and _joins(words, i + 1))


def is_last_first(words: list[str], i: int) -> bool:
    """Return whether a person is named there as in a register, and a clause ends or a verb follows: "Ek, Bo: ..."."""
    pair = words[i : i + 2]
    if len(pair) < 2 or pair[0][-1] != "," or not _starts_upper(words, i + 1):  # noqa: PLR2004
        return False
    if any(kind_of(word.strip(OPENING + CLOSING + ".")) is not WordKind.NAME and len(word) > 2 for word in pair):  # noqa: PLR2004  # an initial
        return False
    return pair[1][-1] in ":;)" or (i + 2 < len(words) and words[i + 2].casefold() in AUXILIARIES)


def subject_end(words: list[str], i: int) -> int:
    """Return the index after a name that begins at `i` and is the subject of a verb; 0 for none.

    A person typed it, so that its words are any: "thermostat Living room did not". Words of which each begins with a
    capital are rather a component, unless one is unknown: "Order Processing has failed".
    """
    if not words[i][:1].isupper() or words[i].casefold() in COMPANIONS:
        return 0
    end = i
    while end < len(words) and words[end].casefold() not in AUXILIARIES:
        word = words[end]
        is_last = end + 1 < len(words) and words[end + 1].casefold() in AUXILIARIES
        if end - i >= _MAX_SUBJECT or (word[-1] in CLOSING and not _BRACKETED.fullmatch(word) and not is_last):
            return 0
        if kind_of(word) is WordKind.KEPT and word.isalpha():
            return 0
        end += 1
    run = words[i:end]
    if end == len(words) or len(run) < 2:  # noqa: PLR2004  # one word is decided by its kind
        return 0
    is_component = all(word[:1].isupper() and is_ordinary(word) for word in run)
    return 0 if is_component or run[-1] == VALUE else end


def is_acronym(run: list[str]) -> bool:
    """Return whether a name is an acronym and not a voucher."""
    return len(run) == 1 and run[0].isupper() and len(run[0]) <= 3  # noqa: PLR2004  # letters


def ends_subject(words: list[str], i: int) -> bool:
    """Return whether a clause ends with word `i`, or a verb or another clause follows."""
    follows = words[i + 1].casefold() if i + 1 < len(words) else ""
    return not follows or words[i][-1] in CLOSING or follows in AUXILIARIES or follows in PREPOSITIONS
