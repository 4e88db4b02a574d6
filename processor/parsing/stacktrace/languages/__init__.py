"""The languages of stack traces, one module each: `LANGUAGES` holds what they export, in the order of their ranks.

In: nothing. Out: a `Language` per module of this package; a module that is added is found without being named anywhere.
Must not name a language, or depend on which languages there are.
"""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from processor.parsing.stacktrace.language import Language


def _found() -> tuple[Language, ...]:
    languages = [import_module(f"{__name__}.{module.name}").LANGUAGE for module in iter_modules(__path__)]
    return tuple(sorted(languages, key=lambda language: (language.rank, language.name)))


LANGUAGES: Final = _found()
"""In the order in which they are tried; the first parser that finds a chain wins."""
