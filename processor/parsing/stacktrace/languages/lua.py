"""Lua: the standalone interpreter, OpenResty, and other programs that print `debug.traceback`.

Promises: functions of C are not in-app. Must not keep line numbers in a frame's name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback
from processor.parsing.stacktrace.paths import line_number, short_path

if TYPE_CHECKING:
    import re

_FRAME = regex(
    r"\s+(?:\[C\]|([^\s:]+(?:\.lua|\"\])?):(\d+)?): in (?:(?:function|upvalue|local|method|field|global|main) ?)?(.*)$"
)
_SAID = regex(r"(?:.*?\s)?(?:\S*lua[\w.]*: )?([\w./-]+\.lua):(\d+): (.*)$")
_DEFINED = regex(r"<[^>]*>$")


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: Lua prints no chain."""
    start = next((number for number, line in enumerate(lines) if line.lstrip().startswith("stack traceback:")), None)
    if start is None:
        return None
    above = [line for line in lines[:start] if line.strip()]
    said = next((found for line in above if (found := _SAID.match(line))), None)
    frames = [_frame(found, said) for found in map(_FRAME.match, lines[start + 1 :]) if found]
    message = said.group(3) if said else (above[-1].strip() if above else "")
    return Traceback("lua", (Raised("error", message, tuple(reversed(frames))),)) if frames else None


def _frame(match: re.Match[str], said: re.Match[str] | None) -> Frame:
    path, line, name = match.groups()
    name = _DEFINED.sub("", name).strip(" '") or "<anonymous>"
    if path is None:
        return Frame(name, "[C]", in_app=False)
    own = "/luarocks/" not in path and "/share/lua/" not in path
    at = said.group(2) if said and said.group(1) == path and line is None else line
    return Frame(name, short_path(path), own, path, line_number(at))


_AT = r"\s+(?:\[C\]|[^\s:]+(?::\d+)?): in "

LANGUAGE = Language(
    "lua",
    rank=140,
    needles=("stack traceback:",),
    parse=parse,
    automaton=Automaton(
        start=rules((r"lua[\w.]*: |\S+\.lua:\d+: ", "head"), (r"(?!\s|stack traceback)", "line")),
        states={
            "head": rules((r"\s*stack traceback:", "trace")),
            "line": rules((r"\s*stack traceback:", "trace")),
            "trace": rules((_AT, "frames"), (r"\s*\.\.\.|coroutine \d+:$", "trace")),
            "frames": rules((_AT, "frames"), (r"\s*\.\.\.|coroutine \d+:$", "frames")),
        },
        accepting=frozenset({"frames"}),
    ),
    fragments=(r"\s*stack traceback:$", r"\s+(?:\[C\]|[^\s:]+\.lua:\d+): in ", r"lua[\w.]*: \S+:\d+: "),
    noise=(r"\.lua:\d+",),
    lines=(r"coroutine \d+:$",),
)
