"""Stack traces in log text: the exception, its place in the application, and a fingerprint for all machines.

Promises: `parse` reads the languages of the registry in linear time, never raises, and costs a few substring searches
on text without a trace. Must not do IO or run anything; the text is hostile.

A language is a module of `languages` (its automaton, parser, words and noise); `registry` makes one reader of them all.
"""

from __future__ import annotations

from processor.parsing.stacktrace.describe import as_printed, describe, title, without_values
from processor.parsing.stacktrace.fingerprint import fingerprint
from processor.parsing.stacktrace.model import Frame, Raised, Traceback
from processor.parsing.stacktrace.names import is_name
from processor.parsing.stacktrace.prefixes import unprefixed
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
