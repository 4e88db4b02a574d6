"""Python tracebacks: chained, groups, syntax errors, recursion, with or without 3.11's markers.

Promises: one pass over the lines; frames of the interpreter and of installed packages are not in-app. Must not import
traceback or evaluate anything.
"""

from __future__ import annotations

from msgspec import Struct, field
from msgspec.structs import replace

from processor.model.patterns import regex
from processor.parsing.stacktrace.automaton import Automaton, rules
from processor.parsing.stacktrace.language import Language
from processor.parsing.stacktrace.model import Frame, Raised, Traceback, complete
from processor.parsing.stacktrace.paths import below, line_number, short_path

_HEADER = "Traceback (most recent call last):"
_GROUP = "Exception Group Traceback"
_FRAME = regex(r'\s*+(?:> )?File "([^"]*+)", line (\d+)(?:, in (.*))?$')
_MARKER = regex(r"[\s^~│└|.]+$|\s*(?:[│└]|\[Previous line repeated)")
_RAISED = regex(r"([^\W\d][\w.<>]*+)(?:: ?(.*))?$")
_CELL_HEAD = regex(r"[A-Z]\w+ +Traceback \(most recent call last\)$")
_CELL_FRAME = regex(r"(?:File (\S+?):(?=\d)|(Cell|Input) In ?\[\d+\], (?:line )?)(?:in )?(\d+)(?:, in ([\w<>]+).*)?$")
_CELL_CODE = regex(r"-+> \d+ (.*)$")
_CELL_CONTEXT = regex(r" +\d+ |-{20,}$")
_STATED = regex(r"(?:^|[\s:])((?:\w+\.)*[A-Z]\w*(?:Error|Exception|Warning|Exit|Interrupt|Timeout)): (.*)$")
_MEMBER = regex(r"\s*\+[-+]*-* \d+ -+$")
_BAR = regex(r"( *)(?:\| ?|\+ (?=Exception Group))")
_STDLIB = regex(r"/(?:lib(?:64)?/(?:python|pypy)[\d.]+|python\d+\.zip|Python\d+/[Ll]ib)/")
# Below the first line of a message: the status of a failed call, the field that pydantic refused.
_TELLING = regex(r"\s+(?:status|details) = .*|[A-Za-z_][\w.]*+$")
_MESSAGE_CHARS = 200
_BOXED = " Traceback (most recent call last) "
_BOX_FRAME = regex(r"[│|] ([^\s:][^:]*):(\d+) in (\S+) +[│|]?$")
_BOX_CODE = regex(r"[│|] [❱>] +\d+ [│|](?:   [│|])* *(\S.*?) *[│|]?$")
_SYNTHETIC_ID = regex(r"[-_ ]?\d+[-\w]*")


class _Block(Struct):
    """An exception in progress: its nesting in a group, the column of its type, its frames to date."""

    depth: int
    column: int
    headed: bool
    frames: list[Frame] = field(default_factory=list)


class _Reader:
    """Collects blocks in printed order and returns them with the members of a group before the group."""

    def __init__(self) -> None:
        self.chain: list[Raised] = []
        self._pending: list[tuple[int, Raised]] = []
        self.block: _Block | None = None

    def open(self, depth: int, column: int, *, headed: bool) -> _Block:
        if self.block and self.block.headed and self.block.frames:  # cut off before its type was printed
            self.close("", "")
        self.block = _Block(depth, column, headed)
        return self.block

    def close(self, kind: str, message: str) -> None:
        if self.block:
            self._settle(self.block.depth)
            self._pending.append((self.block.depth, Raised(kind, message, tuple(self.block.frames))))
        self.block = None

    def note(self, line: str) -> None:
        """Add a line below an exception: the part of its message that separates failures."""
        if not self._pending:
            return
        depth, raised = self._pending[-1]
        kept = _TELLING.match(line)
        if kept and len(raised.message) < _MESSAGE_CHARS:
            self._pending[-1] = depth, replace(raised, message=f"{raised.message} {kept.group().strip()}")

    def finish(self, head: str) -> list[Raised]:
        """Close what is open; a stack without its first line has the exception in the text above it."""
        if self.block and not self.block.headed and len(self.block.frames) > 1:
            named = _STATED.search(head)
            self.close(*((named.group(1), named.group(2).strip()) if named else ("", "")))
        self.open(0, 0, headed=False)
        self._settle(0)
        return self.chain

    def _settle(self, depth: int) -> None:
        while self._pending and self._pending[-1][0] >= depth:
            self.chain.append(self._pending.pop()[1])


