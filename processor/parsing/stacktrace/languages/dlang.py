"""D: `shop.CartError@source/cart.d(5): message`, a rule, and frames such as `source/cart.d:5 load [0x...]`.

Promises: the runtime, Phobos and packages of dub are not in-app; the next exception below is the cause. Must not keep
addresses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback, complete
from processor.parsing.stacktrace.paths import line_number, short_path

if TYPE_CHECKING:
    import re

_HEAD = regex(r"(?:.{0,120}? )?([A-Za-z_]\w*(?:\.\w+)+)@(\S+?)\((\d+)\)(?:: (.*))?$")
_FRAME = regex(r"(\?\?|\S+):(\d+|\?) ?(.*?) ?\[0x[0-9a-f]+\]$")
_ARGUMENTS = regex(r"\(.*$|![({].*$")
_INSTALLED = regex(r"/usr/|/opt/|/dlang/|(?:\.\./)*(?:std|core|rt|object)/|src/(?:core|rt|object)|.*/\.dub/packages/")


def parse(lines: list[str]) -> Traceback | None:
    """Return the chain in `lines`, root cause first."""
    chain: list[Raised] = []
    frames: list[Frame] = []
    head: re.Match[str] | None = None
    for line in lines:
        if match := _HEAD.match(line):
            chain += _raised(head, frames)
            head, frames = match, []
        elif head and (match := _FRAME.match(line)):
            frames.append(_frame(match.group(1), match.group(2), match.group(3)))
    chain += _raised(head, frames)
    return complete("d", chain[::-1])


def _raised(head: re.Match[str] | None, frames: list[Frame]) -> list[Raised]:
    if head is None:
        return []
    kind, path, line, message = head.groups()
    if not any(frame.in_app for frame in frames):
        own = not _INSTALLED.match(path)
        frames = [Frame("", short_path(path), own, path, line_number(line)), *frames]
    return [Raised(kind, message or "", tuple(reversed(frames)))]


def _frame(path: str, line: str, call: str) -> Frame:
    words = _ARGUMENTS.sub("", call).split()
    name = words[-1].rpartition(".")[2] if words else ""
    if path == "??":
        return Frame(name or "(unknown)", "", in_app=False)
    return Frame(name, short_path(path), not _INSTALLED.match(path), path, line_number(line))


_AT = r"(?:\?\?|\S+):(?:\d+|\?) ?(?:\S.*)?\[0x[0-9a-f]+\]$"
_RAISED = r"(?:.{0,120} )?[A-Za-z_]\w*(?:\.\w+)+@\S+\(\d+\)(?:: |$)"

LANGUAGE = Language(
    "d",
    rank=118,
    needles=("----------------\n",),
    parse=parse,
    automaton=Automaton(
        start=rules((_RAISED, "head")),
        states={
            "head": rules((r"-{16}$", "rule"), (rf"{RECORD}|\s+at |Traceback ", ""), (r"", "head")),
            "rule": rules((_AT, "frames")),
            "frames": rules((_AT, "frames"), (_RAISED, "head")),
        },
        accepting=frozenset({"frames"}),
    ),
    fragments=(r"\S+:(?:\d+|\?) .*\[0x[0-9a-f]+\]$", r"[a-z_]\w*(?:\.\w+)+@\S+\.d\(\d+\)(?:: |$)"),
    crash=(r"[a-z_]\w*(?:\.\w+)+@\S+\.d\(\d+\)(?:: |$)",),
    noise=(r"0x[0-9a-f]+", r"\.d:\d+"),
    lines=(r"-{16}$",),
)
