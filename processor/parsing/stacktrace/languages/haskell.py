"""Haskell: `shop: message`, then `CallStack (from HasCallStack):` or `HasCallStack backtrace:`.

Promises: a line of a call stack names a called function and its caller's place, so that a place belongs to the function
of the next line. Must not take the program's name for a type.
The line above the stack is not forwarded by the log sink: `name: text` could be anybody's.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback
from processor.parsing.stacktrace.paths import line_number, short_path

_CALL = regex(r"\s*(\S+), called at (\S+?):(\d+):\d+ in (\S+):([\w.']+)$")
_PROGRAM = regex(r"[\w.-]+: ")
_UNCAUGHT = regex(r"Uncaught exception (?:[\w.-]+:)?([\w.']+):\s*")
_STACK = regex(r"\s*(?:CallStack \(from HasCallStack\):|HasCallStack backtrace:)")
_TYPED = regex(r"([A-Z]\w*(?:Exception|Error|Failure)) ?[({:]? ?(.*)$")
_COLLECTORS = frozenset({"collectBacktraces", "collectBacktraces'", "toExceptionWithBacktrace"})
_THROWERS = frozenset({"throwIO", "throw", "throwM", "throwString", "ioError"})
_LIBRARIES = regex(
    r"(?:base|ghc-\w+|ghc|containers|text|bytestring|vector|aeson|warp|wai\b|servant|persistent|conduit|mtl|transformers"
    r"|unordered-containers|async|stm|http-\w+|hasql|yesod|scotty|network|lens|primitive|array|time|directory|process)"
    r"(?:-\w+)*(?:-[\d.]+)?(?:-\w+)?$"
)


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: GHC prints no chain."""
    start = next((number for number, line in enumerate(lines) if _STACK.match(line)), None)
    if start is None:
        return None
    calls = [found for found in map(_CALL.match, lines[start + 1 :]) if found and found.group(1) not in _COLLECTORS]
    if not calls:
        return None
    frames = []
    for at, call in enumerate(calls):
        path, package = call.group(2), call.group(4)
        own = not path.startswith("libraries/") and not _LIBRARIES.match(package)
        name = calls[at + 1].group(1) if at + 1 < len(calls) else ""
        frames.append(Frame(name, short_path(path), own, path, line_number(call.group(3))))
    kind, message = _said([line for line in lines[:start] if line.strip()], calls[0].group(1))
    return Traceback("haskell", (Raised(kind, message, tuple(reversed(frames))),))


def _said(head: list[str], called: str) -> tuple[str, str]:
    if not head:
        return called, ""
    first = _PROGRAM.sub("", head[0], count=1)
    if found := _UNCAUGHT.match(first):
        rest = first[found.end() :] or (head[1] if len(head) > 1 else "")
        return found.group(1).rpartition(".")[2], rest
    typed = _TYPED.match(first)
    return (typed.group(1), typed.group(2).rstrip(")}")) if typed else ("" if called in _THROWERS else called, first)


_CRASH = r"[\w.-]+: (?:Uncaught exception \S+:|Prelude\.\S+: |\S+\.hs:\d+:\S+: Non-exhaustive )"
_AT = r"\s*\S+, called at \S+:\d+:\d+ in \S+:"
_TRACE = r"\s*(?:CallStack \(from HasCallStack\):|HasCallStack backtrace:)"

LANGUAGE = Language(
    "haskell",
    rank=64,
    needles=(", called at ",),
    parse=parse,
    automaton=Automaton(
        start=rules((r"[\w./-]+: Uncaught exception \S+:", "head"), (rf"(?!\s)(?!{_TRACE})\S", "line")),
        states={
            "line": rules((_TRACE, "trace"), (r"\s+at ", ""), (r"\s+\S", "more")),
            "more": rules((_TRACE, "trace"), (r"\s+at ", ""), (r"\s+\S", "more")),
            "head": rules((_TRACE, "trace"), (RECORD, ""), (r"\s+at |Traceback |#\d", ""), (r"", "head")),
            "trace": rules((_AT, "frames")),
            "frames": rules((_AT, "frames"), (_TRACE, "trace")),
        },
        accepting=frozenset({"frames"}),
    ),
    fragments=(_TRACE + "$", r"\s+\S+, called at \S+:\d+:\d+ in \S+:", _CRASH),
    crash=(_CRASH,),
    noise=(r"\.hs:\d+:\d+",),
)
