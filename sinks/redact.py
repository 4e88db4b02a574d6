"""Secrets and personal data removed from log text, offline.

Works on text of a bounded length (a template, a sample) with the standard library alone; the rules are data, in
redact_rules.toml: patterns, prefixes of a single provider, and keys whose value is always hidden. Idempotent. It
promises the kinds that its tests list, not every secret: by default only a template and a masked sample are posted at
all.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from processor.model.patterns import regex
from sinks.redact_checks import CHECKS, is_random
from sinks.redact_keys import SHOWN, keys, table, without_keyed

if TYPE_CHECKING:
    from collections.abc import Callable

MAX_CHARS: Final = 100_000
"""Longer text is cut before it is searched; nothing of that length is ever posted."""


class _Rule(Struct, frozen=True):
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
        after = _apply(rule, without_keyed(text) if rule.check is is_random else text)
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


_START: Final = regex(r"(?<![A-Za-z0-9])[A-Za-z0-9]{2}")
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


@cache
def _rules() -> tuple[_Rule, ...]:
    data = table()
    tokens = [
        _Rule(
            name,
            regex(rf"(?<![A-Za-z0-9]){re.escape(prefix)}{rest}"),
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
            pattern=regex(row["pattern"]),
            near=tuple(row.get("near", ())),
            start="",
            forms=tuple((name, needle) for name in _FORMS for needle in row.get(name, ())),
            certain=row.get("certain", False),
            check=CHECKS[row["check"]] if "check" in row else None,
        )
        for row in data["rules"]
    )
    # A match by form is named by it; a merely random match comes last.
    return (*rules[:1], *tokens, *rules[1:])
