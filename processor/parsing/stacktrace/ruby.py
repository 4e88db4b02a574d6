"""Ruby backtraces: both orders, `cause`, and Rails' own layout.

Promises: innermost and outermost are told apart in both orders; "block (2 levels) in" and quotes of either
age are gone. Must not need a .rb ending: scripts such as bin/rails have none.
"""

from __future__ import annotations

import re

from processor.parsing.stacktrace import exception_line as heads
from processor.parsing.stacktrace.model import Frame, Raised, Traceback, complete
from processor.parsing.stacktrace.paths import below, short_path

NEEDLES = (":in `", ":in '")

_FRAME = re.compile(r"\s*+(?:\d+: )?(?:from )?([^\s:]+(?: [^\s:]+){0,4}|<[^>]*>[^:]*):\d+:in [`']([^']*)'(?:: (.*))?$")
_NUMBERED = re.compile(r"\s+\d+: from ")
_TYPED = re.compile(r"(.*) \(([A-Z][\w:]*)\)$")
_RAILS = re.compile(r"(?:.*?[\]:] )?([A-Z]\w*(?:::\w+)*) \((.*)\):?$")
_NAMED = re.compile(r"(?:.*? )?([A-Z]\w*(?:::\w+)*(?:Error|Exception|Interrupt|NotFound|Invalid|Timeout)): (.*)$")
_LEVELS = re.compile(r"(?:(?:block|rescue|ensure)(?: \(\d+ levels\))? in )+")
_GEM = re.compile(r"(?<=[a-z0-9])-\d+[\w.]*(?=/)")
_STDLIB = re.compile(r"/ruby/(?:[\d.]+|site_ruby/[\d.]+)/|/lib/ruby/|^<internal:")

# The patterns for a head are not linear in a line; this bounds what they cost.
_HEAD_LINES = 20


def parse(lines: list[str]) -> Traceback | None:
    """The chain in `lines`, root cause first."""
    chain: list[Raised] = []
    said: tuple[str, str] = ("", "")
    head: list[str] = []
    frames: list[Frame] = []
    numbered = any(_NUMBERED.match(line) for line in lines)
    for line in lines:
        match = _FRAME.match(line)
        if not match:
            if not frames:
                head.append(line)
            elif said == ("", "") and (typed := _TYPED.match(line.strip())):  # `(Type)` ends a message of several lines
                said = (typed.group(2), typed.group(1))
            continue
        if match.group(3) is not None:
            if frames and not numbered:  # the next "file:line: message (Type)" without "from" is the cause
                chain.append(_raised(said, head, frames))
                frames = []
            said, head = _said(match.group(3)), []
        frames.append(_frame(match.group(1), match.group(2)))
    chain.append(_raised(said, head, frames[::-1] if numbered else frames))
    return complete("ruby", chain[::-1])


def _said(text: str) -> tuple[str, str]:
    typed = _TYPED.match(text)
    if typed:
        return typed.group(2), typed.group(1)
    return "", text


def _raised(said: tuple[str, str], head: list[str], frames: list[Frame]) -> Raised:
    kind, message = said
    if not kind:
        for line in head[-_HEAD_LINES:]:
            if match := _RAILS.match(line.strip()) or _NAMED.match(line.strip()):
                kind, message = match.group(1), match.group(2)
                break
        else:
            kind, message = ("", message) if message else heads.find(head)
    return Raised(kind, message, tuple(reversed(frames)))


def _frame(path: str, function: str) -> Frame:
    name = _LEVELS.sub("", function)
    if (rest := below(path, "/gems/")) is not None:
        return Frame(name, _GEM.sub("", rest, count=1), in_app=False)
    if match := _STDLIB.search(path):
        return Frame(name, path[match.end() :].strip("<>"), in_app=False)
    return Frame(name, short_path(path), in_app=True)
