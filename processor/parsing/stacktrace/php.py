"""PHP stack traces: uncaught exceptions, `Next`, Laravel's and Monolog's layout.

Promises: the previous exception comes before the next. Must not keep the arguments in frames: they are data.
"""

from __future__ import annotations

import re

from processor.parsing.stacktrace.model import Frame, Raised, Traceback, complete
from processor.parsing.stacktrace.paths import below, short_path

NEEDLES = ("#0 ",)

_FRAME = re.compile(r"\s*+#\d+ (?:(\{main\})|\[internal function\]: ([^(]+)\(|([^(]+)\(\d+\): ([^(]+)\()")
_TYPE = re.compile(r"(?<![\w\\])([A-Za-z_]\w*+(?:\\{1,2}\w++)*+)(?:\(code: \d+\))?: (.*)$")
_RAISED_AT = re.compile(r" (?:in|at) (\S+\.php)(?::\d+|\(\d+\)| on line \d+)")
_PREFIX = re.compile(r".*?\b(?:Uncaught |(?<![\w\\])(?=[A-Z][\w\\]*+\(code: ))|Next (?=[A-Z])")


def parse(lines: list[str]) -> Traceback | None:
    """The chain in `lines`, root cause first, as PHP prints it."""
    chain: list[Raised] = []
    head: list[str] = []
    frames: list[Frame] = []
    main = False
    for line in lines:
        match = _FRAME.match(line)
        if match and match.group(1):
            main = True
        elif match:
            frames.append(_frame(match.group(3), match.group(2) or match.group(4)))
        elif (frames or main) and line.lstrip().startswith("Next "):
            chain.append(_raised(head, frames))
            head, frames, main = [line], [], False
        elif not frames and not main:
            head.append(line)
    chain.append(_raised(head, frames))
    return complete("php", chain)


def _raised(head: list[str], frames: list[Frame]) -> Raised:
    for line in head:
        prefix = _PREFIX.match(line)
        if match := _TYPE.search(line, prefix.end() if prefix else 0):
            text = match.group(2)
            place = _RAISED_AT.search(text)
            message = text[: place.start()] if place else text
            raising = [] if frames or not place else [Frame("{main}", short_path(place.group(1)), in_app=True)]
            return Raised(match.group(1).replace("\\\\", "\\"), message.strip(), (*reversed(frames), *raising))
    return Raised("", next((line.strip() for line in head if line.strip()), ""), tuple(reversed(frames)))


def _frame(path: str | None, function: str) -> Frame:
    name = function.replace("->", ".").replace("::", ".")
    if path is None:
        return Frame(name, "internal", in_app=False)
    if (rest := below(path, "/vendor/")) is not None:
        return Frame(name, rest, in_app=False)
    return Frame(name, short_path(path), in_app=True)
