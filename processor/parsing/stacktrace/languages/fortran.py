"""Fortran (gfortran): `Fortran runtime error: ...`, `ERROR STOP`, or a signal, with a backtrace of `#0  0x... in name`.

Promises: addresses are gone; a procedure of a module has the name in its source. Must not read C++'s stacks.
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

_WHERE = regex(r"At line (\d+) of file (\S+)")
_SAID = regex(r"(Fortran runtime error|ERROR STOP|STOP|forrtl: \w+ \(\d+\)):? ?(.*)$")
_SIGNAL = regex(r"Program received signal (SIG\w+): (.*?)\.?$")
_FRAME = regex(r"\s*#\d+ +0x[0-9a-f]+ in (\S+)$")
_PLACE = regex(r"\s+at (\S+):(\d+)$")
_TRACED = regex(r"(?:Error termination\. Backtrace:|Backtrace for this error:)")
_MODULE = regex(r"__(\w+)_MOD_(\w+)$")


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: Fortran prints no chain."""
    kind = message = ""
    place: Frame | None = None
    frames: list[Frame] = []
    is_traced = False
    for number, line in enumerate(lines):
        if match := _WHERE.match(line):
            place = Frame("", short_path(match.group(2)), True, match.group(2), line_number(match.group(1)))
        elif not kind and (match := _SAID.match(line) or _SIGNAL.match(line)):
            kind, message = match.groups()
        elif _TRACED.match(line):
            is_traced = True
        elif match := _FRAME.match(line):
            below = lines[number + 1] if number + 1 < len(lines) else ""
            frames.append(_frame(match.group(1), _PLACE.match(below)))
    if not kind or not (is_traced or place):
        return None
    if place and not any(frame.in_app for frame in frames):
        frames.insert(0, place)
    return Traceback("fortran", (Raised(kind, message, tuple(reversed(frames))),))


def _frame(name: str, place: re.Match[str] | None) -> Frame:
    module = _MODULE.match(name)
    path = place.group(1) if place else ""
    own = name not in {"???", "main"} and not name.startswith(("_gfortran", "__libc", "_start"))
    return Frame(
        module.group(2) if module else name.rstrip("_"),
        short_path(path) if path else (module.group(1) if module else ""),
        own,
        path,
        line_number(place.group(2)) if place else 0,
    )


LANGUAGE = Language(
    "fortran",
    rank=115,
    needles=("Fortran runtime error", "Error termination. Backtrace", "Backtrace for this error"),
    parse=parse,
    automaton=Automaton(
        start=rules(
            (r"At line \d+ of file \S+", "head"),
            (r"Fortran runtime error: |ERROR STOP", "said"),
            (r"Program received signal SIG\w+: ", "said"),
        ),
        states={
            "head": rules((r"Fortran runtime error: ", "said")),
            "said": rules((r"(?:Error termination\. Backtrace:|Backtrace for this error:)", "trace")),
            "trace": rules((r"\s*#\d+ +0x[0-9a-f]+ in ", "trace"), (r"\s+at \S+:\d+$", "trace")),
        },
        accepting=frozenset({"said", "trace"}),
    ),
    fragments=(
        r"At line \d+ of file \S+\.[fF]\w*",
        r"Fortran runtime error: ",
        r"(?:Error termination\. Backtrace:|Backtrace for this error:)",
        r"Program received signal SIG\w+: ",
        r"#\d+ +0x[0-9a-f]+ in \S+$",
        r"\s+at \S+\.[fF]\d*:\d+$",
    ),
    crash=(r"Fortran runtime error: ", r"ERROR STOP\b", r"Program received signal SIG"),
    noise=(r"0x[0-9a-f]+", r"line \d+"),
    lines=(r"ERROR STOP",),
)
