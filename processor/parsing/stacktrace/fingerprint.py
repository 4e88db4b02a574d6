"""Fingerprint: the text of a traceback that the miner groups by.

Promises: a single bounded line, the same for the same bug on every machine. Must not mask by itself: the caller passes
the masking function.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from processor.model.patterns import regex
from processor.parsing.stacktrace.names import masked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from processor.parsing.stacktrace.model import Frame, Raised, Traceback

_T = TypeVar("_T")

_FRAMES = 8
_LIBRARY_FRAMES = 3
_CHAIN = 8
_CHAIN_READ = 64  # only both ends of an exception group of hundreds are read, so that masking stays bounded
_MESSAGE_CHARS = 300
_NAME_CHARS = 120
_SOURCE_CHARS = 80
_REPEATED = 3
_CALL_TOKENS = 24
_ENDLESS = (
    "RecursionError",
    "StackOverflowError",
    "StackOverflowException",
    "SystemStackError",
    "Maximum call stack",
)
_MEMBERS = regex(r" \(\d+ sub-exceptions?\)$")
# Numbers in a line of code and texts that contain them: a copied or typed line has values in it.
_LITERAL = regex(r"(?<=['\"])[^'\"\d]*+\d[^'\"]*+(?=['\"])")
_NUMBER = regex(r"(?<![\w])\d[\w.]*+")
_CONTROL = dict.fromkeys([*range(32), *range(127, 160)], " ")


def fingerprint(tb: Traceback, mask: Callable[[str], str]) -> str:
    """Return a line such as `ValueError: bad id <*> at load (shop/cart.py) < main (shop/app.py) => RuntimeError: ...`.

    Root cause first; of each exception the masked message and the in-app frames, innermost first (the innermost three
    of any kind where none is in-app). Of a chain longer than eight, the first and last four.
    """
    # Equal members of a group count once: the number of failed tasks does not make another bug.
    links = list(dict.fromkeys(_link(raised, mask) for raised in _ends(list(tb.chain), _CHAIN_READ)))
    return " => ".join(_ends(links, _CHAIN))


def _ends(items: list[_T], limit: int) -> list[_T]:
    """Return all of a short list; the first and last halves of `limit` of a longer list."""
    return items if len(items) <= limit else items[: limit // 2] + items[-limit // 2 :]


def _link(raised: Raised, mask: Callable[[str], str]) -> str:
    message = _MEMBERS.sub("", _line(raised.message, _MESSAGE_CHARS))
    said = _line(raised.type or "exception", _NAME_CHARS)
    if message:
        said += f": {_line(masked(message, raised.type, mask), _MESSAGE_CHARS)}"
    places = [_place(frame) for frame in _telling(raised)]
    if places and (source := _source(raised)):
        places[0] += f" [{source}]"
    return f"{said} at {path}" if (path := " < ".join(places)) else said


def _place(frame: Frame) -> str:
    return f"{_line(frame.function or '?', _NAME_CHARS)} ({_line(frame.module, _NAME_CHARS)})"


def _source(raised: Raised) -> str:
    """Return the failed line of code, if printed: it separates two places in the same function."""
    own = next((frame for frame in reversed(raised.frames) if frame.in_app), None)
    if own is None or _is_endless(raised):
        return ""
    return _line(_NUMBER.sub("<*>", _LITERAL.sub("<*>", _line(own.source, 4 * _SOURCE_CHARS))), _SOURCE_CHARS)


def _is_endless(raised: Raised) -> bool:
    return any(word in raised.type or word in raised.message for word in _ENDLESS)


def _telling(raised: Raised) -> list[Frame]:
    """Return the frames that identify the bug, innermost first, each once."""
    own = [frame for frame in raised.frames if frame.in_app]
    if _is_endless(raised):
        # The point of a stack overflow is random: the recursive cycle is the bug, whichever frame was last.
        times = Counter(own or raised.frames)
        circle = [frame for frame, count in times.items() if count >= _REPEATED]
        if circle:
            return sorted(circle, key=lambda frame: (frame.module, frame.function))[:_FRAMES]
    limit = _FRAMES if own else _LIBRARY_FRAMES
    return list(dict.fromkeys(reversed(own or raised.frames)))[:limit]


def _line(text: str, limit: int) -> str:
    """Return a single line of at most `limit` characters without control characters."""
    return _cut(" ".join(text[: 4 * limit].translate(_CONTROL).split()), limit)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def message_positions(tokens: Sequence[str]) -> frozenset[int]:
    """Return the indexes of the words of a tokenised fingerprint that belong to messages, except quoted names.

    Wildcards are allowed only there: types, frames and names identify an exception.
    """
    found: list[int] = []
    start = 0
    ends = [at for at in range(len(tokens) - 1) if tokens[at] == "=" and tokens[at + 1] == ">"]
    for end in (*ends, len(tokens)):
        colon = next((at for at in range(start, end) if tokens[at] == ":" and not _in_name(tokens, at)), end)
        frames = next(
            (at for at in range(colon + 1, end) if tokens[at] == "at" and _is_call(tokens[at + 1 : end])), end
        )
        found += [at for at in range(colon + 1, frames) if not _is_quoted(tokens, at)]
        start = end + 2
    return frozenset(found)


def _in_name(tokens: Sequence[str], at: int) -> bool:
    """Return whether the colon is half of a double colon, as in `Mailer::Closed`."""
    return ":" in (*tokens[at - 1 : at], *tokens[at + 1 : at + 2])


def _is_call(tokens: Sequence[str]) -> bool:
    """Return whether `function (module)` begins here: no two words in a row before the parenthesis.

    A function may begin with its receiver or name space in parentheses: `(*Menu).price`.
    """
    call = list(tokens[:_CALL_TOKENS])
    if call[:1] == ["("] and ")" in call:
        call = call[call.index(")") + 1 :]
        if call[:1] not in (["."], [":"]):
            return False
    for at, token in enumerate(call):
        if token == "(":  # noqa: S105 - punctuation
            return at > 0
        if at and token[:1].isalnum() and call[at - 1][-1:].isalnum():
            return False
    return False


def _is_quoted(tokens: Sequence[str], at: int) -> bool:
    quotes = {"'", '"', "`"}
    return (tokens[at - 1] if at else "") in quotes and (tokens[at + 1] if at + 1 < len(tokens) else "") in quotes
