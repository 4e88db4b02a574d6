"""Cues: short words in a payload that state a reason or a subject, with the name of their field: `code=card_declined`.

The field's name separates such a word from a value, and its form separates it from an id: an identifier, a dotted name,
a few letters, or a number of at most five digits in a field of codes. Cues are fixed text and are never masked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from processor.model.patterns import regex
from processor.parsing.message import sayable
from processor.parsing.spellings import Plan, plan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_MAX_CUES: Final = 6
_MAX_CHARS: Final = 80
_MAX_CODE: Final = 100_000
_UNTOLD: Final = range(100, 400)  # HTTP methods and statuses of success
# An identifier, a dotted permission, a route; no id, no count.
_SYMBOL: Final = regex(r"(?!.*\d{3})(?!.*[-_.:/#]\d)[A-Za-z_$/][\w.$:/@*{}-]{0,79}")
_WORDS: Final = regex(r"[A-Za-z][A-Za-z' -]{0,47}")
_CODE: Final = regex(r"(?=(?:\D*\d){0,5}\D*$)[A-Za-z0-9][\w.:-]{0,39}|0x[0-9A-Fa-f]{1,8}")
_CONSTANT: Final = regex(r"[A-Z][A-Z_]{3,59}|[a-z]{2,30}(?:_[a-z]{2,30}){1,6}")
_GOOD: Final = frozenset(
    {"ok", "success", "successful", "succeeded", "none", "null", "true", "false", "active", "running", "done", "info"}
)


def is_symbol(text: str) -> bool:
    """Return whether a text is a single symbolic word, such as `BackOff` or `run.services.update`."""
    return len(text) <= _MAX_CHARS and _SYMBOL.fullmatch(text) is not None


def is_no_error(value: Any) -> bool:
    """Return whether a formatter without an exception described a text of its own, as an error of type str."""
    return type(value) is dict and value.get("type") == "str"


def cues(payload: Mapping[str, Any], at: Plan, text: str) -> Iterator[str]:
    """Return `name=word` for the fields that state a reason or a subject, codes first.

    Without a text, constants in fields that end like `status` count as well.
    """
    known, count = text.casefold(), 0
    fields = [(name, payload[name], name in at.codes) for name in (*at.codes, *at.reasons, *at.details, *at.cues)]
    for name in at.errors:
        if type(inner := payload[name]) is dict and not is_no_error(inner):
            below = plan(tuple(inner))
            fields += [(key, inner[key], True) for key in below.codes]
    for name in at.around:
        if type(inner := payload[name]) is dict:
            below = plan(tuple(inner))
            fields += [(key, inner[key], False) for key in below.reasons]
            fields += [(key, inner[key], True) for key in below.codes if _is_constant(inner[key])]
    if not text:
        fields += [(name, payload[name], False) for name in at.outcomes if _is_constant(payload[name])]
    for name, value, is_code in fields:
        word = _word(value, is_code=is_code)
        if word and count < _MAX_CUES and word.casefold() not in known:
            count += 1
            known += f" {word.casefold()}"
            yield sayable(f"{name}={word}")


def _is_constant(value: Any) -> bool:
    """Return whether a value is written as the constants of enumerations are: `DROPPED`, `port_scan`."""
    return type(value) is str and _CONSTANT.fullmatch(value) is not None


def _word(value: Any, *, is_code: bool) -> str:
    if type(value) is int or type(value) is float:
        whole = is_code and 0 < abs(value) < _MAX_CODE and value == int(value) and int(value) not in _UNTOLD
        return str(int(value)) if whole else ""
    if type(value) is not str or len(value) > _MAX_CHARS or value.lower() in _GOOD:
        return ""
    if is_code and _CODE.fullmatch(value):
        return "" if value.isdigit() and (int(value) in _UNTOLD or int(value) == 0) else value
    return value if _SYMBOL.fullmatch(value) or _WORDS.fullmatch(value) else ""
