"""What a traceback is called by the miner: its fingerprint.

Promises: one line, bounded, the same for the same bug on every machine. Must not mask by itself: which
values are variable is the caller's knowledge, given as a function.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from processor.parsing.stacktrace.names import masked

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from processor.parsing.stacktrace.model import Frame, Raised, Traceback

_T = TypeVar("_T")

_FRAMES = 8
_LIBRARY_FRAMES = 3
_CHAIN = 8
_CHAIN_READ = 64  # an exception group of hundreds is read at both ends only, so that masking stays bounded
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
_MEMBERS = re.compile(r" \(\d+ sub-exceptions?\)$")
# Numbers in a line of code, and texts that have one: a copied line, or one that was typed in, has values in it.
_LITERAL = re.compile(r"(?<=['\"])[^'\"\d]*+\d[^'\"]*+(?=['\"])")
_NUMBER = re.compile(r"(?<![\w])\d[\w.]*+")
_CONTROL = dict.fromkeys([*range(32), *range(127, 160)], " ")


def fingerprint(tb: Traceback, mask: Callable[[str], str]) -> str:
    """One line: `ValueError: bad id <*> at load (shop/cart.py) < main (shop/app.py) => RuntimeError: ...`.

    Root cause first; of each exception the masked message and the in-app frames, innermost first (the
    innermost three of any kind where none is in-app). Of a chain longer than eight, the first and last four.
    """
    # Equal members of a group count once: how many of its tasks failed is not another bug.
    links = list(dict.fromkeys(_link(raised, mask) for raised in _ends(list(tb.chain), _CHAIN_READ)))
    return " => ".join(_ends(links, _CHAIN))


def _ends(items: list[_T], limit: int) -> list[_T]:
    """All of a short list; the first and last halves of `limit` of a longer one."""
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
    """The line of code that failed, where the trace prints it: tells two places of one function apart."""
    own = next((frame for frame in reversed(raised.frames) if frame.in_app), None)
    if own is None or _is_endless(raised):
        return ""
    return _line(_NUMBER.sub("<*>", _LITERAL.sub("<*>", _line(own.source, 4 * _SOURCE_CHARS))), _SOURCE_CHARS)


def _is_endless(raised: Raised) -> bool:
    return any(word in raised.type or word in raised.message for word in _ENDLESS)


def _telling(raised: Raised) -> list[Frame]:
    """The frames that identify the bug, innermost first, each once."""
    own = [frame for frame in raised.frames if frame.in_app]
    if _is_endless(raised):
        # Where the stack ran out is chance: the circle that filled it is the bug, whichever frame came last.
        times = Counter(own or raised.frames)
        circle = [frame for frame, count in times.items() if count >= _REPEATED]
        if circle:
            return sorted(circle, key=lambda frame: (frame.module, frame.function))[:_FRAMES]
    limit = _FRAMES if own else _LIBRARY_FRAMES
    return list(dict.fromkeys(reversed(own or raised.frames)))[:limit]


def _line(text: str, limit: int) -> str:
    """One line of at most `limit` characters without control characters."""
    return _cut(" ".join(text[: 4 * limit].translate(_CONTROL).split()), limit)


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def message_positions(tokens: Sequence[str]) -> frozenset[int]:
    """Indexes of a tokenised fingerprint's words that belong to messages, names in quotes excepted.

    Where a wildcard may stand: types, frames and names are what an exception is.
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
    """Whether the colon is one of two, as in `Mailer::Closed`."""
    return ":" in (*tokens[at - 1 : at], *tokens[at + 1 : at + 2])


def _is_call(tokens: Sequence[str]) -> bool:
    """Whether `function (module)` begins here: no two words in a row before the parenthesis."""
    for at, token in enumerate(tokens[:_CALL_TOKENS]):
        if token == "(":  # noqa: S105 - punctuation
            return at > 0
        if at and token[:1].isalnum() and tokens[at - 1][-1:].isalnum():
            return False
    return False


def _is_quoted(tokens: Sequence[str], at: int) -> bool:
    quotes = {"'", '"', "`"}
    return (tokens[at - 1] if at else "") in quotes and (tokens[at + 1] if at + 1 < len(tokens) else "") in quotes
