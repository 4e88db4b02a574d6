"""Hide names of people, customers and things inside sentences, which have no form of their own.

A log line consists of words of the language and of the trade, with names filled in. A word that is neither in the word
list nor written like code is hidden if it can be a name: capitalised in the middle of a sentence, after a noun of data
(`customer`, `patient`, `bucket`) or a preposition, in quotes, or as a value of a key. Works on a single text with the
standard library alone; idempotent.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from typing import Final

from processor.model.patterns import regex


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


HIDDEN: Final = "…"
MAX_CHARS: Final = 20_000
_SUFFIXES: Final = (
    *(("s", ""), ("es", ""), ("ies", "y"), ("ed", ""), ("ed", "e"), ("d", ""), ("ing", ""), ("ing", "e"), ("ly", "")),
    *(("er", ""), ("er", "e"), ("ers", ""), ("ers", "e"), ("ness", ""), ("ings", ""), ("ings", "e"), ("est", "")),
    *(("or", "e"), ("ors", "e"), ("able", ""), ("able", "e"), ("est", "e"), ("ied", "y")),
)
_PREFIXES: Final = ("un", "re", "de", "non", "pre", "sub", "mis", "auto", "multi", "micro", "inter", "over")
_MIN_STEM: Final = 3
_NOUNS: Final = _set(
    """
    password passphrase passcode secret token pin
    user username account customer client patient tenant member employee guest contact recipient sender owner author
    driver student teacher doctor passenger applicant beneficiary medication drug medicine person people player
    buyer seller merchant vendor supplier company organization organisation org team group project workspace bucket
    queue topic device city street country region host hostname order coupon cardholder holder payee payer
    subscriber visitor citizen resident partner candidate caller agent operator mailbox inbox nickname alias login
    named called surname lastname firstname family household insured policyholder borrower landlord lawyer
    attorney judge nurse physician manager boss colleague friend child parent spouse wife husband mother father
    school clinic hospital hotel restaurant shop store brand dear hello hi mr mrs ms miss dr prof sir madam search
    query term keyword tag label playlist album artist folder file document recipe product item article channel room
    chat invited invitee assignee reporter
    """
)
_PERSONS: Final = _set(
    """
    user username account customer patient tenant member employee guest contact recipient sender author student
    teacher doctor passenger applicant beneficiary medication drug medicine person player buyer seller merchant
    vendor supplier company organization cardholder holder payee payer subscriber visitor citizen named called
    surname lastname firstname family given mr mrs ms miss dr prof dear nickname alias city street coupon
    """
)
_BEFORE: Final = _NOUNS | _set("for by to from with against via")
_CODE_NOUNS: Final = _set(
    """
    column relation attribute module argument key permission method flag metric class table constraint bean variable
    function field property parameter command package library type extension option index schema view trigger migration
    operator interface protocol enum constant namespace scope role policy feature setting plugin dependency import
    keyerror nameerror importerror attributeerror modulenotfounderror indexerror
    """
)
_NAMING: Final = frozenset(("named", "called", "name", "is", "of"))
_RUN: Final = regex(r"[A-Za-z0-9]{5,}")
_HUMP: Final = regex(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_DOES: Final = _set(
    """
    is was has had does did cannot can could may must will would logged signed requested called tried asked created
    deleted uploaded paid ordered bought sent joined left registered changed wants needs owns exceeded already not
    no never and or with from at
    """
)
_WORD: Final = regex(r"[^\W\d_]+(?:['\u2019-][^\W\d_]+){0,4}")
_TOKEN: Final = regex(r"\S+")
_CODE: Final = regex(
    r"[\d_<>{}()$%@#/\\…]|[a-z][A-Z]|[A-Z]{2}[a-z]|\w[.:]{1,2}\w|\[redacted|^[A-Z]{1,12}s?$|^[a-z]{1,2}$|=$"
)
_EDGE: Final = "\"'`.,;:!?()[]{}<>=*|\u2018\u2019\u201c\u201d"
_QUOTES: Final = "\"'`\u2018\u201c"
_SENTENCE_END: Final = regex(r"[.!?:\])|>-]$|^\W+$")
_LOGINS: Final = _set("username login screenname loginname userlogin nickname handle")
"""Keys of names that may have digits: zofian84."""
_KEY_VALUE: Final = regex(r"([A-Za-z][\w.-]{1,40})['\"]?[=:](['\"]?)([^\W\d_][^\s'\",;&=]{1,60})(['\"]?[,;)]?)$")
_JOINT: Final = "\ue000"  # for the blanks of redacted text: it is a single word to this module
_REDACTED: Final = regex(r"\[redacted: [\w .&-]{1,40}\]")
_ROUTE: Final = regex(r"(?<![\w./:])/(?:[\w.~%*<>…+:@'\u2019-]+/?){1,14}")
_COLLECTIONS: Final = _set(
    """
    search users user customers customer patients patient tenants tenant members member people person profile
    profiles accounts account employees contacts students orgs organizations teams companies tags tag tagged authors
    author artists artist players u by-name lookup named shops stores cities q find autocomplete suggest
    """
)
_ACTIONS: Final = _set(
    """
    me self new list all create update delete edit login logout signup register search export import count settings
    profile password session sessions token tokens batch bulk status health invite verify current activate
    deactivate check lookup query find latest recent active inactive stats summary details info v
    """
)


def hide(text: str) -> str:
    """Return the text with likely names replaced by "…"; white space is unchanged."""
    text = _REDACTED.sub(lambda found: found[0].replace(" ", _JOINT), text[:MAX_CHARS].replace(_JOINT, " "))
    text = _ROUTE.sub(lambda found: _route(found[0]), text)
    return "\n".join(map(_line, text.split("\n"))).replace(_JOINT, " ")


def is_known(word: str) -> bool:
    """Return whether a word, letters only, belongs to the language or the trade, in some form."""
    word = word.lower()
    if _is_listed(word):
        return True
    return any(word.startswith(one) and len(word) > len(one) + 2 and _is_listed(word[len(one) :]) for one in _PREFIXES)


def _is_listed(word: str) -> bool:
    words = _words()
    if word in words:
        return True
    for suffix, ending in _SUFFIXES:
        stem = word.removesuffix(suffix)
        if stem != word and len(stem) >= _MIN_STEM:
            if stem + ending in words:
                return True
            # stopped, planning: the last letter is doubled.
            if stem[-1] == stem[-2] and stem[:-1] in words:
                return True
    return False


def _line(line: str) -> str:
    parts: list[str] = []
    end = 0
    before, quoted, name_before = "", False, False
    at_start = True
    tokens = list(_TOKEN.finditer(line))
    for found, following in zip(tokens, [*tokens, None][1:], strict=True):
        token, after = found[0], following[0] if following else ""
        parts.append(line[end : found.start()])
        end = found.end()
        # The first word of a sentence is capitalised anyway; a person's name is followed by another name or a verb.
        two = after[:1].isupper() and after[1:2].islower()
        opens = at_start and not two and after not in _DOES
        hidden = _token(token, before, at_start=opens, beside_name=name_before, quoted=quoted)
        parts.append(hidden)
        name_before = hidden != token
        bare = token.strip(_EDGE)
        at_start = bool(_SENTENCE_END.search(token)) and not name_before
        # A stretch of quoted words is a single value or sentence; only its first word has a neighbour before it.
        quoted = token[:1] in _QUOTES and token[-1:] not in _QUOTES
        # "no module named 'x'": the noun counts.
        if bare and not (before in _CODE_NOUNS and bare.lower() in _NAMING):
            before = bare.lower()
    parts.append(line[end:])
    return "".join(parts)


def _token(token: str, before: str, *, at_start: bool, beside_name: bool, quoted: bool) -> str:
    if pair := _KEY_VALUE.search(token):
        return _pair(token, pair)
    if HIDDEN in token:
        return _RUN.sub(lambda found: HIDDEN if _is_scrambled(found[0]) else found[0], token)
    bare = token.strip(_EDGE)
    if not bare or _CODE.search(bare) or not _WORD.fullmatch(bare):
        return token
    alone = token[:1] in _QUOTES and token.rstrip(".,;:)]")[-1:] in _QUOTES
    if not _is_name(bare, before, at_start=at_start, beside_name=beside_name, quoted=alone or quoted):
        return token
    start = token.find(bare)
    return f"{token[:start]}{HIDDEN}{token[start + len(bare) :]}"


def _is_name(word: str, before: str, *, at_start: bool, beside_name: bool, quoted: bool) -> bool:
    capital, known = word[:1].isupper(), all(is_known(part) for part in re.split(r"['\u2019-]", word))
    if word.lower().endswith(("n't", "n\u2019t")):
        return False
    if known:
        # Grace, Mark, Will: ordinary words, except by position.
        return (before in _PERSONS and (quoted or (capital and not at_start))) or (
            capital and beside_name and not at_start
        )
    if not word.isascii():
        return capital or quoted or before in _BEFORE
    if before in _CODE_NOUNS:
        return False
    if capital:
        return not at_start or (quoted and before in _PERSONS)
    return quoted or before in _BEFORE or beside_name


def _is_scrambled(run: str) -> bool:
    """Return whether a token is left over from masking: letters in both cases that are no words."""
    humps = _HUMP.findall(run)
    return len(humps) > 1 and not any(len(one) > _MIN_STEM and is_known(one) for one in humps)


def _pair(token: str, found: re.Match[str]) -> str:
    """Hide the value in `user=zofia`, if it is no word."""
    value = found[3]
    login = found[1].lower().replace("_", "") in _LOGINS and value.isalnum()
    if (_CODE.search(value) and not login) or all(is_known(part) for part in _WORD.findall(value)):
        return token
    return f"{token[: found.start(3)]}{HIDDEN}{token[found.end(3) :]}"


def _route(path: str) -> str:
    """Hide names in a request's path: segments that are no words, or that follow a collection of people."""
    parts = path.split("/")
    for at, part in enumerate(parts):
        if not part or _CODE.search(part):
            continue
        words = re.split(r"[-.~+]", part.lower())
        named = at > 0 and parts[at - 1].lower() in _COLLECTIONS and part.lower() not in _ACTIONS
        if named or not all(is_known(word) for word in words if word.isalpha()):
            parts[at] = HIDDEN
    return "/".join(parts)


@cache
def _words() -> frozenset[str]:
    text = resources.files("sinks").joinpath("words.txt").read_text("utf-8")
    return frozenset(word for line in text.split("\n") if not line.startswith("#") for word in line.split())
