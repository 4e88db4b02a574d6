"""Ada (GNAT): `raised CONSTRAINT_ERROR : cart.adb:8 index check failed` with a call stack of addresses.

Promises: the place in the message is the frame where the call stack has no symbols; addresses are gone. Must not need
debug symbols.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback
from processor.parsing.stacktrace.paths import line_number, short_path

_RAISED = regex(r"\s*(?:raised |Exception name: )([A-Z][\w.]*)(?: : (.*))?$")
_MESSAGE = regex(r"\s*(?:Exception )?[Mm]essage: (.*)$")
_PLACE = regex(r"(\S+\.ad[abs]):(\d+)(?::\d+)? ?(.*)$")
_FRAME = regex(r"\s*(?:\[\S+\]|0x[0-9a-f]+)? ?(?:0x[0-9a-f]+ )?(?:in )?([\w.]+) at (\S+\.ad[abs]):(\d+)$")
_MACHINERY = regex(r"(?:ada|system|gnat|interfaces)[._]|main$")


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: Ada prints no chain."""
    head = next((found for line in lines if (found := _RAISED.match(line))), None)
    if head is None or not any("traceback locations" in line or "unhandled exception" in line for line in lines):
        return None
    below = next((found.group(1) for line in lines if (found := _MESSAGE.match(line))), "")
    message = head.group(2) or below
    frames: list[Frame] = []
    for match in filter(None, map(_FRAME.match, lines)):
        name, path, line = match.groups()
        own = not _MACHINERY.match(name) and not path.startswith(("a-", "s-", "g-", "b__"))
        frames.append(Frame(name.rpartition(".")[2], short_path(path), own, path, line_number(line)))
    if place := _PLACE.match(message):
        path, line, message = place.groups()
        if not frames:
            frames = [Frame("", short_path(path), True, path, line_number(line))]
    return Traceback("ada", (Raised(head.group(1), message, tuple(reversed(frames))),))


_LOCATIONS = r"(?:Call stack traceback locations|Load address: |0x[0-9a-f]+(?: |$)|\[\S+\]$)"

LANGUAGE = Language(
    "ada",
    rank=116,
    needles=("raised ", "Exception name: "),
    parse=parse,
    automaton=Automaton(
        start=rules(
            (r"Execution (?:of \S+ )?terminated by unhandled exception", "head"),
            (r"raised [A-Z][A-Z0-9_.]+ : ", "raised"),
        ),
        states={
            "head": rules((r"\s*(?:raised|Exception name:) [A-Z]", "raised")),
            "raised": rules((_LOCATIONS, "trace"), (r"Message: ", "raised")),
            "trace": rules((_LOCATIONS, "trace"), (r"\s*(?:\[\S+\]|0x[0-9a-f]+) ?\S* at \S+:\d+$", "trace")),
        },
        accepting=frozenset({"raised", "trace"}),
    ),
    fragments=(
        r"Execution (?:of \S+ )?terminated by unhandled exception",
        r"Call stack traceback locations:",
        r"raised [A-Z][A-Z0-9_.]+ : ",
    ),
    crash=(r"Execution (?:of \S+ )?terminated by unhandled exception", r"raised [A-Z][A-Z0-9_.]+ : "),
    noise=(r"0x[0-9a-f]+", r"\.ad[abs]:\d+"),
    lines=(r"0x[0-9a-f]+ ", r"Exception name: "),
)
