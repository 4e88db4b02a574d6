"""What a traceback is called: its fingerprint for the miner, its title for people.

Promises: one line each, bounded, the same for the same bug on every machine. Must not mask by itself: which
values are variable is the caller's knowledge, given as a function.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from processor.parsing.stacktrace.model import Frame, Raised, Traceback

if TYPE_CHECKING:
    from collections.abc import Callable

_T = TypeVar("_T")

_FRAMES = 8
_LIBRARY_FRAMES = 3
_CHAIN = 8
_CHAIN_READ = 64  # an exception group of hundreds is read at both ends only, so that masking stays bounded
_MESSAGE_CHARS = 300
_NAME_CHARS = 120
_TITLE_CHARS = 200
_REPEATED = 3
_ENDLESS = (
    "RecursionError",
    "StackOverflowError",
    "StackOverflowException",
    "SystemStackError",
    "Maximum call stack",
)
_MEMBERS = re.compile(r" \(\d+ sub-exceptions?\)$")
_CONTROL = dict.fromkeys([*range(32), *range(127, 160)], " ")


def fingerprint(tb: Traceback, mask: Callable[[str], str]) -> str:
    """One line: `ValueError: bad id <*> at load (shop/cart.py) < main (shop/app.py) => RuntimeError: ...`.

    Root cause first; of each exception the masked message and the in-app frames, innermost first (the
    innermost three of any kind where none is in-app). Of a chain longer than eight, the first and last four.
    """
    # Equal members of a group count once: how many of its tasks failed is not another bug.
    links = list(dict.fromkeys(_link(raised, mask) for raised in _ends(list(tb.chain), _CHAIN_READ)))
    return " => ".join(_ends(links, _CHAIN))


def title(tb: Traceback) -> str:
    """For people: the exception that reached the log, and its root cause where that says something else.

    At most 200 characters. The last one is what its service reports; the root cause is what needs the fix.
    """
    last, root = _said(tb.chain[-1]), _said(tb.chain[0])
    if root == last:
        return _cut(last, _TITLE_CHARS)
    half = _TITLE_CHARS // 2 - len(" (caused by )") // 2 - 1
    return f"{_cut(last, half)} (caused by {_cut(root, half)})"


def _ends(items: list[_T], limit: int) -> list[_T]:
    """All of a short list; the first and last halves of `limit` of a longer one."""
    return items if len(items) <= limit else items[: limit // 2] + items[-limit // 2 :]


def _said(raised: Raised) -> str:
    message = _line(raised.message, _MESSAGE_CHARS)
    if raised.type:
        return f"{_line(raised.type, _NAME_CHARS)}: {message}" if message else _line(raised.type, _NAME_CHARS)
    if message:
        return message
    place = raised.frames[-1] if raised.frames else Frame("?", "?", in_app=False)
    return f"exception in {_line(place.function, _NAME_CHARS)} ({_line(place.module, _NAME_CHARS)})"


def _link(raised: Raised, mask: Callable[[str], str]) -> str:
    message = _MEMBERS.sub("", _line(raised.message, _MESSAGE_CHARS))
    said = _line(raised.type or "exception", _NAME_CHARS)
    if message:
        said += f": {_line(mask(message), _MESSAGE_CHARS)}"
    places = (f"{_line(f.function, _NAME_CHARS)} ({_line(f.module, _NAME_CHARS)})" for f in _telling(raised))
    return f"{said} at {path}" if (path := " < ".join(places)) else said


def _telling(raised: Raised) -> list[Frame]:
    """The frames that identify the bug, innermost first, each once."""
    own = [frame for frame in raised.frames if frame.in_app]
    if any(word in raised.type or word in raised.message for word in _ENDLESS):
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
