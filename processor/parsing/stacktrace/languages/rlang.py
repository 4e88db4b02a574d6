"""R: `Error in f(x) : message` with its calls, and rlang's backtraces.

Promises: the call that failed is the innermost frame. Must not keep a call's arguments: they are data.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback
from processor.parsing.stacktrace.paths import line_number

# What failed is a call or any other expression: f(x), x$price, xs[[4]], if (n > 1) 2.
_ERROR = regex(
    r"Error in [`]?([\w.:$]+)[`]?\(.*?\)[`]? ?:\s*(.*)$|Error(?: in [`]([\w.:$]+)\(\)[`])?(?::| :)\s*(.*)$"
    r"|Error in [^\s:].{0,200}? :\s+(.*)$"
)
_CALLS = regex(r"Calls: (.*)$")
_TREE = regex(r"\s*\d+\. [│├└─▆ \\|+-]*(?:global )?([\w.:$<>-]+)\(")
_NUMBERED = regex(r"\s*\d+: ([\w.:$<>-]+)\(.*?\)?(?: at (\S+?)#(\d+))?$")
_UNNAMED = frozenset({"...", "<Anonymous>", "FUN"})
_BASE = frozenset(
    [
        "tryCatch",
        "withCallingHandlers",
        "doTryCatch",
        "tryCatchList",
        "tryCatchOne",
        "stop",
        "eval",
        "source",
        "withVisible",
        "abort",
        "try",
        "lapply",
        "sapply",
        "vapply",
        "Map",
        "mapply",
        "do.call",
        "Reduce",
    ]
)


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: the outermost error that R printed."""
    said: tuple[str, str] | None = None
    frames: list[Frame] = []
    for number, line in enumerate(lines):
        if said is None and (match := _ERROR.match(line)):
            following = next((one.strip(" !") for one in lines[number + 1 :] if one.strip()), "")
            function, message = match.group(1) or match.group(3), match.group(2) or match.group(4) or match.group(5)
            said = function or "", message or following
        elif match := _CALLS.match(line):
            frames = [_frame(name) for name in match.group(1).split(" -> ") if name not in _UNNAMED]
        elif match := _TREE.match(line):
            frames.append(_frame(match.group(1)))
        elif match := _NUMBERED.match(line):
            frames.insert(0, _frame(match.group(1), match.group(2) or "", line_number(match.group(3))))
    if said is None:
        return None
    if said[0] and (not frames or frames[-1].function != said[0]) and not any(f.function == said[0] for f in frames):
        frames.append(_frame(said[0]))
    is_end = any(line.startswith("Execution halted") for line in lines)
    cause = _cause(lines)
    chain = [Raised("Error", cause, tuple(frames)), Raised("Error", said[1], ())] if cause else []
    return Traceback("r", tuple(chain or [Raised("Error", said[1], tuple(frames))])) if frames or is_end else None


def _cause(lines: list[str]) -> str:
    """Return the message of the innermost cause, as rlang prints it: `Caused by error:` and `! object not found`."""
    starts = [number for number, line in enumerate(lines) if line.startswith("Caused by error")]
    below = lines[starts[-1] + 1 :] if starts else []
    return next((line.lstrip("! ") for line in below if line.startswith("! ")), "")


def _frame(name: str, path: str = "", line: int = 0) -> Frame:
    owner, _, function = name.rpartition("::")
    return Frame(function, owner.strip(":"), not owner.strip(":") and function not in _BASE, path, line)


_HEAD = r"Error in (?:`?[\w.:$]+\(.*\)`? ?:|[^\s:].{0,200} :(?:\s|$))"
_TAIL = r"Calls: |Execution halted|Backtrace:|In addition: |Traceback:|Caused by error"

LANGUAGE = Language(
    "r",
    rank=150,
    needles=("Error in ", "Error: ", "Error:\n"),
    parse=parse,
    automaton=Automaton(
        start=rules((_HEAD, "failed"), (r"Error ?:", "bare")),
        states={
            "failed": rules(
                (r"In addition: ", "warned"),
                (_TAIL, "tail"),
                (r"\d+: ", "failed"),
                (RECORD, ""),
                (r"\s|[!xi•✖\u2139] ", "failed"),
            ),
            "bare": rules((_TAIL, "tail"), ("[!xi•✖\u2139] ", "bare")),
            "warned": rules((r"Calls: |Execution halted", "tail"), (r"\s|In |\d+: ", "warned")),
            "tail": rules(
                (r"In addition: ", "warned"), (_TAIL, "tail"), (r"\s*\d+[.:] |\s+[▆│├└]|[!xi•✖\u2139] ", "tail")
            ),
        },
        accepting=frozenset({"failed", "tail", "warned"}),
    ),
    fragments=(_HEAD, r"Calls: \S.*", r"Execution halted$", r"\s*\d+\. [│├└]"),
    crash=(_HEAD, r"Execution halted$"),
    lines=(
        r"Backtrace:",
        r"In (?:addition: |\S.*\) :)",
        "[!xi•✖\u2139] ",
        r"Caused by error",
    ),
)
