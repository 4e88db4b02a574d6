"""WebAssembly (wasmtime): `error while executing at wasm backtrace:`, numbered frames, and the trap.

Promises: offsets are gone; the trap is the root cause. Must not need names: an unnamed function is `<wasm function 3>`.
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

_STARTED = regex(r".{0,200}?error while executing at wasm backtrace:")
_FRAME = regex(r"\s*\d+: +0x[0-9a-f]+ - (.*)$")
_PLACE = regex(r"\s+at (\S+?):(\d+)(?::\d+)?$")
_TRAP = regex(r"\s*(?:\d+: )?(wasm trap: .*|Exited with .*|.*memory fault.*)$")
_CAUSE = regex(r"\s+(?:\d+: )?(\S.*)$")
_HASH = regex(r"::h[0-9a-f]{16}$")
_LIBRARIES = regex(r"(?:std|core|alloc|rust_|__rust|dlmalloc|_start|__main_void|__wasm|main$|abort$)")


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: the trap, or the last cause below the frames."""
    start = next((number for number, line in enumerate(lines) if _STARTED.match(line)), None)
    if start is None:
        return None
    frames: list[Frame] = []
    said = ""
    for number, line in enumerate(lines[start + 1 :], start + 1):
        if match := _FRAME.match(line):
            below = _PLACE.match(lines[number + 1]) if number + 1 < len(lines) else None
            frames.append(_frame(match.group(1), below))
        elif not said.startswith("wasm trap") and not _PLACE.match(line):
            match = _TRAP.match(line) or _CAUSE.match(line)
            said = match.group(1) if match else said
    kind, colon, message = said.partition(": ")
    if not colon:
        kind, message = "wasm trap", said
    return Traceback("wasm", (Raised(kind, message, tuple(reversed(frames))),)) if frames else None


def _frame(call: str, place: re.Match[str] | None) -> Frame:
    owner, _, function = call.rpartition("!")
    owner = "" if owner.startswith("<") else short_path(owner)
    path = place.group(1) if place else ""
    own = not _LIBRARIES.match(function) and "/rustc/" not in path and "/.cargo/registry" not in path
    return Frame(
        _HASH.sub("", function), short_path(path) if path else owner, own, path,
        line_number(place.group(2)) if place else 0,
    )  # fmt: skip


_AT = r"\s*\d+: +0x[0-9a-f]+ - "

LANGUAGE = Language(
    "wasm",
    rank=5,
    needles=("wasm backtrace:",),
    parse=parse,
    automaton=Automaton(
        start=rules(
            (r".{0,200}?error while executing at wasm backtrace:", "trace"),
            (r"Error: ", "bare"),
        ),
        states={
            "bare": rules((r"Caused by:", "causes")),
            "causes": rules((r"\s*\d+: error while executing at wasm backtrace:", "trace"), (r"\s+\d+: \S", "causes")),
            "trace": rules((_AT, "frames")),
            "frames": rules(
                (_AT, "frames"), (r"\s+at \S+:\d+|note: using the `WASMTIME", "frames"), (r"Caused by:|\s+\S", "frames")
            ),
        },
        accepting=frozenset({"frames"}),
    ),
    fragments=(
        r".{0,200}error while executing at wasm backtrace:$",
        r"\s+\d+: +0x[0-9a-f]+ - \S*!",
        r"\s+(?:\d+: )?wasm trap: ",
    ),
    noise=(r"0x[0-9a-f]+",),
    lines=(r"Error: ", r"Caused by:$", r"note: using the "),
)
