"""Masking: what is left of a message when its values are taken out.

Promises: a pure function of one message (no state that shows, no order), idempotent, linear in the length of the
text, bounded in the length of its result. It must not look at other messages: that is the miner's part.

How it is fast: a mask never depends on which digits a number has, or which letters an identifier has beside its
digits. So the text with every run of digits replaced by `0` (its skeleton), and then every word that has a digit,
decides the result, and dictionaries from these to the result are exact. The one exception, status numbers in their
context (`HTTP 503`), is lifted out of the digits before.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeVar

from processor.mining.masks import (
    ACCESS,
    CUT,
    HAS_STATEMENT,
    KEPT,
    LINE_MASKS,
    OUTCOMES,
    PROTECTED,
    STATEMENT,
    STATEMENT_KEYS,
    STATUS,
    STATUS_LIKE,
    STATUS_WORDS,
    VALUE,
    WORD_MASKS,
)
from processor.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

MAX_CHARS: Final = 8192
MAX_TOKENS: Final = 128
_MAX_WORD: Final = 256  # a longer word is a value: a blob, a token, a document without spaces
_MAX_PASSES: Final = 16  # one changes the text, one finds nothing left; more only where masks make room for others
_MAX_RESULT: Final = 4096  # below MAX_CHARS, so that a result is never cut again
_MAX_CACHED: Final = 20_000  # entries of one cache; eight systems of Loghub need 1,800
_MAX_CACHED_CHARS: Final = 512  # of one key: at most 60 MB when every message is new and as long as this

_DIGITS = re.compile(r"[0-9]+")
_SHAPE = bytes.maketrans(b"123456789", b"000000000")
_FAILURE_LIKE = re.compile(r"[45][0-9]{2}(?![\w.])")
_IDENTIFIER = re.compile(r"(?<![\w-])(?:[^\W0]+-)*[^\W0]*0\w*(?:-\w+)*")
_LIFT = {ord("0") + digit: 0xE000 + digit for digit in range(10)}
_LOWER = {0xE000 + digit: ord("0") + digit for digit in range(10)}
_FORGED = dict.fromkeys(_LOWER, 0xFFFD)  # a message must not smuggle lifted digits in
_LIFTED = re.compile("[\ue000-\ue009]")
_WORD = re.compile("|".join(f"(?P<m{i}>{pattern})" for i, (_, pattern) in enumerate(WORD_MASKS)))
_NAMES = {f"m{i}": name for i, (name, _) in enumerate(WORD_MASKS)}
_LINES = tuple((name, needle, re.compile(pattern), result) for name, needle, pattern, result in LINE_MASKS)
_PLAIN_VALUE = re.compile(r"[a-f]{8,}|[A-F]{8,}|true|false|True|False|TRUE|FALSE")  # all that a plain word can be
_SYMBOL = re.compile(r"[^\W0-9]+(?:[-.][^\W0-9]+)*")
_MAX_KEY: Final = 24  # characters that a key and its quotes may have
_LETTERS = re.compile(r"[^\W0-9]+")

_RAGGED = frozenset({"url", "path"})  # these take sentence punctuation in; it is given back
_TAIL = ".:!?"

_Trace = list[tuple[str, str, str]]
_Key = TypeVar("_Key", str, bytes)


class Masker:
    """Masks messages with one configuration.

    Args:
        masks: further (regular expression, name) pairs; what they match becomes a value.
        protected: further words that are never taken for a value.

    Raises:
        ConfigError: a pattern is not a regular expression, or it matches the empty text or the value mark.
    """

    def __init__(self, *, masks: Sequence[tuple[str, str]] = (), protected: Collection[str] = ()) -> None:
        self._custom = [(name, _compiled(pattern, name)) for pattern, name in masks]
        self._protected = PROTECTED | {word.casefold() for word in protected}
        self._statements = OUTCOMES | (self._protected - PROTECTED)
        self._by_shape: dict[bytes, str] = {}
        self._by_skeleton: dict[str, str] = {}
        self._near_status: dict[str, str] = {}  # by skeleton too, right where no status is a failure
        self._by_bare: dict[str, str] = {}
        self._by_word: dict[str, str] = {}

    def mask(self, text: str) -> str:
        """Give the masked message: words joined by single spaces, every value `<*>`.

        At most 128 words of the first 8,192 characters; a message that was cut ends with `<cut>`.
        """
        if len(text) > MAX_CHARS:
            text = f"{text[:MAX_CHARS]} {CUT}"
        for _, pattern in self._custom:
            text = pattern.sub(VALUE, text)
        # Digits of as many places are found without a regular expression: half the cost of a known message.
        shape = text.encode("utf-8", "surrogatepass").translate(_SHAPE)
        known = self._by_shape.get(shape)
        if known is None:
            skeleton = _DIGITS.sub("0", text)
            known = self._by_skeleton.get(skeleton)
            if known is None:
                return self._unseen(text, skeleton)
            _remember(self._by_shape, shape, known)
        return known

    def explain(self, text: str) -> list[tuple[str, str, str]]:
        """List what `mask` did, in order, as (mask, fragment, replacement); digit runs show as `0`."""
        trace: _Trace = []
        if len(text) > MAX_CHARS:
            text = f"{text[:MAX_CHARS]} {CUT}"
        for name, pattern in self._custom:
            trace += [(name, match[0], VALUE) for match in pattern.finditer(text)]
            text = pattern.sub(VALUE, text)
        lifted = _lifted(text)
        words = lifted.split()
        bare = _bare(lifted).split()
        for word, plain in zip(words[:MAX_TOKENS], bare, strict=False):
            names: _Trace = []
            masked = self._word(plain, names)
            if masked != plain:
                trace.append((" and ".join(dict.fromkeys(name for name, _, _ in names)) or "blob", word, masked))
        line = " ".join(self._word(word, None) for word in bare[:MAX_TOKENS])
        self._masked(line, trace)
        return [(name, before.translate(_LOWER), after.translate(_LOWER)) for name, before, after in trace]

    def _unseen(self, text: str, skeleton: str) -> str:
        plain = self._near_status.get(skeleton)
        if plain is not None and not _FAILURE_LIKE.search(text):
            return plain
        cache, lifted = self._by_skeleton, text
        if plain is not None or _may_have_status(skeleton) or _LIFTED.search(skeleton):
            cache, lifted = self._near_status, _lifted(text)
            if plain is not None and lifted == text:
                return plain
        bare = _bare(lifted)
        masked = self._by_bare.get(bare)
        if masked is None:
            masked = self._masked(bare, None)
            if lifted != text:
                masked = self._settled(masked)
            _remember(self._by_bare, bare, masked)
        if lifted == text:
            _remember(cache, skeleton, masked)
        return masked

    def _settled(self, masked: str) -> str:
        """A status number stays only while its context does: `"status": 403` inside torn quotes loses it."""
        for _ in range(_MAX_PASSES):
            before, masked = masked, self._masked(_bare(_lifted(masked)), None)
            if masked == before:
                return masked
        return VALUE

    def _masked(self, skeleton: str, trace: _Trace | None) -> str:
        words = skeleton.split()
        cut = len(words) > MAX_TOKENS or words[-1:] == [CUT]
        if words[-1:] == [CUT]:
            words.pop()
        line = " ".join(words[:MAX_TOKENS])
        for _ in range(_MAX_PASSES):
            before, line = line, self._pass(line, trace)
            if len(line) > _MAX_RESULT:
                cut, line = True, line[:_MAX_RESULT].rpartition(" ")[0]
            if line == before:
                break
        else:
            line = VALUE  # torn quotes in a row; half masked it would not be the same message when it is masked again
        return (f"{line} {CUT}" if cut else line).translate(_LOWER)

    def _pass(self, line: str, trace: _Trace | None) -> str:
        line = " ".join([self._word(word, trace) for word in line.split()])
        for name, needle, pattern, replacement in _LINES:
            if needle in line:
                line = self._line_mask(line, name, pattern, replacement, trace)
        return line

    def _word(self, word: str, trace: _Trace | None) -> str:
        masked = self._by_word.get(word) if trace is None else None
        if masked is None:
            if len(word) > _MAX_WORD:
                return VALUE
            if word.isalpha() and not _PLAIN_VALUE.fullmatch(word):
                return word
            masked = _WORD.sub(lambda match: self._replacement(match, trace), word)
            _remember(self._by_word, word, masked)
        return masked

    def _replacement(self, match: re.Match[str], trace: _Trace | None) -> str:
        found = match[0]
        name = _NAMES[match.lastgroup or ""]
        if name in KEPT or found.casefold() in self._protected:
            return found
        result = VALUE
        if name in _RAGGED:
            result += found[len(found.rstrip(_TAIL)) :]
        elif name == "assignment":
            value = found[1:].rstrip(_TAIL)
            if value.casefold() in self._protected or _LIFTED.search(value):
                return found
            if _SYMBOL.fullmatch(value) and _is_statement(match.string, match.start() + 1):
                return found
            result = f"={VALUE}{found[1 + len(value) :]}"
        if trace is not None and found != result:
            trace.append((name, found, result))
        return result

    def _line_mask(self, line: str, name: str, pattern: re.Pattern[str], replacement: str, trace: _Trace | None) -> str:
        def replace(match: re.Match[str]) -> str:
            if self._is_said(name, match):
                return match[0]
            result = match.expand(replacement)
            if trace is not None and match[0] != result:
                trace.append((name, match[0], result))
            return result

        return pattern.sub(replace, line)

    def _is_said(self, name: str, match: re.Match[str]) -> bool:
        """Whether the quoted or JSON text found is what the message says, not a value in it."""
        body, line = match.groupdict().get("body"), match.string
        if body is None:
            return False
        if len(match[0]) == len(line) or self._means_something(body):
            return True
        if name == "json":
            return HAS_STATEMENT.search(match[0]) is not None
        is_key = body.casefold() in STATEMENT_KEYS and line[match.end() :][:1] == ":"
        return is_key or _is_statement(line, match.start())

    def _means_something(self, body: str) -> bool:
        if _LIFTED.search(body):
            return True
        words = _LETTERS.findall(body)
        kept = self._protected if len(words) == 1 else self._statements
        return any(word.casefold() in kept for word in words)


def _is_statement(text: str, at: int) -> bool:
    """Whether what begins there is the value of a key like `msg` or `code`."""
    return STATEMENT.search(text[max(at - _MAX_KEY, 0) : at]) is not None


def _remember(cache: dict[_Key, str], key: _Key, masked: str) -> None:
    if len(key) <= _MAX_CACHED_CHARS:
        if len(cache) >= _MAX_CACHED:
            cache.clear()
        cache[key] = masked


def _may_have_status(skeleton: str) -> bool:
    # the substrings first: the regular expression alone took a third of the time of an unseen message
    folded = skeleton.lower()
    return any(word in folded for word in STATUS_WORDS) and STATUS_LIKE.search(skeleton) is not None


def _lifted(text: str) -> str:
    """Put the digits of status numbers that mean something into private characters."""
    if not text.isascii():
        text = text.translate(_FORGED)
    access = ACCESS.search(text)
    if access is None:
        text = STATUS.sub(_lift, text)
    elif access["number"] >= "500":
        start, end = access.span("number")
        text = text[:start] + access["number"].translate(_LIFT) + text[end:]
    return text


def _bare(text: str) -> str:
    """Give the text with every run of digits, then every word that has one, as `0`."""
    return _IDENTIFIER.sub("0", _DIGITS.sub("0", text))


def _lift(match: re.Match[str]) -> str:
    start = match.start("number") - match.start()
    return match[0][:start] + match["number"].translate(_LIFT)


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
