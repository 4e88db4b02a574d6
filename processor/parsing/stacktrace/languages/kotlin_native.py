"""Kotlin/Native: `Uncaught Kotlin exception: kotlin.IllegalStateException: ...` with frames `kfun:shop.Cart#total(){}`.

Promises: addresses, offsets and signatures are gone; the standard library is not in-app. Must not read the JVM's
frames.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback, complete
from processor.parsing.stacktrace.paths import line_number, short_path

_HEAD = regex(r"(?:.{0,120}?)(?:Uncaught Kotlin exception: |Caused by: )([\w.$]+)(?:: (.*))?$")
_FRAME = regex(r"\s+at \d+ +\S+ +0x[0-9a-f]+ +(\S.*?) \+ \d+(?: \((?:.*?/)?([^\s/()]+\.\w+):(\d+):\d+\))?\s*$")
_CALL = regex(r"kfun:([\w.$]*)#([\w$<>.]+)")


def parse(lines: list[str]) -> Traceback | None:
    """Return the chain in `lines`, root cause first."""
    chain: list[tuple[str, str, list[Frame]]] = []
    for line in lines:
        if match := _HEAD.match(line):
            chain.append((match.group(1), match.group(2) or "", []))
        elif chain and (match := _FRAME.match(line)):
            chain[-1][2].append(_frame(match.group(1), match.group(2) or "", match.group(3)))
    return complete("kotlin_native", [Raised(kind, text, tuple(frames[::-1])) for kind, text, frames in chain[::-1]])


def _frame(symbol: str, path: str, line: str | None) -> Frame:
    match = _CALL.match(symbol)
    if not match:
        return Frame(symbol.partition("(")[0], "", in_app=False)
    owner, function = match.groups()
    own = not owner.startswith(("kotlin.", "kotlinx.", "io.ktor.", "konan."))
    return Frame(function, owner or short_path(path), own, path, line_number(line))


_AT = r"\s+at \d+ +\S+ +0x[0-9a-f]+ +\S"

LANGUAGE = Language(
    "kotlin_native",
    rank=38,
    needles=("kfun:",),
    parse=parse,
    automaton=Automaton(
        start=rules((r".{0,120}?Uncaught Kotlin exception: ", "head")),
        states={
            "head": rules((_AT, "frames"), (RECORD, ""), (r"", "head")),
            "frames": rules((_AT, "frames"), (r"Caused by: ", "head")),
        },
        accepting=frozenset({"frames"}),
    ),
    fragments=(_AT, r"Uncaught Kotlin exception: "),
    crash=(r"Uncaught Kotlin exception: ",),
    noise=(r"0x[0-9a-f]+",),
)
