"""Regular expressions that are compiled by their first use: a process meets few of the forms that are known.

Promises: what `re.compile` would give, except that a wrong expression is found when it is used. Must not know any
expression.
"""

from __future__ import annotations

import re
from typing import Any, AnyStr, cast


class _Lazy:
    """Stands for a compiled pattern; a method that was asked for once is an attribute from then on."""

    def __init__(self, pattern: str | bytes, flags: int) -> None:
        self.pattern = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = getattr(re.compile(self.pattern, self._flags), name)
        setattr(self, name, found)
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return regex, (self.pattern, self._flags)


def regex(text: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return the pattern of a regular expression."""
    return cast("re.Pattern[AnyStr]", _Lazy(text, flags))
