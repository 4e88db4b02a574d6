"""Regular expressions that are compiled by their first use: most processes meet few of the languages.

Promises: what `re.compile` would give, except that a wrong expression is found when it is used. Must not know a
language.
"""

from __future__ import annotations

import re
from typing import Any, cast


class _Lazy:
    """Stands for a compiled pattern; a method that was asked for once is an attribute from then on."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(re.compile(self.pattern), name)
        setattr(self, name, found)
        return found


def pattern(text: str) -> re.Pattern[str]:
    """Return the pattern of a regular expression."""
    return cast("re.Pattern[str]", _Lazy(text))
