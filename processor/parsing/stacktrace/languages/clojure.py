"""Clojure's own report of an uncaught exception: `Execution error (ExceptionInfo) at shop.cart/load (cart.clj:2)`.

Promises: the function in the report is the only frame; the file of the full report is left out. Must not read the
JVM's frames: a Clojure program that prints them is read as any program of the JVM.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import RECORD, Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback
from processor.parsing.stacktrace.paths import line_number

_HEAD = regex(
    r"((?:Execution|Syntax|Unexpected) error) (?:\(([\w.$]+)\) )?(?:\w+ing \S+ )?at (?:([^\s/]+)/)?(\S+)? ?"
    r"\(([^\s:]+)(?::(\d+))?(?::\d+)?\)\.$"
)
_EVALUATED = regex(r"(?<=.)/?(?:eval\d+|fn--\d+|fn)$|--\d+")
_INSTALLED = regex(r"(?:clojure|ring|compojure|reitit|pedestal|cheshire|hikari|next\.jdbc)(?:\.|$)")


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: the report names no cause."""
    for number, line in enumerate(lines):
        if match := _HEAD.match(line):
            named, kind, owner, function, file, at = match.groups()
            message = lines[number + 1].strip() if number + 1 < len(lines) else ""
            frame = Frame(
                _EVALUATED.sub("", function or ""),
                owner or file,
                not _INSTALLED.match(owner or ""),
                file if "." in file else "",
                line_number(at),
            )
            return Traceback("clojure", (Raised(kind or named, message, (frame,)),))
    return None


_START = r"(?:Execution|Syntax|Unexpected) error (?:\([\w.$]+\) )?(?:\w+ing \S+ )?at .{0,200}\(.*\)\.$"

LANGUAGE = Language(
    "clojure",
    rank=35,
    needles=(" error (", " error at "),
    parse=parse,
    automaton=Automaton(
        start=rules((_START, "head")),
        states={
            "head": rules((rf"{RECORD}|\s+at ", ""), (r"", "said")),
            "said": rules((r"Full report at:$", "report"), (rf"{RECORD}|\s+at ", ""), (r"", "more")),
            "more": rules((r"Full report at:$", "report"), (rf"{RECORD}|\s+at ", ""), (r"", "more")),
            "report": rules((r"\S+\.edn$", "end")),
            "end": rules(),
        },
        accepting=frozenset({"said", "end"}),
    ),
    fragments=(_START, r"Full report at:$"),
    crash=(_START,),
    noise=(r"clojure-\d+\.edn",),
)
