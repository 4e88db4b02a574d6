"""Stack traces of V8: Node and Chrome.

Promises: `[cause]` comes before what it caused; dependencies and node's own code are not in-app.
Must not mistake a URL or a sentence with "at" in it for a frame: a frame has a line and a column.
"""

from __future__ import annotations

import re

from processor.parsing.stacktrace import exception_line as heads
from processor.parsing.stacktrace.model import Frame, Raised, Traceback, complete
from processor.parsing.stacktrace.paths import below, short_path

_PLACE = re.compile(r":\d+:\d+$")
_CAUSE = re.compile(r"\s*(?:\[cause\]|\[errors\]|Caused by): \[?(.*)$")
_OWN = ("node:", "internal/", "<anonymous>", "native", "index ", "bootstrap_node.js", "module.js", "wasm://")


def frame(line: str) -> Frame | None:
    """The frame a line holds, or None."""
    stripped = line.strip()
    if not stripped.startswith("at "):
        return None
    body = stripped[3:].removesuffix(" {").removeprefix("async ")
    function, paren, place = body.partition(" (")
    if not paren:
        function, place = "<anonymous>", body
    place = place.removesuffix(")")
    located = _PLACE.search(place)
    if not located and not (paren and place.startswith(("<anonymous>", "native", "index "))):
        return None
    function = function.partition(" [as ")[0].removeprefix("async ")
    return _placed(function, place[: located.start()] if located else place)


def _placed(function: str, path: str) -> Frame:
    if path.startswith(_OWN):
        return Frame(function, path.partition(" ")[0], in_app=False)
    if (rest := below(path, "node_modules/")) is not None:
        return Frame(function, rest, in_app=False)
    return Frame(function, short_path(path.partition("?")[0]), in_app=True)


def parse(lines: list[str]) -> Traceback | None:
    """The chain in `lines`, root cause first."""
    chain: list[Raised] = []
    head: list[str] = []
    frames: list[Frame] = []
    for line in lines:
        cause = _CAUSE.match(line)
        if cause:
            chain.append(_raised(head, frames))
            head, frames = [cause.group(1)], []
        elif found := frame(line):
            frames.append(found)
        elif not frames:
            head.append(line)
    chain.append(_raised(head, frames))
    return complete("node", chain[::-1])


def _raised(head: list[str], frames: list[Frame]) -> Raised:
    kind, message = heads.find(head)
    return Raised(kind, message, tuple(reversed(frames)))
