"""Masking: replace the values of a message, so that equal problems give equal text.

Promises: a pure function of a single message (no visible state, no order), idempotent, linear in the length of the
text, bounded in the length of its result. Must not look at other messages: that is the miner's part.

Speed: a mask never depends on which digits a number has, or which letters an identifier has beside its digits. So the
text with every run of digits replaced by `0` (its shape, as text its skeleton), and then with every word that has a
digit replaced, determines the result, and dictionaries from these to the result are exact. The only exception, status
numbers in context (`HTTP 503`), is lifted out of the digits before.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, TypeVar

from processor.mining import coded, folding, places, quotes
from processor.mining.codes import ANY_DIGIT, LIFTED, LOWER, SAME, lifted, near
from processor.mining.file_names import BLANKED_FILE, HOLDS_FILE
from processor.mining.masks import CUT, KEPT, LINE_MASKS, OUTCOMES, PROTECTED, VALUE, WORD_MASKS
from processor.mining.nouns import KEYS_OF_NAMES
from processor.mining.scripts import plain
from processor.model.errors import ConfigError
from processor.model.patterns import regex
from processor.parsing import shapes

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

MAX_CHARS: Final = 8192
MAX_TOKENS: Final = 128
_MAX_WORD: Final = 256  # a longer word is a value: a blob, a token, a document without spaces
_MAX_PASSES: Final = 16  # one pass changes the text, the next finds nothing; more only if masks make room for others
_MAX_RESULT: Final = 4096  # below MAX_CHARS, so that a result is never cut again
_MAX_CACHED: Final = 20_000  # entries of one cache; eight systems of Loghub need 1,800
_MAX_CACHED_CHARS: Final = 512  # of a key: at most 60 MB if every message is new and of this length

_IDENTIFIER = regex(r"(?<![\w-])(?:[^\W0]+-)*[^\W0]*0\w*(?:-\w+)*")
_WORD = regex("|".join(f"(?P<m{i}>{pattern})" for i, (_, pattern) in enumerate(WORD_MASKS)))
_NAMES = {f"m{i}": name for i, (name, _) in enumerate(WORD_MASKS)}
_LINES = tuple((name, needles, regex(pattern), result) for name, needles, pattern, result in LINE_MASKS)
_GROUP: Final = "\\g<"  # of a replacement; others are no template, which takes time to expand
_PLAIN_VALUE = regex(r"[a-f]{8,}|[A-F]{8,}|true|false|True|False|TRUE|FALSE")  # characters of a plain word
_SYMBOL = regex(r"[^\W0-9]+(?:[-.][^\W0-9]+)*")

_KEY = regex(r"[A-Za-z]+\Z")
_CONSTANT = regex(r"[A-Z]+(?:_[A-Z]+)+")

_PLAIN = LOWER | quotes.UNGUARD
_RAGGED = frozenset({"url", "path"})  # these include sentence punctuation, which is restored
_TAIL = ".:!?"
_STOPS = frozenset(".,:;!?)")

_Trace = list[tuple[str, str, str]]
_Key = TypeVar("_Key", str, bytes)


class Masker:
    """Masks messages with one configuration.

    Args:
        masks: further (regular expression, name) pairs; a match becomes a value.
        protected: further words that are never taken for a value.

    Raises:
        ConfigError: a pattern is not a regular expression, or it matches the empty text or the value mark.
    """

    def __init__(self, *, masks: Sequence[tuple[str, str]] = (), protected: Collection[str] = ()) -> None:
        self._custom = [(name, _compiled(pattern, name)) for pattern, name in masks]
        self._protected = PROTECTED | {word.casefold() for word in protected}
        self._statements = OUTCOMES | (self._protected - PROTECTED)
        self._by_shape: dict[bytes, str] = {}
        self._coded = coded.CodedMessages()
        self._by_bare: dict[str, str] = {}
        self._by_coded: dict[str, str] = {}
        self._by_line: dict[str, str] = {}
        self._by_word: dict[str, str] = {}

    def mask(self, text: str) -> str:
        """Return the masked message: words joined by single spaces, every value `<*>`.

        At most 128 words of the first 8,192 characters; a cut message ends with `<cut>`.
        """
        if len(text) > MAX_CHARS:
            text = f"{text[:MAX_CHARS]} {CUT}"
        for _, pattern in self._custom:
            text = pattern.sub(VALUE, text)
        if not text.isascii():
            text = plain(text)
        shape = shapes.shape(text)
        known = self._by_shape.get(shape)
        return self._unseen(text, shape) if known is None else known

    def is_same_for_shape(self, shape: bytes) -> bool:
        """Return whether all texts of this shape, one of which was masked, are known to have the same mask."""
        return shape in self._by_shape and not self._custom

    def explain(self, text: str) -> list[tuple[str, str, str]]:
        """List the steps of `mask`, in order, as (mask, fragment, replacement); digit runs show as `0`."""
        trace: _Trace = []
        if len(text) > MAX_CHARS:
            text = f"{text[:MAX_CHARS]} {CUT}"
        for name, pattern in self._custom:
            trace += [(name, match[0], VALUE) for match in pattern.finditer(text)]
            text = pattern.sub(VALUE, text)
        kept = lifted(plain(text))
        words = kept.split()
        bare = _bare(kept).split()
        for word, skeleton in zip(words[:MAX_TOKENS], bare, strict=False):
            names: _Trace = []
            masked = self._word(skeleton, names)
            if masked != skeleton:
                trace.append((" and ".join(dict.fromkeys(name for name, _, _ in names)) or "blob", word, masked))
        line = " ".join(self._word(word, None) for word in bare[:MAX_TOKENS])
        self._masked(line, trace)
        return [(name, before.translate(LOWER), after.translate(LOWER)) for name, before, after in trace]

    def _unseen(self, text: str, shape: bytes) -> str:
        numbers = self._coded.numbers(shape, text)
        if not numbers.kinds:
            found = self._without_codes(numbers.skeleton)
            _remember(self._by_shape, shape, found)
            return found
        spelled = coded.spelled(text, numbers)
        if spelled is not None and (known := self._coded.find(spelled)) is not None:
            return known
        kept = lifted(text, numbers.kinds) if spelled is None or spelled.may_stay else text
        found = self._without_codes(numbers.skeleton) if kept == text else self._with_codes(_bare(kept))
        if spelled is not None:
            self._coded.remember(spelled, text, kept, found)
        return found

    def _without_codes(self, skeleton: str) -> str:
        bare = _bare_words(skeleton)
        found = self._by_bare.get(bare)
        if found is None:
            found = self._masked(bare, None).translate(_PLAIN)
            _remember(self._by_bare, bare, found)
        return found

    def _with_codes(self, bare: str) -> str:
        """Mask a text in which numbers stay; computed once for all numbers at these places."""
        key = bare.translate(SAME)
        known = self._by_coded.get(key)
        if known is None:
            masked = self._masked(bare, None)
            settled = self._settled(masked.translate(_PLAIN))
            same = masked.translate(SAME)
            is_one = settled == masked.translate(_PLAIN) and same.count(ANY_DIGIT) == key.count(ANY_DIGIT)
            _remember(self._by_coded, key, same if is_one else "")
            return settled
        if not known:  # some of the numbers are masked, so that the others have to be determined each time
            return self._settled(self._masked(bare, None).translate(_PLAIN))
        digits = iter(LIFTED.findall(bare))
        return "".join([next(digits) if char == ANY_DIGIT else char for char in known]).translate(_PLAIN)

    def _settled(self, masked: str) -> str:
        """Keep a status number only in its context: `"status": 403` inside torn quotes loses it."""
        for _ in range(_MAX_PASSES):
            kept = lifted(masked, near(shapes.plain(masked)))
            before, masked = masked, self._masked(_bare(kept), None).translate(_PLAIN)
            if masked == before:
                return masked
        return VALUE

    def _masked(self, skeleton: str, trace: _Trace | None) -> str:
        words = skeleton.split()
        cut = len(words) > MAX_TOKENS or words[-1:] == [CUT]
        if words[-1:] == [CUT]:
            words.pop()
        line = quotes.guarded(" ".join(words[:MAX_TOKENS]))
        if _may_hold_file(line):
            line = BLANKED_FILE.sub(lambda file: f"{file['lead'] or file['verb'] or file['reader']} {VALUE}", line)
        for _ in range(_MAX_PASSES):
            before, line = line, self._pass(line, trace)
            if len(line) > _MAX_RESULT:
                cut, line = True, line[:_MAX_RESULT].rpartition(" ")[0]
            if line == before:
                break
        else:
            line = VALUE  # torn quotes in a row; half masked, the message would change when it is masked again
        return f"{line} {CUT}" if cut else line

    def _pass(self, line: str, trace: _Trace | None) -> str:
        # The last pass of one message, which finds nothing left, is that of all which end alike.
        known = self._by_line.get(line) if trace is None else None
        if known is None:
            known = self._passed(line, trace)
            if trace is None:
                _remember(self._by_line, line, known)
        return known

    def _passed(self, line: str, trace: _Trace | None) -> str:
        line = " ".join([self._word(word, trace) for word in line.split()])
        for name, needles, pattern, replacement in _LINES:
            for needle in needles:  # not any(): most of the time of a new message goes here
                if needle in line:
                    line = self._line_mask(line, name, pattern, replacement, trace)
                    break
        line = places.fill(line, None if trace is None else lambda place, found: trace.append((place, found, VALUE)))
        return folding.fold(line)

    def _word(self, word: str, trace: _Trace | None) -> str:
        masked = self._by_word.get(word) if trace is None else None
        if masked is None:
            if len(word) > _MAX_WORD:
                return VALUE
            letters = word[:-1] if word[-1] in _STOPS else word
            if letters.isalpha() and not _PLAIN_VALUE.fullmatch(letters):
                return word
            masked = _WORD.sub(lambda match: self._replacement(match, trace), word)
            _remember(self._by_word, word, masked)
        return masked

    def _replacement(self, match: re.Match[str], trace: _Trace | None) -> str:
        found = match[0]
        name = _NAMES[match.lastgroup or ""]
        if name in KEPT:
            return found.rpartition("0")[2].lstrip(".") or VALUE if name == "class" else found  # psycopg2.errors.X
        if found.casefold() in self._protected:
            return found
        result = VALUE
        if name in _RAGGED:
            result += found[len(found.rstrip(_TAIL)) :]
        elif name == "assignment":
            value = found[1:].rstrip(_TAIL)
            key = _KEY.search(match.string, 0, match.start())
            is_name = key is not None and key[0].casefold() in KEYS_OF_NAMES and value.casefold() not in OUTCOMES
            if (value.casefold() in self._protected and not is_name) or LIFTED.search(value):
                return found
            if _CONSTANT.fullmatch(value) and any(part.casefold() in self._protected for part in value.split("_")):
                return found  # type=LOGIN_ERROR
            if _SYMBOL.fullmatch(value) and quotes.is_statement(match.string, match.start() + 1):
                return found
            result = f"={VALUE}{found[1 + len(value) :]}"
        if trace is not None and found != result:
            trace.append((name, found, result))
        return result

    def _line_mask(self, line: str, name: str, pattern: re.Pattern[str], replacement: str, trace: _Trace | None) -> str:
        def replace(match: re.Match[str]) -> str:
            if quotes.is_said(name, match, protected=self._protected, outcomes=self._statements):
                return match[0]
            result = match.expand(replacement) if _GROUP in replacement else replacement
            if trace is not None and match[0] != result:
                trace.append((name, match[0], result))
            return result

        return pattern.sub(replace, line)


def _remember(cache: dict[_Key, str], key: _Key, masked: str) -> None:
    if len(key) <= _MAX_CACHED_CHARS:
        if len(cache) >= _MAX_CACHED:
            cache.clear()
        cache[key] = masked


def _bare(text: str) -> str:
    """Return the words of a text with every run of digits, then every word that has a digit, as `0`."""
    return _bare_words(shapes.plain(text))


def _bare_words(skeleton: str) -> str:
    return " ".join([_bare_word(word) if "0" in word else word for word in skeleton.split()])


@lru_cache(_MAX_CACHED)
def _bare_word(word: str) -> str:
    return _IDENTIFIER.sub("0", word)


def _may_hold_file(line: str) -> bool:
    if "." not in line or not line.isascii():
        return "." in line
    folded = line.lower()
    return any(map(folded.__contains__, HOLDS_FILE))


def _compiled(pattern: str, name: str) -> re.Pattern[str]:
    try:
        compiled = re.compile(pattern)
    except re.error as error:
        raise ConfigError(
            f"mask {name!r}: {pattern!r} is not a regular expression ({error}); correct it in gardener.toml"
        ) from error
    if compiled.search("") or compiled.search(VALUE):
        raise ConfigError(
            f"mask {name!r}: {pattern!r} matches the empty text or {VALUE!r}; make it match the value only"
        )
    return compiled
