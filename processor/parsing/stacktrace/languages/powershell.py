"""PowerShell: the error with its place, as both generations print it (`At job.ps1:3 char:5`, `Get-Item: job.ps1:3`).

Promises: the line of code at the marker is the frame's source; the category and the id of the error are its type. Must
not read a table that a script prints.
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

_COLOUR = regex(r"\x1b\[[\d;]*m")
_AT = regex(r"At (\S+\.psm?\d):(\d+) char:\d+$")
_PLUS = regex(r"\+ (.*)$")
_CATEGORY = regex(r"\s+\+ (CategoryInfo|FullyQualifiedErrorId)\s*: (.*)$")
_CONCISE = regex(r"([\w-]+): (\S+\.psm?\d):(\d+)$")
_CODE = regex(r"\s*\d+ \| (.*)$")
_SAID = regex(r"\s+\| +(?![~\s])(.*)$")
_STACKED = regex(r"at (.+?), (\S+\.psm?\d): line (\d+)$")


def parse(lines: list[str]) -> Traceback | None:
    """Return a single exception: PowerShell prints no chain."""
    lines = [_COLOUR.sub("", line) for line in lines]
    stack = [
        Frame(match.group(1), short_path(match.group(2)), True, match.group(2), line_number(match.group(3)))
        for match in map(_STACKED.match, lines)
        if match
    ]
    for number, line in enumerate(lines):
        if match := _AT.match(line):
            return _traceback(*_classic(lines, number), _placed(match, "", _source(_PLUS, lines, number)), stack)
        if (match := _CONCISE.match(line)) and lines[number + 1 : number + 2] == ["Line |"]:
            place = Frame(
                "", short_path(match.group(2)), True, match.group(2), line_number(match.group(3)),
                _source(_CODE, lines, number),
            )  # fmt: skip
            said = [found.group(1) for found in map(_SAID.match, lines[number + 3 :]) if found]
            return _traceback(match.group(1), " ".join(said), place, stack)
    return None


def _classic(lines: list[str], at: int) -> tuple[str, str]:
    found = {match.group(1): match.group(2) for match in map(_CATEGORY.match, lines[at + 1 : at + 12]) if match}
    kind = found.get("CategoryInfo", "").rpartition(", ")[2] or found.get("FullyQualifiedErrorId", "").partition(",")[0]
    message = " ".join(line.strip() for line in lines[max(0, at - 3) : at] if line.strip())
    command, colon, rest = message.partition(" : ")
    return kind, rest if colon and " " not in command else message


def _placed(match: re.Match[str], function: str, source: str) -> Frame:
    return Frame(function, short_path(match.group(1)), True, match.group(1), line_number(match.group(2)), source)


def _source(pattern: re.Pattern[str], lines: list[str], at: int) -> str:
    found = next(filter(None, map(pattern.match, lines[at + 1 : at + 4])), None)
    return found.group(1).strip() if found else ""


def _traceback(kind: str, message: str, place: Frame, stack: list[Frame]) -> Traceback:
    frames = (*reversed(stack), place) if not stack else tuple(reversed(stack))
    return Traceback("powershell", (Raised(kind or "Error", message, frames),))


_ESC = r"(?:\x1b\[[\d;]*m)*"

LANGUAGE = Language(
    "powershell",
    rank=155,
    needles=(" char:", "Line |\n", "\nLine |"),
    parse=parse,
    automaton=Automaton(
        start=rules(
            (rf"{_ESC}[\w-]+: {_ESC}\S+\.psm?\d:\d+{_ESC}$", "concise"),
            (r"(?!\s)\S", "line"),
        ),
        states={
            "concise": rules((rf"{_ESC}Line \|", "box")),
            "box": rules((rf"{_ESC}\s*\d* *{_ESC}\| ", "box"), (rf"{_ESC}\s+\|", "box")),
            "line": rules((r"At \S+\.psm?\d:\d+ char:\d+$", "at")),
            "at": rules((r"\+ ", "at"), (r"\s+\+ (?:CategoryInfo|FullyQualifiedErrorId|PSComputer)", "end")),
            "end": rules((r"\s+\+ (?:CategoryInfo|FullyQualifiedErrorId|PSComputer)", "end"), (r"\s{4,}", "end")),
        },
        accepting=frozenset({"box", "end"}),
    ),
    fragments=(
        r"At \S+\.psm?\d:\d+ char:\d+$",
        r"\s+\+ (?:CategoryInfo|FullyQualifiedErrorId)\s*: ",
        r"\S{0,8}Line \|$",
    ),
    noise=(r"\.psm?\d:\d+",),
    lines=(r"\+ ", r"[A-Za-z]\w*(?:-\w+)?: \S+\.psm?\d:\d+$", r"[A-Za-z]+-\w+ : "),
)
