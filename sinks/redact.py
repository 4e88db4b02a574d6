"""Secrets and personal data removed from log text, offline.

Works on text of a bounded length (a template, a sample) with the standard library alone; the rules are data, in
redact_rules.toml: patterns, prefixes of a single provider, and keys whose value is always hidden. Idempotent. It
promises the kinds that its tests list, not every secret: by default only a template and a masked sample are posted at
all.
"""

from __future__ import annotations

import ipaddress
import math
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

from sinks.redact_keys import SHOWN, keys, like_a_value, not_prose, table, without_keyed, word_set

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_CHARS: Final = 100_000
"""Longer text is cut before it is searched; nothing of that length is ever posted."""

_CARD_DIGITS: Final = range(13, 20)
_CARD_STARTS: Final = (2, 3, 4, 5, 6)
_IBAN_CHARS: Final = range(15, 35)
_PHONE_DIGITS: Final = range(8, 16)


_NO_PERSONS: Final = word_set(
    "app user users node runner ubuntu debian ec2-user vscode nonroot site deploy circleci jenkins travis public shared"
    " appuser linuxbrew root www git cnb vcap airflow jovyan python default administrator build builder ci worker"
)
_SMALL_WORDS: Final = word_set(
    "the and for not was are has had but from with that this its all you can did any one set get"
)
_MIN_ENTROPY: Final = 3.6
_WORDS_IN: Final = re.compile(r"[A-Z]?[a-z]{3,}")
_MIN_RANDOM: Final = 16


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    pattern: re.Pattern[str]
    near: tuple[str, ...]
    forms: tuple[tuple[str, str], ...]
    start: str
    certain: bool
    check: Callable[[str, str], bool] | None


def redact(text: str) -> str:
    """Return the text with every secret and all personal data replaced by "[redacted: KIND]"."""
    text = text[:MAX_CHARS]
    look = _Look(text)
    for rule in _rules():
        if not look.may_hold(rule):
            continue
        # A key tells more about a value than its randomness does.
        after = _apply(rule, without_keyed(text) if rule.check is _random else text)
        if after is not text:
            text, look = after, _Look(after)
    return text


class _Look:
    """A first look at a text, which saves nearly all of the patterns: a sample rarely holds a secret."""

    def __init__(self, text: str) -> None:
        self._lowered = text.lower()
        self._text = text if text.isascii() else None  # `\d` and (?i) also fit characters outside of it
        self._starts = frozenset(_START.findall(text))
        self._forms: dict[str, str] = {}

    def may_hold(self, rule: _Rule) -> bool:
        """Return whether the rule's pattern can fit the text."""
        if rule.start and rule.start not in self._starts:
            return False
        if rule.near:
            for word in rule.near:  # not any(): two hundred rules
                if word in self._lowered:
                    break
            else:
                return False
        if not rule.forms or self._text is None:
            return True
        if not self._forms:
            raw = self._text.encode()
            self._forms = {name: raw.translate(*by).decode() for name, by in _FORMS.items()}
        return any(needle in self._forms[name] for name, needle in rule.forms)


_START: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{2}")
_LETTERS: Final = bytes.maketrans(
    b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", b"0" * 10 + b"A" * 26 + b"a" * 26
)
_FORMS: Final[dict[str, tuple[bytes, bytes]]] = {
    "form": (_LETTERS, b""),
    "packed": (_LETTERS, b" -"),
    "hex": (bytes.maketrans(b"0123456789ABCDEFabcdef-", b"0" * 22 + b":"), b""),
}
"""Forms of a text by the name that the rules give them: (translation, characters left out)."""


def leak(text: str) -> str:
    """Return the kind of a certain secret in this text, "" if there is none; the last check before posting."""
    lowered = text.lower()
    for rule in _rules():
        if rule.certain and any(word in lowered for word in rule.near) and rule.pattern.search(text):
            return rule.name
    return ""


def kinds() -> tuple[str, ...]:
    """Return the known kinds, in the order of search."""
    return tuple(dict.fromkeys([*(rule.name for rule in _rules()), *keys().values()]))


def _apply(rule: _Rule, text: str) -> str:
    parts: list[str] = []
    done = 0
    for found in rule.pattern.finditer(text):
        group = next((number for number in range(1, (found.re.groups or 0) + 1) if found[number] is not None), 0)
        start, end = found.span(group)
        value = text[start:end]
        if start < done or SHOWN.search(value):
            continue
        if rule.check is not None and not rule.check(value, text[max(0, start - 24) : start]):
            continue
        parts += [text[done:start], f"[redacted: {rule.name}]"]
        done = end
    return "".join([*parts, text[done:]]) if parts else text


