"""Names from code in an exception's message: the attribute, key, module or column that it is about.

Promises: a name is kept unchanged, everything else is masked by the caller's function; linear in the message. Must not
keep possible data: a quoted plain word is a value unless its type or the noun before it marks it as a name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processor.model.patterns import regex

if TYPE_CHECKING:
    import re
    from collections.abc import Callable

_QUOTED = regex(
    r"(?<!\w)(?:'([^'\n]{1,100})'|\"([^\"\n]{1,100})\"|`([^`'\n]{1,100})[`'])(?!\w)|['\"“`]([^'\"“”`\n]{1,100})”"
)
_CODE = regex(r"[^\W\d][\w$]*(?:(?:\.|::|->|#|/|\\|-)[^\W\d][\w$]*)*(?:\(\)|[?!=])?")
_TELLTALE = regex(r"[a-z][A-Z]|_|\(\)|::|->|#|[\w$]\.[\w$]|\\")
_DIGITS = regex(r"\d")
_DATA = regex(
    r"(?i)\.(?:com|net|org|io|dev|app|local|internal|example|test|json|ya?ml|txt|csv|xml"
    r"|html?|pdf|png|jpe?g|gif|log|zip|gz|tmp|xlsx?"
    r"|docx?|parquet|avro|db|sqlite|sql|pem|key|crt)$"
)
_NOUN = regex(
    r"(?:attributes?|arguments?|columns?|relations?|tables?|modules?|named?|propert(?:y"
    r"|ies)|methods?|functions?|fields?|keys?|reading"
    r"|setting|calling|class(?:es)?|variables?|parameters?|members?|constants?|packages?"
    r"|symbols?|traits?|beans?|types?|identifiers?|keywords?"
    r"|options?|flags?|metrics?|objects?|enums?|structs?|annotations?|labels?|import|from"
    r"|find|load|require|file -- )[ :=]{0,3}$"
)
_ABOUT_NAMES: Final = (
    "KeyError",
    "NameError",
    "AttributeError",
    "ImportError",
    "ModuleNotFoundError",
    "UnboundLocalError",
    "NoMethodError",
    "LoadError",
    "ReferenceError",
    "ClassNotFoundException",
    "NoClassDefFoundError",
    "NoSuchMethodError",
    "NoSuchFieldError",
    "KeyNotFoundException",
    "TypeLoadException",
    "MissingMethodException",
    "MissingKeyException",
    "UndefinedFunctionError",
)
_WHOLE = regex(r":?['\"]?((?:[^\W\d][\w$]*[./\\:-]{1,2})*[^\W\d][\w$]*)['\"]?$")
_PLACEHOLDER: Final = "Kqxz"
_LETTERS: Final = "abcdefghijklmnopqrstuvwx"


def masked(message: str, kind: str, mask: Callable[[str], str]) -> str:
    """Return the message with its values masked and the names of code in it unchanged.

    Args:
        message: a single line.
        kind: the exception's type.
        mask: replaces the values in a text.
    """
    if is_name(message, kind):
        return message
    if _PLACEHOLDER in message:
        return mask(message)
    is_about_names = kind.endswith(_ABOUT_NAMES)
    kept: list[str] = []

    def hide(match: re.Match[str]) -> str:
        body = match.group(1) or match.group(2) or match.group(3) or match.group(4) or ""
        if len(kept) >= len(_LETTERS) or not _is_name(body, message[: match.start()], is_about_names):
            return match.group()
        kept.append(match.group())
        return _PLACEHOLDER + _LETTERS[len(kept) - 1]

    hidden = _QUOTED.sub(hide, message)
    if not kept:
        return mask(message)
    shown = mask(hidden)
    for letter, name in zip(_LETTERS, kept, strict=False):
        shown = shown.replace(_PLACEHOLDER + letter, name)
    return shown


def is_name(message: str, kind: str) -> bool:
    """Return whether the message is only a name of code, as in KeyError and ClassNotFoundException."""
    whole = _WHOLE.fullmatch(message) if kind.endswith(_ABOUT_NAMES) else None
    return whole is not None and not _DIGITS.search(whole.group(1))


def _is_name(body: str, before: str, is_about_names: bool) -> bool:
    if _DIGITS.search(body) or not _CODE.fullmatch(body) or _DATA.search(body):
        return False
    return is_about_names or _TELLTALE.search(body) is not None or _NOUN.search(before[-24:]) is not None
