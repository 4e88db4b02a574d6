"""Stack traces in log text: the exception, its place in the application, and a fingerprint for all machines.

Promises: `parse` reads the languages of the registry in linear time, never raises, and costs a few substring searches
on text without a trace. Must not do IO or run anything; the text is hostile.

A language is a module of `languages` (its automaton, parser, words and noise); `registry` makes one reader of them all.
The languages are loaded by the first use: compiling their patterns takes a tenth of a second, which commands that only
read the store need not wait for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from processor.parsing.stacktrace.fingerprint import fingerprint
from processor.parsing.stacktrace.model import Frame, Raised, Traceback
from processor.parsing.stacktrace.names import is_name
from processor.parsing.stacktrace.prefixes import unprefixed

if TYPE_CHECKING:
    from processor.parsing.stacktrace.description import as_printed, describe, title, without_values
    from processor.parsing.stacktrace.registry import (
        NOISE,
        extent,
        is_crash,
        is_fragment,
        is_link,
        is_prefixed,
        may_begin,
        parse,
    )

__all__ = [
    "NOISE",
    "Frame",
    "Raised",
    "Traceback",
    "as_printed",
    "describe",
    "extent",
    "fingerprint",
    "is_crash",
    "is_fragment",
    "is_link",
    "is_name",
    "is_prefixed",
    "may_begin",
    "parse",
    "title",
    "unprefixed",
    "without_values",
]

_DESCRIPTION: Final = frozenset({"as_printed", "describe", "title", "without_values"})


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from processor.parsing.stacktrace import description, registry

    value = getattr(description if name in _DESCRIPTION else registry, name)
    globals()[name] = value  # so that it is looked up once
    return value
