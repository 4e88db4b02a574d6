"""Secrets and personal data taken out of log text, offline.

Works on text of a bounded length (a template, a sample) with the standard library alone; the rules are data, in
redact_rules.toml. Redacting twice is redacting once. It promises the kinds that its tests list, not every secret:
by default only a template and a masked sample leave at all.
"""

from __future__ import annotations

import ipaddress
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_CHARS: Final = 100_000
"""Longer text is cut before it is searched; nothing of that length is ever posted."""

_CARD_DIGITS: Final = range(13, 20)
_CARD_STARTS: Final = (2, 3, 4, 5, 6)
_IBAN_CHARS: Final = range(15, 35)
_PHONE_DIGITS: Final = range(8, 16)
_SHOWN: Final = re.compile(r"\[redacted: [A-Za-z ]+\]")
_PROSE: Final = re.compile(
    r"(?i)(?:is|was|not|for|and|the|has|must|cannot|could|will|may|no|none|null|nil|true|false|yes|empty|missing|required"
    r"|invalid|incorrect|wrong|expired|revoked|rejected|failed|failure|failing|error|unknown|undefined|mismatch|reset"
    r"|changed|updated|unset|set|ok|denied|disabled|enabled|valid|hidden|redacted|masked|hash|hashed|string|field"
    r"|authentication|authorization|verification|validation|should|too|contains|does|login|exceeded|closed|ended"
    r"|\d{1,3}|/.{0,300}|pass|passed|skip|skipped|\*+|x+|\.+|-+|%[a-z]|\$.{0,60})[.!,:;)]?"
)
_VALUE: Final = re.compile(r"(?=[^\d]*\d)(?=[^A-Za-z]*[A-Za-z]|\d{6,}).{6,}|[A-Za-z0-9+/_=-]{24,}|\d{6,}", re.DOTALL)
_CODE: Final = re.compile(r"[A-Za-z_]+(?:[./:][A-Za-z_]+)+|[A-Za-z_][A-Za-z_]*\(.{0,200}|0x[0-9a-f]{1,12}")


@dataclass(frozen=True, slots=True)
class _Rule:
    name: str
    pattern: re.Pattern[str]
    near: tuple[str, ...]
    certain: bool
    check: Callable[[str, str], bool] | None


def redact(text: str) -> str:
    """The text with every secret and every piece of personal data replaced by "[redacted: KIND]"."""
    text = text[:MAX_CHARS]
    lowered = text.lower()
    for rule in _rules():
        if rule.near and not any(word in lowered for word in rule.near):
            continue
        after = _apply(rule, text)
        if after is not text:
            text, lowered = after, after.lower()
    return text


def leak(text: str) -> str:
    """The kind of a secret that is certainly in this text, "" where there is none; the last look before posting."""
    lowered = text.lower()
    for rule in _rules():
        if rule.certain and any(word in lowered for word in rule.near) and rule.pattern.search(text):
            return rule.name
    return ""


def kinds() -> tuple[str, ...]:
    """The kinds that are known, in the order in which they are looked for."""
    return tuple(dict.fromkeys(rule.name for rule in _rules()))


def _apply(rule: _Rule, text: str) -> str:
    parts: list[str] = []
    done = 0
    for found in rule.pattern.finditer(text):
        group = next((number for number in range(1, (found.re.groups or 0) + 1) if found[number] is not None), 0)
        start, end = found.span(group)
        value = text[start:end]
        if start < done or _SHOWN.search(value):
            continue
        if rule.check is not None and not rule.check(value, text[max(0, start - 24) : start]):
            continue
        parts += [text[done:start], f"[redacted: {rule.name}]"]
        done = end
    return "".join([*parts, text[done:]]) if parts else text


# --- checks: (what was found, what stands before it) -> whether it is one --------------------------------
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
    """A version such as 2.31.0.1 looks like an address; private and local addresses tell nothing of a person."""
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


def _digit(value: str, before: str) -> bool:
    del before
    return any(char.isdigit() for char in value)


def _not_prose(value: str, before: str) -> bool:
    del before
    return _PROSE.fullmatch(value) is None


def _like_a_value(value: str, before: str) -> bool:
    return _not_prose(value, before) and _VALUE.fullmatch(value) is not None and _CODE.fullmatch(value) is None


def _address(value: str, before: str) -> bool:
    """Service accounts are no people, and `git@host` is how a repository is written."""
    del before
    name, _, host = value.partition("@")
    is_file = host.rpartition(".")[2] in ("py", "js", "go")
    return name != "git" and not host.endswith(".gserviceaccount.com") and not is_file


_CHECKS: Final[dict[str, Callable[[str, str], bool]]] = {
    "luhn": _luhn,
    "iban": _iban,
    "public address": _public_address,
    "mac": _mac,
    "phone": _phone,
    "digit": _digit,
    "not prose": _not_prose,
    "like a value": _like_a_value,
    "address": _address,
}


@cache
def _rules() -> tuple[_Rule, ...]:
    table = tomllib.loads(resources.files("sinks").joinpath("redact_rules.toml").read_text("utf-8"))
    return tuple(
        _Rule(
            name=row["name"],
            pattern=re.compile(row["pattern"]),
            near=tuple(row.get("near", ())),
            certain=row.get("certain", False),
            check=_CHECKS[row["check"]] if "check" in row else None,
        )
        for row in table["rules"]
    )
