"""Log text for display: every invisible character named, every wildcard of a template marked.

Pure. The result is text, never markup; the template engine escapes it everywhere.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from processor.model.facets import NOTHING, OTHER, word
from processor.model.template import places
from processor.text.characters import marked, named

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.model import Cluster

_WILDCARD: Final = re.compile(r"<(?:\*|any)>")
_EARNED: Final = "<any>"
_VALUES: Final = 3
_VALUE_WIDTH: Final = 60
_NO_VALUE: Final = frozenset({OTHER, NOTHING})


class Segment(NamedTuple):
    """A piece of a template: plain text, or a wildcard with the values known for it (most frequent first).

    Attributes:
        values: words counted at this place, or the sample's text there; empty if neither is known.
        counts: how often each was counted, empty for the sample's.
        more: whether there are further values.
    """

    text: str
    wildcard: bool = False
    values: tuple[str, ...] = ()
    counts: tuple[int, ...] = ()
    more: bool = False

    @property
    def says(self) -> str:
        """Return the origin of the values, for people."""
        if not self.counts:
            return "in the sample" if self.values else "varies"
        pairs = zip(self.values, self.counts, strict=True)
        return "most frequent: " + ", ".join(f"{value} {n:,}" for value, n in pairs)


def visible(text: str) -> str:
    """Return the text with every character that cannot be seen written as its code point, such as [U+202E]."""
    return marked(text, named)


def pieces(template: str) -> list[str]:
    """Return the texts between the template's wildcards, of either kind."""
    return _WILDCARD.split(template)


def segments(cluster: Cluster, template: str, text: str = "") -> tuple[Segment, ...]:
    """Return the template, or its beginning, in pieces.

    A wildcard found by mining comes with the words counted there (breakdown "word 1" belongs to the first), a masked
    value with the sample's text in its place, the only one kept.
    """
    literals = pieces(template)
    texts = (text, cluster.latest.text, cluster.sample.text)
    values = next((found for one in texts if any(found := _aligned(literals, one))), [""] * (len(literals) - 1))
    made = [Segment(literals[0])]
    earned = 0
    for place, value, literal in zip(places(template), values, literals[1:], strict=True):
        earned += place.mark == _EARNED
        words = cluster.facets.get(word(earned), {}) if place.mark == _EARNED else {}
        made.append(_wildcard(place.mark, value, cluster.values.get(place.key) or words))
        made.append(Segment(literal))
    return tuple(segment for segment in made if segment.wildcard or segment.text)


def _aligned(literals: list[str], text: str) -> list[str]:
    """Return the sample's text at each wildcard, "" if the sample does not have the template's form.

    The next literal is looked for from left to right, once: linear, whatever the text is.
    """
    text = " ".join(text.split())
    nothing = [""] * (len(literals) - 1)
    if not text.startswith(literals[0]):
        return nothing
    at = len(literals[0])
    values = []
    for number, literal in enumerate(literals[1:], 1):
        is_last = number == len(literals) - 1
        end = len(text) - len(literal) if is_last else text.find(literal, at)
        if end < at or (is_last and not text.endswith(literal)):
            return nothing
        values.append(text[at:end])
        at = end + len(literal)
    return values


def _wildcard(mark: str, value: str, counted: Mapping[str, int]) -> Segment:
    words = {word: n for word, n in counted.items() if word not in _NO_VALUE}
    top = sorted(words, key=lambda one: (-words[one], one))[:_VALUES]
    if top:
        is_all = len(counted) == len(top)
        return Segment(mark, True, tuple(_short(one) for one in top), tuple(words[one] for one in top), not is_all)
    return Segment(mark, True, (_short(value),) if value else (), more=True)


def _short(value: str) -> str:
    return value if len(value) <= _VALUE_WIDTH else f"{value[: _VALUE_WIDTH - 9]}…{value[-8:]}"
