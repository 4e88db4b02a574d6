"""Template: a template for display, with the values at its places if known. Pure.

A place is a masked value (`<*>`) or a wildcard (`<any>`). Its key is the words before it, so that it stays the same if
another place of the template becomes a wildcard: "user", "of group", "^" for the beginning.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from processor.model.facets import OTHER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_MARK: Final = re.compile(r"<(?:\*|any)>")
_WORDS: Final = re.compile(r"[^\W_][\w.:-]*")
_WORDS_OF_KEY: Final = 3
_MAX_KEY: Final = 60
BEGINNING: Final = "^"
MANY: Final = "…"
_SHOWN: Final = 3


class Place(NamedTuple):
    """A place of a template.

    Attributes:
        mark: `<*>` or `<any>`.
        start: index of its first character in the template.
        end: index after its last character.
        key: its name among the places of its template.
    """

    mark: str
    start: int
    end: int
    key: str


def places(template: str) -> tuple[Place, ...]:
    """Return the places of a template, from left to right, each with a unique key."""
    found: list[Place] = []
    taken: dict[str, int] = {}
    end = 0
    for match in _MARK.finditer(template):
        words = _WORDS.findall(template[max(end, match.start() - 4 * _MAX_KEY) : match.start()])[-_WORDS_OF_KEY:]
        key = " ".join(words)[-_MAX_KEY:] or BEGINNING
        taken[key] = taken.get(key, 0) + 1
        if taken[key] > 1:
            key = f"{key} #{taken[key]}"
        end = match.end()
        found.append(Place(match[0], match.start(), end, key))
    return tuple(found)


def shown(template: str, values: Mapping[str, Mapping[str, int]]) -> str:
    """Return the template with its values: one value as is, two or three as `a | b`, more as `…`.

    Args:
        template: of a cluster.
        values: occurrences by key of a place and value there; a place without values is `…`.
    """
    parts, end = [], 0
    for place in places(template):
        parts += [template[end : place.start], said(values.get(place.key, {}))]
        end = place.end
    return "".join([*parts, template[end:]])


def said(values: Mapping[str, int]) -> str:
    """Return the display text for the values of a place."""
    known = ranked(values)
    return " | ".join(known) if 0 < len(known) <= _SHOWN and OTHER not in values else MANY


def ranked(values: Mapping[str, int]) -> list[str]:
    """Return the values of a place, most frequent first."""
    return sorted((value for value in values if value != OTHER), key=lambda one: (-values[one], one))


def keyed(template: str, values: Iterable[str]) -> dict[str, str]:
    """Map values in the order of the template's places to the places' keys; "" is none."""
    return {place.key: value for place, value in zip(places(template), values, strict=False) if value}