def parse(lines: list[str]) -> Traceback | None:
    """Return the chain in `lines`, root cause first; members of an exception group come before the group."""
    if any(_BOXED in line and line.lstrip().startswith(("╭─", "+-")) for line in lines):
        lines = _unboxed(lines)
    if any(map(_CELL_HEAD.match, lines)):
        lines = _unnotebooked(lines)
    grouped = any(_GROUP in line for line in lines)
    reader = _Reader()
    for raw in lines:
        depth, line = _unbar(raw) if grouped else (0, raw)
        if grouped and _MEMBER.match(raw):
            reader.open((len(raw) - len(raw.lstrip()) + (2 if "+-+" in raw else 0) - 2) // 2, 0, headed=False)
        elif _HEADER in line:
            stripped = line.lstrip()
            own_line = stripped.startswith((_HEADER, _GROUP))
            reader.open(depth, len(line) - len(stripped) if own_line else 0, headed=True)
        elif match := _FRAME.match(line):
            block = reader.block or reader.open(depth, 0, headed=False)
            block.frames.append(placed(match.group(1), line_number(match.group(2)), match.group(3)))
        elif line.strip() == "--- <exception caught here> ---":
            continue  # Twisted separates the frames of its loop
        elif reader.block and line.strip():
            _below_frames(reader, reader.block, line)
        elif line.strip():
            reader.note(line)
    chain = reader.finish("" if _FRAME.match(lines[0]) else lines[0])
    if chain and not chain[-1].type and (stated := _stated(lines)):
        chain[-1] = Raised(*stated, chain[-1].frames)
    if len(chain) == 1 and len(chain[0].frames) == 1 and any(_HEADER in line for line in lines):
        return Traceback("python", tuple(chain))  # cut below its first frame, but not prose
    return complete("python", chain)


def _unnotebooked(lines: list[str]) -> list[str]:
    """Return a traceback of IPython as the interpreter prints it."""
    found: list[str] = []
    for line in lines:
        if match := _CELL_FRAME.match(line):
            path = match.group(1) or match.group(2)
            found.append(f'  File "{path}", line {match.group(3)}, in {match.group(4) or "<module>"}')
        elif match := _CELL_CODE.match(line):
            found.append(f"    {match.group(1)}")
        elif not _CELL_CONTEXT.match(line):
            found.append(_HEADER if _CELL_HEAD.match(line) else line)
    return found


def _stated(lines: list[str]) -> tuple[str, str] | None:
    """Return (type, message) in the line above a traceback that was printed or kept without its last line."""
    at = next((number for number, line in enumerate(lines) if _HEADER in line), 0)
    named = _STATED.search(lines[at - 1]) if at else None
    return (named.group(1), named.group(2).strip()) if named else None


def _below_frames(reader: _Reader, block: _Block, line: str) -> None:
    """Return whether a line is no frame: source and markers are indented, the exception is below the header."""
    stripped = line.lstrip()
    if len(line) - len(stripped) > block.column:
        if block.frames and not block.frames[-1].source and not _MARKER.match(line):
            block.frames[-1] = replace(block.frames[-1], source=stripped.rstrip())
        return
    match = _RAISED.match(stripped.rstrip())
    if match:
        reader.close(match.group(1), (match.group(2) or "").strip())
    elif block.headed and block.frames:
        reader.close("", "")
    else:
        reader.block = None


def _unboxed(lines: list[str]) -> list[str]:
    """Return a traceback that rich drew as a table as the interpreter prints it."""
    found: list[str] = []
    for line in (line.strip() for line in lines):  # a handler of rich draws it in a column
        if _BOXED in line:
            found.append(_HEADER)
        elif match := _BOX_FRAME.match(line):
            found.append(f'  File "{match.group(1)}", line {match.group(2)}, in {match.group(3)}')
        elif match := _BOX_CODE.match(line):
            found.append(f"    {match.group(1)}")
        elif not line.startswith(("│", "|", "╭", "╰", "+-")):
            found.append(line)
    return found


def _unbar(line: str) -> tuple[int, str]:
    """Return (nesting, line without the tree drawn around an exception group)."""
    match = _BAR.match(line)
    if not match:
        return 0, line
    return max(0, (len(match.group(1)) - 2) // 2), line[match.end() :]


def placed(path: str, line: int, function: str | None) -> Frame:
    """Return the frame of a file, its line and its function."""
    name = function or "<module>"  # a syntax error has no function: the file itself failed
    if path.startswith("<"):
        module = path.strip("<>").removeprefix("frozen ")
        return Frame(name, _SYNTHETIC_ID.sub("", module), path == "<stdin>", "", line)
    if path.endswith((".pyx", ".pxi", ".pxd")) and not path.startswith("/"):
        return Frame(name, path, False, path, line)  # Cython prints the path inside the package
    for marker in ("site-packages/", "dist-packages/", "/pyspark.zip/", "-src.zip/"):
        if (rest := below(path, marker)) is not None:
            return Frame(name, rest, False, path, line)
    if match := _STDLIB.search(path.replace("\\", "/")):
        return Frame(name, path[match.end() :].replace("\\", "/"), False, path, line)
    return Frame(name, short_path(path), True, path, line)


_CELL = r"[A-Z]\w+ +Traceback \(most recent call last\)$"
_HEAD = r".{0,200}?(?:Exception Group )?Traceback \(most recent call last\):\s*$"
_TABBED = r"\t(?:Exception Group )?Traceback \(most recent call last\):\s*$"  # of Twisted: every line has the tab
_BOX = r"\s*╭─+ Traceback \(most recent call last\)"
_FILE = r"\s*(?:> )?(?:\| *)*File \"[^\"]*\", line \d+"
_LINK = r"(?:During handling of the above exception|The above exception was the direct cause)"
_BEFORE = (
    r"(?:Exception (?:ignored )?in |Task exception was never retrieved|future: <|--- Logging error ---"
    r"|Process \S+:$|(?:[\w.]+\.)?_?RemoteTraceback: ?$|\"\"\"$)"
)
_NAME = r"[A-Za-z_][\w.<>]*(?:: .*|:)?$"
_CONTINUED = (
    r"\s|[})>\]]$|\[SQL: |\[parameters: |\(Background on this error|(?:DETAIL|HINT|CONTEXT|LINE \d+): "
    r"|Call stack:|Message: |Arguments: |Caused by:$"
    r"|'[A-Z]\w*(?: |$)|[+:]- "  # a plan of Spark
    r"|(?:\d\S* )?<Greenlet .*> failed with \w"
)

LANGUAGE = Language(
    "python",
    rank=10,
    needles=('File "', "─ Traceback (most", " Traceback (most recent call last)\n"),
    parse=parse,
    automaton=Automaton(
        start=rules(
            (_BEFORE, "before"),
            (r"\s+\+ Exception Group Traceback", "group"),
            (_BOX, "box"),
            (_TABBED, "tabbed"),
            (_HEAD, "head"),
            (r"-{60,}$", "rule"),
            (_CELL, "cells"),
            (r"  File \"[^\"]*\", line \d+$", "syntax"),
        ),
        states={
            "rule": rules((_CELL, "cells")),
            "cells": rules((r"(?:File \S+:\d|(?:Cell|Input) In ?\[)", "cell")),
            "cell": rules((r"(?:File \S+:\d|(?:Cell|Input) In ?\[|-+> \d+ | +\d+ )", "cell"), (_NAME, "raised")),
            "before": rules((_BEFORE, "before"), (r"\s+\+ Exception Group Traceback", "group"), (_HEAD, "head")),
            "box": rules((r"\s*[│╭]", "box"), (r"\s*╰", "boxed")),
            "boxed": rules((rf"\s*{_NAME}", "raised")),
            "head": rules((_FILE, "frame"), (_NAME, "raised")),
            "syntax": rules((r"\s", "syntax"), (r"\w*Error: ", "raised")),
            "frame": rules((_FILE, "frame"), (r"\s|--- <exception caught", "frame"), (_NAME, "raised")),
            "group": rules((r"  \+ Exception Group Traceback", ""), (r"\s*[|+]", "group"), (_LINK, "link")),
            "raised": rules(
                (_LINK, "link"),
                (r"\"\"\"$", "link"),
                (_BOX, ""),
                (_CONTINUED, "raised"),
                (r"[A-Za-z_][\w.]*$", "field"),
            ),
            "tabbed": rules((rf"\t{_FILE}", "tabbed frame")),
            "tabbed frame": rules((r"\t(?:\s|--- <exception caught)", "tabbed frame"), (rf"\t{_NAME}", "tabbed text")),
            "tabbed text": rules((rf"\t{_LINK}", "tabbed link"), (_TABBED, ""), (r"\t", "tabbed text")),
            "tabbed link": rules((_TABBED, "tabbed"), (r"\t", "tabbed link")),
            "field": rules((r"\s", "raised")),
            "link": rules(
                (_LINK, "link"),
                (_BOX, "box"),
                (r"\s+\+ Exception Group Traceback", "group"),
                (_HEAD, "head"),
            ),
        },
        accepting=frozenset({"frame", "group", "raised", "tabbed frame", "tabbed text"}),
        unfinished=frozenset({"head", "frame", "tabbed", "tabbed frame"}),
    ),
    links=("During handling of the above exception", "The above exception was the direct cause"),
    fragments=(
        r".{0,200}Traceback \(most recent call last\):",
        r"\s*(?:> )?(?:[|] *)*File \"[^\"]*\", line \d+",
        r"\s+(?:[|] *)*[\^~]+[\^~ ]*$",
        r"\s*(?:[|] )?\s*(?:During handling of the above exception|The above exception was the direct cause)",
        r"\s+(?:[+] Exception Group|[+][-+]*-{4}|[|](?: |$))",
        r"\s*\[Previous line repeated \d+ more time",
        r"\s*[│╰].*[│╯]\s*$",
        r"[A-Z]\w+ +Traceback \(most recent call last\)$",
        r"Exception ignored in: ",
        r"Exception in thread Thread-",
    ),
    noise=(r"line \d+", r"/lib/python\d[\d.]*"),
    lines=(
        r"(?:[a-z_]\w*\.)*[A-Z][\w$]*[a-z]\w*(?:: |$)",
        r"(?:Task exception was never retrieved|future: <Task|--- Logging error)",
        r"[A-Za-z_][\w.]*$",
        r"[)>\]}]$",
        r"\[(?:SQL|parameters): ",
        r"\(Background on this error",
        r"(?:DETAIL|HINT|CONTEXT): ",
        r"(?:> File |(?:\w+\.)*_?RemoteTraceback: |\"{3})",
        r"(?:Internal Server Error|Exception on): ",
        r"(?:\d\S* )?<Greenlet at ",
        r"(?:-+> \d|(?:Cell|Input) In ?\[\d)",
    ),
)
