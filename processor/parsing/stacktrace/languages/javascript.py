"""Firefox, Safari and Bun: `load@https://shop/app.js:3:5`, and a crash that quotes numbered lines of code.

Promises: the function's name is kept, the host and the query of a URL are not. Must not take an e-mail for a frame.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace import exception_line as heads
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import Language
from processor.parsing.stacktrace.model import Frame, Traceback, complete
from processor.parsing.stacktrace.paths import below, line_number, short_path

_FRAME = regex(
    r"\s*([^\s@]*)@((?:https?|file|webpack|moz-extension|safari-extension|capacitor"
    r"|app)[^\s]*?|\[native code\])(?::(\d+)(?::\d+)?)?$"
)
_HOST = regex(r"[a-z-]+://[^/]*")
_ASYNC = regex(r"(?:async\*|promise callback\*|setTimeout handler\*|[/<]+)")


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: these runtimes print no cause."""
    head: list[str] = []
    frames: list[Frame] = []
    for line in lines:
        if match := _FRAME.match(line):
            name = _ASYNC.sub("", match.group(1)) or "<anonymous>"
            frames.append(_placed(name, match.group(2), line_number(match.group(3))))
        elif not frames:
            head.append(line)
    return complete("javascript", [heads.raised(head, frames)] if frames else [])


def _placed(name: str, url: str, line: int) -> Frame:
    path = _HOST.sub("", url.partition("?")[0])
    if url.startswith("[native") or (rest := below(path, "node_modules/")) is None:
        return Frame(name, short_path(path) if path else "native", not url.startswith("[native"), path, line)
    return Frame(name, rest, False, path, line)


_AT = r"\s*[^\s@]*@(?:https?|file|webpack|moz-extension|safari-extension|capacitor|app)\S*:\d+|\s*\S*@\[native code\]"

LANGUAGE = Language(
    "javascript",
    rank=900,
    needles=("@http", "@file:", "@webpack", "@moz-", "@safari-", "@capacitor", "@app:"),
    parse=parse,
    automaton=Automaton(
        start=rules((r"(?!\s*\S*@)\S", "line"), (_AT, "frames")),
        states={"line": rules((_AT, "frames")), "frames": rules((_AT, "frames"))},
        accepting=frozenset({"frames"}),
    ),
    fragments=(r"\s*[^\s@]*@(?:https?|file|webpack|moz-extension|safari-extension|capacitor|app)\S*:\d+:\d+$",),
    noise=(r"\.js(?:\?\S*)?:\d+(?::\d+)?",),
)
