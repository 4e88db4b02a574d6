"""Tests of what a rule found: (match, text before it) -> whether it is a secret. Checksums, dates, randomness."""

from __future__ import annotations

import ipaddress
import math
import re
from collections import Counter
from typing import TYPE_CHECKING, Final

from processor.model.patterns import regex
from sinks.names import is_known
from sinks.redact_keys import like_a_value, not_prose, word_set

if TYPE_CHECKING:
    from collections.abc import Callable

_CARD_DIGITS: Final = range(13, 20)
_CARD_STARTS: Final = (2, 3, 4, 5, 6)
_IBAN_CHARS: Final = range(15, 35)
_PHONE_DIGITS: Final = range(8, 16)
_CHINESE: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


_NO_PERSONS: Final = word_set(
    "app user users node runner ubuntu debian ec2-user vscode nonroot site deploy circleci jenkins travis public shared"
    " appuser linuxbrew root www git cnb vcap airflow jovyan python default administrator build builder ci worker"
)
_SMALL_WORDS: Final = word_set(
    "the and for not was are has had but from with that this its all you can did any one set get"
)
_MIN_ENTROPY: Final = 3.6
_WORDS_IN: Final = regex(r"[A-Z]?[a-z]{3,}")
_MIN_RANDOM: Final = 16
_MIN_JOINED: Final = 32
_MIN_JOINED_ENTROPY: Final = 4.4
_LONG_WORD: Final = 6
"""Letters of a word that counts as one although no list has it; three small letters in a row are often chance."""


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


def is_random(value: str, before: str) -> bool:
    """Return whether a token mixes cases and digits randomly; names in code and paths are words, ids have one case."""
    if re.match(r"sha\d{1,3}-", value) or re.search(
        r"(?i)(?:sha\d{0,3}[:-]|digest[:= ]{1,2}|integrity[:= ]{1,2}\S{0,12})$", before
    ):
        return False
    part = max(re.split(r"[-_/+=~.]", value), key=len)
    if len(part) < _MIN_RANDOM and ("+" in value or "/" in value):
        # Base64 that is split into short parts by its own signs.
        part = re.sub("[-_/+=~.]", "", value)
        return len(part) >= _MIN_JOINED and _is_mixed(part) and _entropy(part) >= _MIN_JOINED_ENTROPY
    return len(part) >= _MIN_RANDOM and _is_mixed(part) and _entropy(part) >= _MIN_ENTROPY


def _is_mixed(part: str) -> bool:
    """Return whether it has digits and both cases, and is not mostly made of words."""
    if not all(re.search(kind, part) for kind in (r"\d", "[a-z]", "[A-Z]")):
        return False
    words = [found for found in _WORDS_IN.findall(part) if len(found) >= _LONG_WORD or is_known(found)]
    return 2 * sum(map(len, words)) < len(part)


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


def _one_case(value: str, before: str) -> bool:
    """Return whether a token of one case is random; hexadecimal digests and identifiers are not meant."""
    part = max(re.split("[-_]", value), key=len)
    digits = sum(char.isdigit() for char in part)
    # Base32 has six digits in 32 signs, and nobody writes thirty capital letters without a space.
    least = 20 if part.isupper() else 8
    if digits * least < len(part) or digits * 2 > len(part) or re.fullmatch("[0-9a-fA-F]+", part):
        return False
    del before
    return len(re.findall(r"[A-Za-z]\d", part)) * least >= len(part) and _entropy(part) >= _MIN_ENTROPY


def _modulo_11(value: str, before: str) -> bool:
    """Check a CUIT (20-12345678-6) or RUT (12.345.678-5): weights 2 to 7, from the right."""
    del before
    body, _, digit = value.upper().replace(".", "").rpartition("-")
    digits = [int(char) for char in reversed(body.replace("-", ""))]
    rest = -sum(each * (2 + place % 6) for place, each in enumerate(digits)) % 11
    return digit == {10: "K"}.get(rest, str(rest))


def _modulo_23(value: str, before: str) -> bool:
    """Check the letter of a Spanish DNI or NIE; "74727696K" of memory is neither in 22 cases of 23."""
    del before
    number = value[:-1].replace("-", "").translate(str.maketrans("XYZ", "012"))
    return value[-1] == "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23]


def _birth_date(value: str, before: str) -> bool:
    """Return whether six digits are a date, year or day first."""
    del before
    one, month, three = int(value[:2]), int(value[2:4]), int(value[4:6])
    return 1 <= month <= 12 and (1 <= one <= 31 or 1 <= three <= 31)  # noqa: PLR2004  # months, days


def _check_digit(value: str, before: str) -> bool:
    """Check a Chinese resident identity number (18 characters) or a Singapore NRIC."""
    del before
    if len(value) == len(_CHINESE) + 1:
        total = sum(int(char) * weight for char, weight in zip(value, _CHINESE, strict=False))
        return value[-1].upper() == "10X98765432"[total % 11]
    total = sum(int(char) * weight for char, weight in zip(value[1:], (2, 7, 6, 5, 4, 3, 2), strict=False))
    total += {"T": 4, "G": 4, "M": 3}.get(value[0], 0)
    letters = {"S": "JZIHGFEDCBA", "T": "JZIHGFEDCBA", "M": "KLJNPQRTUWX"}.get(value[0], "XWUTRQPNMLK")
    return value[-1] == letters[total % 11]


CHECKS: Final[dict[str, Callable[[str, str], bool]]] = {
    "luhn": _luhn,
    "iban": _iban,
    "public address": _public_address,
    "mac": _mac,
    "phone": _phone,
    "digit": _digit,
    "seed phrase": _seed_phrase,
    "person": _person,
    "random": is_random,
    "not prose": not_prose,
    "like a value": like_a_value,
    "address": _address,
    "one case": _one_case,
    "modulo 11": _modulo_11,
    "modulo 23": _modulo_23,
    "birth date": _birth_date,
    "check digit": _check_digit,
}
