"""Zig: `thread 7 panic: message` and `error: Name`, then `/app/src/cart.zig:5:10: 0x... in load (shop)` with the code.

Promises: the standard library is not in-app; addresses are gone. Must not take a compiler's message for a panic.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback, complete
from processor.parsing.stacktrace.paths import line_number, short_path

_HEAD = regex(r"(?:.{0,120}?)(?:thread \d+ (panic): (.*)|(error): (\w+))$")
_SIGNAL = regex(r"(Segmentation fault|Illegal instruction|Bus error) at address 0x[0-9a-f]+")
_FRAME = regex(r"(\S+?\.\w+|\?\?\?):(\d+|\?):(?:\d+|\?): 0x[0-9a-f]+ in (\S+) \(.*\)$")


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: Zig prints no chain."""
    kind = message = ""
    frames: list[Frame] = []
    for number, line in enumerate(lines):
        if match := _FRAME.match(line):
            path, at, name = match.groups()
            own = "/lib/std/" not in path and path.endswith(".zig") and name not in {"main", "posixCallMainAndExit"}
            own = own and not name.startswith(("_start", "callMain", "__zig"))
            source = lines[number + 1].strip() if number + 1 < len(lines) else ""
            source = "" if _FRAME.match(source) else source
            frames.append(Frame(name, short_path(path), own, path, line_number(at if at != "?" else "0"), source))
        elif not frames and (match := _HEAD.match(line)):
            kind, message = (match.group(1), match.group(2)) if match.group(1) else (match.group(4), "")
        elif not frames and (match := _SIGNAL.match(line)):
            kind = match.group(1)
    return complete("zig", [Raised(kind, message, tuple(reversed(frames)))] if kind and frames else [])


_AT = r"(?:\S+\.\w+|\?\?\?):(?:\d+|\?):(?:\d+|\?): 0x[0-9a-f]+ in \S+ \(.*\)$"

LANGUAGE = Language(
    "zig",
    rank=32,
    needles=(".zig:",),
    parse=parse,
    automaton=Automaton(
        start=rules(
            (r".{0,120}?thread \d+ panic: ", "head"),
            (r"error: \w+$", "bare"),
            (r"(?:Segmentation fault|Illegal instruction|Bus error) at address 0x", "bare"),
        ),
        states={
            "head": rules((_AT, "frames"), (r"", "head")),
            "bare": rules((_AT, "frames")),
            "frames": rules((_AT, "frames"), (r"\s+\S", "frames")),
        },
        accepting=frozenset({"frames"}),
    ),
    fragments=(r"(?:.{0,120} )?thread \d+ panic: ", r"\S+\.zig:\d+:\d+: 0x[0-9a-f]+ in \S+ \(", r"\?\?\?:\?:\?: 0x"),
    crash=(r"(?:.{0,120} )?thread \d+ panic: ",),
    noise=(r"0x[0-9a-f]+", r"\.zig:\d+:\d+"),
    lines=(r"error: \w+$", r"Segmentation fault at address"),
)