# --- checks: (match, text before it) -> whether it is a secret --------------------------------------------
def _luhn(value: str, before: str) -> bool:
    digits = [int(char) for char in value if char.isdigit()]
    if len(digits) not in _CARD_DIGITS or len(set(digits)) == 1 or digits[0] not in _CARD_STARTS:
        return False
    del before
    doubled = [sum(divmod(digit * (1 + place % 2), 10)) for place, digit in enumerate(reversed(digits))]
    return sum(doubled) % 10 == 0


def _iban(value: str, before: str) -> bool:
    del before
    code = value.replace(" ", "")
    return len(code) in _IBAN_CHARS and int("".join(str(int(char, 36)) for char in code[4:] + code[:4])) % 97 == 1


def _public_address(value: str, before: str) -> bool:
    """Return whether it is a public address: versions look like addresses, and private addresses identify nobody."""
    if re.search(r"(?i)(?:version|release|build|\bv|==|>=|@|[a-z]/)[ :=]{0,2}$", before):
        return False
    try:
        return ipaddress.ip_address(value).is_global
    except ValueError:
        return False


def _mac(value: str, before: str) -> bool:
    del before
    return value.lower() not in ("00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff") and any(
        char in "abcdefABCDEF" for char in value
    )


def _phone(value: str, before: str) -> bool:
    del before
    return sum(char.isdigit() for char in value) in _PHONE_DIGITS


def _random(value: str, before: str) -> bool:
    """Return whether a token mixes cases and digits randomly; names in code and paths are words, ids have one case."""
    if re.search(r"(?i)(?:sha\d{0,3}[:-]|digest[:= ]{1,2}|integrity[:= ]{1,2}\S{0,12})$", before):
        return False
    part = max(re.split(r"[-_/+=~.]", value), key=len)
    if len(part) < _MIN_RANDOM or not all(re.search(kind, part) for kind in (r"\d", "[a-z]", "[A-Z]")):
        return False
    if 2 * sum(map(len, _WORDS_IN.findall(part))) >= len(part):
        return False
    return _entropy(part) >= _MIN_ENTROPY


def _entropy(value: str) -> float:
    """Return bits per character (Shannon)."""
    total = len(value)
    return -sum(n / total * math.log2(n / total) for n in Counter(value).values())


def _digit(value: str, before: str) -> bool:
    del before
    return any(char.isdigit() for char in value)


def _address(value: str, before: str) -> bool:
    """Return whether it is a person's address; not a service account, and not `git@host` of a repository."""
    del before
    name, _, host = value.partition("@")
    is_file = host.rpartition(".")[2] in ("py", "js", "go")
    return name != "git" and not host.endswith(".gserviceaccount.com") and not is_file


def _person(value: str, before: str) -> bool:
    """Return whether it is a person's home, not that of a service or an image's user."""
    del before
    return value.lower() not in _NO_PERSONS


def _seed_phrase(value: str, before: str) -> bool:
    """Return whether adjacent words form a seed phrase; a sentence has small words between them."""
    del before
    return not _SMALL_WORDS & set(value.split())


_CHECKS: Final[dict[str, Callable[[str, str], bool]]] = {
    "luhn": _luhn,
    "iban": _iban,
    "public address": _public_address,
    "mac": _mac,
    "phone": _phone,
    "digit": _digit,
    "seed phrase": _seed_phrase,
    "person": _person,
    "random": _random,
    "not prose": not_prose,
    "like a value": like_a_value,
    "address": _address,
}


@cache
def _rules() -> tuple[_Rule, ...]:
    data = table()
    tokens = [
        _Rule(
            name,
            re.compile(rf"(?<![A-Za-z0-9]){re.escape(prefix)}{rest}"),
            (prefix.lower(),),
            forms=(),
            start=found[0] if (found := _START.match(prefix)) else "",
            certain=True,
            check=None,
        )
        for name, prefix, rest in data["tokens"]
    ]
    rules = tuple(
        _Rule(
            name=row["name"],
            pattern=re.compile(row["pattern"]),
            near=tuple(row.get("near", ())),
            start="",
            forms=tuple((name, needle) for name in _FORMS for needle in row.get(name, ())),
            certain=row.get("certain", False),
            check=_CHECKS[row["check"]] if "check" in row else None,
        )
        for row in data["rules"]
    )
    # A match by form is named by it; a merely random match comes last.
    return (*rules[:1], *tokens, *rules[1:])
