"""The line above the frames: type and message of the exception.

Promises: finds a type by its shape, at the start of a line before anywhere else; linear in the line's length. Must not
know a language: these rules hold for the JVM, .NET and Node alike.
"""

from __future__ import annotations

from processor.model.patterns import regex
from processor.parsing.stacktrace.model import Frame, Raised

_NAME = regex(r"(?<![\w.$])[^\W\d][\w$]*+(?:[.+][^\W\d][\w$]*+)*+")
# Possible text between type and message: .NET generics and codes, Node's error code.
_AFTER = regex(r"(?:`\d+(?:\[[^\]]*+\]*+)?)?(?: \(0x[0-9A-Fa-f]+\))?(?: \[\w+\])?(?::\s*(.*)|\s*)$")
_HEAD_LINES = 100  # a longer message is data; its exception is not farther above the frames
_SUFFIXES = ("Exception", "Error", "Throwable", "Failure", "Fault", "Interrupt", "Timeout", "Death")
TYPED = (
    r"(?<![\w$.+])(?:[\w$]++[.+])*+[A-Z][\w$]*+(?:"
    + "|".join(f"(?<={suffix})" for suffix in _SUFFIXES)
    + r")(?:`\d+(?:\[[^\]]*+\]*+)?)?(?: \(0x[0-9A-Fa-f]+\))?(?: \[\w+\])?(?::|\s*$)"
)
"""A regular expression for an exception's name in front of its message."""


def exception_at(line: str) -> tuple[str, str] | None:
    """Return (type, message) if the line begins with an exception of any dotted or suffixed name."""
    match = _NAME.match(line)
    after = match and _AFTER.match(line, match.end())
    if not match or not after:
        return None
    name = match.group()
    last = name.rpartition(".")[2]
    if not name.endswith(_SUFFIXES) and not ("." in name and last[:1].isupper()):
        return None
    return name, (after.group(1) or "").strip()


def exception_in(line: str) -> tuple[str, str] | None:
    """Return (type, message) of the first name with an exception's suffix, before a colon or at the end."""
    for match in _NAME.finditer(line):
        if match.group().endswith(_SUFFIXES) and (after := _AFTER.match(line, match.end())):
            return match.group(), (after.group(1) or "").strip()
    return None


def find(lines: list[str]) -> tuple[str, str]:
    r"""Return (type, message) of a head of several lines; ("", first line) if no type is found.

    A message that begins on the next line (`FooException: \n### Error ...`) is taken from there.
    """
    head = [stripped for line in lines[-_HEAD_LINES:] if (stripped := line.strip())]
    for look in (exception_at, exception_in):
        for number, line in enumerate(head):
            if found := look(line):
                follows = head[number + 1] if number + 1 < len(head) else ""
                said = found[1]
                # "order 4 is not valid:" followed by a line for each reason
                return found[0], f"{said} {follows}".strip() if not said or said.endswith(":") else said
    return "", head[0] if head else ""


def raised(head: list[str], frames: list[Frame]) -> Raised:
    """Return the exception of a head and its frames, which are printed innermost first."""
    kind, message = find(head)
    return Raised(kind, message, tuple(reversed(frames)))
