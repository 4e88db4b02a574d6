"""Crystal: `Unhandled exception: message (Type)` with frames `  from src/cart.cr:9:5 in 'load'`.

Promises: the runtime's files, system libraries and shards are not in-app; a cause comes before its effect. Must not
read Ruby's frames, whose place is followed by `:in`.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback, complete
from processor.parsing.stacktrace.paths import below, line_number, short_path

_FRAME = regex(r"\s+from (\S[^:]*?)(?::(\d+)(?::\d+)?)? in '(.*)'$")
_UNHANDLED = regex(r".{0,200}?Unhandled exception(?: in spawn(?:\(name: [^)]*\))?)?: ")
_TYPED = regex(r"(.*) \(([A-Z][\w:]*(?:\([\w:, |]*\))?)\)$")
_CAUSE = "Caused by: "
_RECORD = regex(rf"(?:{RECORD})\S*\s+(?:[A-Z]+ - [\w.]+: )?")
_SYSTEM = regex(r"(?:/usr)?/lib(?:64)?/|/usr/(?:share|local)/|/opt/crystal/|.*/lib/crystal/|.*/crystal/src/")
_ARGUMENTS = regex(r"[<(].*[>)](?=[:(]|$)")


def parse(lines: list[str]) -> Traceback | None:
    """Return the chain in `lines`, root cause first."""
    chain: list[Raised] = []
    head: list[str] = []
    frames: list[Frame] = []
    for line in lines:
        if match := _FRAME.match(line):
            frames.append(_frame(match.group(1), match.group(2), match.group(3)))
        elif frames and line.startswith(_CAUSE):
            chain.append(_raised(head, frames))
            head, frames = [line.removeprefix(_CAUSE)], []
        elif not frames:
            head.append(line)
    chain.append(_raised(head, frames))
    return complete("crystal", chain[::-1])


def _raised(head: list[str], frames: list[Frame]) -> Raised:
    head = [line for line in head if line.strip()]
    start = next((number for number, line in enumerate(head) if _UNHANDLED.match(line)), 0)
    typed = _TYPED.match(head[-1]) if head else None
    first = _UNHANDLED.sub("", head[start], count=1) if head else ""
    if typed and len(head) - start == 1:
        first = first.removesuffix(f" ({typed.group(2)})")
    elif typed and start == 0 and _RECORD.match(first):  # the record of a logger above the exception
        first = typed.group(1)
    return Raised(typed.group(2) if typed else "", first, tuple(reversed(frames)))


def _frame(path: str, line: str | None, function: str) -> Frame:
    name = _ARGUMENTS.sub("", function) or function
    if (rest := below(path, "lib/")) is not None and path.startswith("lib/"):
        return Frame(name, rest, False, path, line_number(line))
    own = line is not None and not _SYSTEM.match(path)
    return Frame(name, short_path(path), own and name != "__crystal_main", path, line_number(line))


_AT = r"\s+from (?:\S[^:]*\.cr:\d+(?::\d+)? in '|\S+ in '|\?\?\?$)"
_HEAD = r".{0,200}?Unhandled exception(?: in spawn(?:\(name: [^)]*\))?)?: "

LANGUAGE = Language(
    "crystal",
    rank=65,
    needles=(".cr:",),
    parse=parse,
    automaton=Automaton(
        start=rules((_HEAD, "head"), (r"\S.* \([A-Z][\w:]*(?:\([\w:, |]*\))?\)$", "bare")),
        states={
            "head": rules((_AT, "frames"), (RECORD, ""), (r"\s+(?:at|from) ", ""), (r"", "head")),
            "bare": rules((_AT, "frames"), (r"\S.* \([A-Z][\w:]*(?:\([\w:, |]*\))?\)$", "bare")),
            "frames": rules((_AT, "frames"), (r"Caused by: ", "head"), (r"\s+\.\.\.$", "frames")),
        },
        accepting=frozenset({"frames"}),
    ),
    fragments=(
        r"\s+from \S[^:]*\.cr:\d+(?::\d+)? in '",
        r"\s+from \S+ in '[^']+'$",
        r"\s+from \?\?\?$",
        r"Unhandled exception(?: in spawn(?:\(name: [^)]*\))?)?: .*\([A-Z][\w:]*\)$",
    ),
    crash=(r"Unhandled exception(?: in spawn(?:\(name: [^)]*\))?)?: .*\([A-Z][\w:]*\)$",),
    noise=(r"\.cr:\d+(?::\d+)?",),
    lines=(r"Unhandled exception", r"Caused by: \S"),
)
