"""Wildcards: the evidence that turns words into a value, over the token sequences of a stream.

Promises: a position becomes a wildcard only if several messages differ there and nowhere else (or, for a pair of
positions, in both). The number depends on the words: two names, a dozen ordinary words, sixty identifiers; they add up.
Outcomes, opposites, joining words, exception classes and punctuation never become wildcards. The result depends on the
set of sequences, not on their order. Must not know ids, records or drain3: that is the miner's part.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from processor.mining import spans
from processor.mining.masks import ANY, PROTECTED, VALUE
from processor.mining.nouns import ANSWERS, DATA_NOUNS, FOREIGN_WORDS, NULLS
from processor.mining.places import is_cause_place, is_code_place, is_value_place
from processor.mining.scripts import BLANKLESS, CLUSTER, is_cluster, says_something
from processor.mining.scripts import MAX_SPAN as MAX_CLUSTERS
from processor.mining.vocabulary import WordKind, kind_of
from processor.model.patterns import regex
from processor.parsing.stacktrace.fingerprint import message_positions

if TYPE_CHECKING:
    import re
    from collections.abc import Collection, Iterator

Tokens = tuple[str, ...]

MAX_SPAN: Final = 3  # words that a wildcard may stand for: "bob", "bob smith", nothing
_MAX_POSITIONS: Final = 40  # positions of a message that may become wildcards
_MAX_PAIRED: Final = 12  # words that may become one together with another: 66 pairs
_MIN_WORDS: Final = 2  # literal words a template keeps
_MIN_WORDS_PAIRED: Final = 3
_FOR_TWO: Final = 1.5  # times the evidence for a single position
_ROUNDING: Final = 1e-9  # evidence is counted in twelfths

_ACRONYM: Final = 5  # letters: a protocol or a technology, rather than a voucher
_LEAST_FOREIGN: Final = 3  # unknown words beside a place, by which a message is in a language other than English

_IS = ("=",)
_ASCII_END: Final = "\x7f"
_MARKS = r"<\*>|<any>|<cut>"
_TOKEN = regex(rf"{_MARKS}|\w+(?:(?:[.-]|::)\w+)*|[^\w\s]")
_MIXED_TOKEN = regex(rf"{_MARKS}|{CLUSTER}|(?:(?!{CLUSTER})\w)+(?:(?:[.-]|::)(?:(?!{CLUSTER})\w)+)*|[^\w\s]")
_WORD = regex(r"[^\W\d_]{2,}")


class MinerSettings(Struct, frozen=True):
    """Bounds and thresholds of a stream's miner.

    Attributes:
        evidence: distinct ordinary words at a position that make it a value.
        name_evidence: the same for names: words that no program uses, and any word beside a noun of data.
        code_evidence: the same for identifiers; a service has up to this many bugs of the same form.
        span_evidence: the same for distinct spans between equal words, in a script without blanks.
        frames: whether the messages are exceptions: the type and the frames never become a value.
        max_clusters: roots per stream; beyond that, new kinds of message go to the overflow cluster.
        protected: casefolded words that no wildcard ever stands for.
    """

    evidence: int = 12
    name_evidence: int = 2
    code_evidence: int = 60
    span_evidence: int = 3
    frames: bool = False
    max_clusters: int = 2000
    protected: Collection[str] = PROTECTED


def tokenise(text: str) -> Tokens:
    """Split a masked message or a template into words, punctuation characters and marks."""
    return tuple(_pattern(text).findall(text))


def generalised(text: str, positions: Collection[int], *, one: bool = False) -> str:
    """Return a text with a wildcard at some tokens, or `one` for all of them, with unchanged spacing."""
    parts, end = [], 0
    for index, match in enumerate(_pattern(text).finditer(text)):
        if index in positions:
            is_next = one and index - 1 in positions
            parts += [] if is_next else [text[end : match.start()], ANY]
            end = match.end()
    return "".join([*parts, text[end:]])


def _pattern(text: str) -> re.Pattern[str]:
    return _TOKEN if text.isascii() or not BLANKLESS.search(text) else _MIXED_TOKEN


def similarity(template: Tokens, tokens: Tokens) -> float:
    """Return the share of equal positions, 0..1, relative to the longer sequence."""
    same = sum(one in (ANY, other) for one, other in zip(template, tokens, strict=False))
    return same / max(len(template), len(tokens), 1)


def _is_foreign(tokens: Tokens, position: int) -> bool:
    """Return whether the words beside a position are of a language whose words are all unknown."""
    if any(
        token.islower() and (token in FOREIGN_WORDS or not token.isascii())
        for i, token in enumerate(tokens)
        if i != position and token[0].isalpha() and not is_cluster(token)
    ):
        return True
    beside = [kind_of(token) for i, token in enumerate(tokens) if i != position and _WORD.fullmatch(token)]
    unknown, ordinary = beside.count(WordKind.NAME), beside.count(WordKind.ORDINARY)
    english = beside.count(WordKind.FUNCTION) + beside.count(WordKind.KEPT)
    return unknown >= _LEAST_FOREIGN and unknown > max(2 * english, ordinary)


def _is_answer(before: str, earlier: str) -> bool:
    """Return whether a word in capitals after these is the code of an answer or of a new state."""
    if before == ":":
        return earlier.casefold() not in DATA_NOUNS
    return before in ANSWERS or (before == "to" and earlier == VALUE)


class WildcardFinder:
    """Finds the messages of a stream that differ in one or two words only."""

    def __init__(self, settings: MinerSettings) -> None:
        self._settings = settings
        self._members: dict[int, list[tuple[Tokens, str]]] = {}
        self._blankless: list[tuple[Tokens, str]] = []
        self._ripe: dict[Tokens, str] = {}

    def add(self, tokens: Tokens, text: str) -> None:
        """Add another distinct message or template; `text` is the source of `tokens`."""
        if self._settings.span_evidence and not text.isascii() and any(is_cluster(token) for token in tokens):
            self._blankless.append((tokens, text))
            found = spans.earned(tokens, self._blankless, least=self._settings.span_evidence)
            self._ripe.update(
                ((*one[:start], ANY, *one[end:]), generalised(said, range(start, end), one=True))
                for one, said, start, end in found
            )
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
        """Yield each completed template once, as tokens and as text; the caller may add more meanwhile."""
        while self._ripe:
            template = min(self._ripe)
            yield template, self._ripe.pop(template)

    def fits(self, template: Tokens, tokens: Tokens) -> bool:
        """Return whether a message is an instance of a template: each wildcard stands for up to three free words."""
        return template[:1] in ((ANY,), tokens[:1]) and self._spans(template, 0, tokens, 0) is not None

    def values(self, template: Tokens, tokens: Tokens) -> tuple[str, ...]:
        """Return the words at each wildcard, in order; () for a message that is no instance of the template."""
        spans = self._spans(template, 0, tokens, 0)
        return () if spans is None else tuple(" ".join(tokens[start:end]) for start, end in spans)

    def parts(self, template: Tokens, tokens: Tokens) -> list[tuple[str | int, ...]]:
        """Return the content of each place of a template: words, and for a masked value its ordinal in the message.

        [] for a message that is no instance of the template.
        """
        spans = self._spans(template, 0, tokens, 0)
        if spans is None:
            return []
        ordinals = [tokens[:position].count(VALUE) for position in range(len(tokens))]
        said = [ordinal if token == VALUE else token for token, ordinal in zip(tokens, ordinals, strict=True)]
        earned, at = iter(spans), 0
        found: list[tuple[str | int, ...]] = []
        for token in template:
            start, end = next(earned) if token == ANY else (at, at + 1)
            if token in (ANY, VALUE):
                is_run = start < end and all(map(is_cluster, tokens[start:end]))
                found.append(("".join(tokens[start:end]),) if is_run else tuple(said[start:end]))
            at = end
        return found

    def _spans(self, template: Tokens, i: int, tokens: Tokens, j: int) -> list[tuple[int, int]] | None:
        """Return the extent of the wildcards of `template[i:]` in `tokens[j:]`; None if it does not fit."""
        while i < len(template) and template[i] != ANY:
            if j >= len(tokens) or template[i] != tokens[j]:
                return None
            i, j = i + 1, j + 1
        if i == len(template):
            return [] if j == len(tokens) else None
        limit = MAX_CLUSTERS if j < len(tokens) and is_cluster(tokens[j]) else MAX_SPAN
        for end in range(j, min(j + limit, len(tokens)) + 1):
            if end > j and self._is_kept(tokens[end - 1]):
                return None
            if limit == MAX_CLUSTERS and says_something("".join(tokens[j:end])):
                return None
            rest = self._spans(template, i + 1, tokens, end)
            if rest is not None:
                return [(j, end), *rest]
        return None

    def _is_kept(self, token: str) -> bool:
        if token in (VALUE, ANY) or token in NULLS:
            return False
        return (
            not (token[0].isalnum() or token[0] == "_")
            or kind_of(token) in (WordKind.KEPT, WordKind.FUNCTION)
            or token.casefold() in self._settings.protected
        )

    def free_positions(self, tokens: Tokens) -> list[int]:
        """Return the positions at which a wildcard may arise."""
        words = [_WORD.match(token) is not None for token in tokens]
        count = sum(words)
        fixed = set(range(len(tokens))) - message_positions(tokens) if self._settings.frames else ()
        return [
            position
            for position, token in enumerate(tokens[:_MAX_POSITIONS])
            if token != ANY and count - words[position] >= _MIN_WORDS and not self._is_kept(token)
            if tokens[position + 1 : position + 2] != _IS  # the key of a pair is fixed text
            if position not in fixed and not (token[0] > _ASCII_END and is_cluster(token))
        ]

    def _open_positions(self, tokens: Tokens) -> Iterator[tuple[int, ...]]:
        words = [_WORD.match(token) is not None for token in tokens]
        count = sum(words)
        free = self.free_positions(tokens)
        yield from ((position,) for position in free)
        # A place that is already a value stays part of a pair: evidence with other words there is for the same place.
        earned = [position for position, token in enumerate(tokens[:_MAX_POSITIONS]) if token == ANY]
        paired = sorted(earned + [position for position in free if tokens[position] != VALUE])
        if len(paired) <= _MAX_PAIRED:
            for one, other in combinations(paired, 2):
                if count - words[one] - words[other] >= _MIN_WORDS_PAIRED and (tokens[one], tokens[other]) != (
                    ANY,
                    ANY,
                ):
                    yield one, other

    def _is_earned(self, members: list[tuple[Tokens, str]], positions: tuple[int, ...]) -> bool:
        # Two places at once need an additional name, unless they are a single name of two words.
        is_one = len(positions) == 1 or positions[1] == positions[0] + 1
        is_known = any(tokens[position] == ANY for tokens, _ in members for position in positions)
        needed = 1.0 if is_one or is_known else _FOR_TWO
        return all(self._weight(members, position) >= needed for position in positions)

    def _weight(self, members: list[tuple[Tokens, str]], position: int) -> float:
        """Return the total evidence of the distinct words at a position: names weigh most, code least."""
        settings = self._settings
        if len(members) < settings.name_evidence:
            return 0.0
        total = 0.0
        earlier, before = ("", "", *members[0][0])[position : position + 2]
        is_code = is_code_place(members[0][0], position)
        is_subject = position == 0 or is_cause_place(before, earlier)
        is_foreign = _is_foreign(members[0][0], position)
        for word in {tokens[position] for tokens, _ in members}:
            if word == ANY:
                return 1.0
            kind = WordKind.NAME if word == VALUE or word in NULLS else kind_of(word)
            if kind is WordKind.NAME and ((word.rstrip("s").isupper() and len(word) <= _ACRONYM) or is_foreign):
                kind = WordKind.ORDINARY
            if is_code or (word.isupper() and _is_answer(before, earlier)):
                kind = WordKind.CODE
            elif kind is not WordKind.NAME and is_value_place(before, word):
                kind = WordKind.NAME
            elif kind is WordKind.NAME and is_subject:
                kind = WordKind.ORDINARY  # the reporting component, or the cause
            if word == VALUE and kind is WordKind.NAME:
                total += 1 - 1 / settings.code_evidence  # any further word is printed in place of a value
            elif kind is WordKind.NAME:
                total += 1 / settings.name_evidence
            else:
                total += 1 / (settings.code_evidence if kind is WordKind.CODE else settings.evidence)
        return total + _ROUNDING
