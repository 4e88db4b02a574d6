"""When words become a value: the evidence for a wildcard, over the token sequences of one stream.

Promises: a position becomes a wildcard only when a dozen messages differ there and in nothing else (or, for a pair
of positions, when both have a dozen distinct words and nothing else differs); protected words, exception classes and
punctuation never do. The result depends on the set of sequences, not on their order. It must not know ids, records or
drain3: that is the miner's part.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Final

from processor.mining.masks import ANY, EXCEPTION, PROTECTED, VALUE

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

Tokens = tuple[str, ...]

MAX_SPAN: Final = 3  # words one wildcard may stand for: "bob", "bob smith", nothing
_MAX_POSITIONS: Final = 40  # positions of one message that may earn a wildcard
_MAX_PAIRED: Final = 12  # words that may earn it together with another: 66 pairs
_MIN_WORDS: Final = 2  # literal words a template keeps
_MIN_WORDS_PAIRED: Final = 3

_IS = ("=",)
_TOKEN = re.compile(r"<\*>|<any>|<cut>|\w+(?:[.-]\w+)*|[^\w\s]")
_WORD = re.compile(r"[^\W\d_]{2,}")
_CONSTANT = re.compile(r"[A-Z][A-Z_]{2,}")
_EXCEPTION = re.compile(EXCEPTION)


@dataclass(frozen=True, slots=True)
class MinerSettings:
    """Bounds and thresholds of one stream's miner.

    Attributes:
        evidence: distinct words at one position that make it a value.
        constant_evidence: the same for words like `CONSTANT_NAME`, which enumerate.
        max_clusters: roots per stream; beyond, new kinds of message go to the overflow cluster.
        protected: casefolded words that no wildcard ever stands for.
    """

    evidence: int = 12
    constant_evidence: int = 6
    max_clusters: int = 2000
    protected: Collection[str] = PROTECTED


def tokenise(text: str) -> Tokens:
    """Split a masked message or a template into words, punctuation characters and marks."""
    return tuple(_TOKEN.findall(text))


def generalised(text: str, positions: Collection[int]) -> str:
    """Put a wildcard at some tokens of a text, leaving its spacing."""
    parts, end = [], 0
    for index, match in enumerate(_TOKEN.finditer(text)):
        if index in positions:
            parts += [text[end : match.start()], ANY]
            end = match.end()
    return "".join([*parts, text[end:]])


def similarity(template: Tokens, tokens: Tokens) -> float:
    """Share of positions that agree, 0..1; of two lengths the longer counts."""
    same = sum(one in (ANY, other) for one, other in zip(template, tokens, strict=False))
    return same / max(len(template), len(tokens), 1)


class WildcardFinder:
    """Which messages of a stream differ in one or two words only."""

    def __init__(self, settings: MinerSettings) -> None:
        self._settings = settings
        self._members: dict[int, list[tuple[Tokens, str]]] = {}
        self._ripe: dict[Tokens, str] = {}

    def add(self, tokens: Tokens, text: str) -> None:
        """Take in one more distinct message or template; `text` is what `tokens` came from."""
        hashes = [hash(pair) for pair in enumerate(tokens)]
        whole = hash(len(tokens)) + sum(hashes)
        for positions in self._open_positions(tokens):
            gap = hash((positions, whole - sum(hashes[position] for position in positions)))
            members = self._members.setdefault(gap, [])
            members.append((tokens, text))
            if self._is_earned(members, positions):
                _, first = min(members)
                template = tuple(ANY if i in positions else token for i, token in enumerate(tokens))
                self._ripe[template] = generalised(first, positions)

    def take_ready(self) -> Iterator[tuple[Tokens, str]]:
        """Give each earned template once, as tokens and as text; more may come while the caller adds."""
        while self._ripe:
            template = min(self._ripe)
            yield template, self._ripe.pop(template)

    def fits(self, template: Tokens, tokens: Tokens) -> bool:
        """Whether a message is an instance of a template: each wildcard stands for up to three free words."""
        return template[:1] in ((ANY,), tokens[:1]) and self._spans(template, 0, tokens, 0) is not None

    def values(self, template: Tokens, tokens: Tokens) -> tuple[str, ...]:
        """The words at each wildcard, in order; () for a message that is no instance of the template."""
        spans = self._spans(template, 0, tokens, 0)
        return () if spans is None else tuple(" ".join(tokens[start:end]) for start, end in spans)

    def _spans(self, template: Tokens, i: int, tokens: Tokens, j: int) -> list[tuple[int, int]] | None:
        """Where the wildcards of `template[i:]` lie in `tokens[j:]`; None if it does not fit."""
        while i < len(template) and template[i] != ANY:
            if j >= len(tokens) or template[i] != tokens[j]:
                return None
            i, j = i + 1, j + 1
        if i == len(template):
            return [] if j == len(tokens) else None
        for end in range(j, min(j + MAX_SPAN, len(tokens)) + 1):
            if end > j and self._is_kept(tokens[end - 1]):
                return None
            rest = self._spans(template, i + 1, tokens, end)
            if rest is not None:
                return [(j, end), *rest]
        return None

    def _is_kept(self, token: str) -> bool:
        if token in (VALUE, ANY):
            return False
        return (
            not (token[0].isalnum() or token[0] == "_")
            or token.casefold() in self._settings.protected
            or _EXCEPTION.fullmatch(token) is not None
        )

    def _open_positions(self, tokens: Tokens) -> Iterator[tuple[int, ...]]:
        words = [_WORD.match(token) is not None for token in tokens]
        count = sum(words)
        free = [
            position
            for position, token in enumerate(tokens[:_MAX_POSITIONS])
            if token != ANY and count - words[position] >= _MIN_WORDS and not self._is_kept(token)
            if tokens[position + 1 : position + 2] != _IS  # the key of a pair is what the message says
        ]
        yield from ((position,) for position in free)
        paired = [position for position in free if tokens[position] != VALUE]
        if len(paired) <= _MAX_PAIRED:
            for one, other in combinations(paired, 2):
                if count - words[one] - words[other] >= _MIN_WORDS_PAIRED:
                    yield one, other

    def _is_earned(self, members: list[tuple[Tokens, str]], positions: tuple[int, ...]) -> bool:
        if len(members) >= self._settings.evidence:
            return len(positions) == 1 or all(
                len({tokens[position] for tokens, _ in members}) >= self._settings.evidence for position in positions
            )
        if len(positions) > 1 or len(members) < self._settings.constant_evidence:
            return False
        constants = sum(_CONSTANT.fullmatch(tokens[positions[0]]) is not None for tokens, _ in members)
        return constants >= self._settings.constant_evidence
