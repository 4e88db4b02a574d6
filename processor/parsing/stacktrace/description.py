"""Describe a stack trace for display: type, message, place and root cause, and a title made of them.

Promises: plain values, bounded, each on a single line. The values are log text: hostile until escaped by the caller.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from processor.model import ExceptionInfo
from processor.model.patterns import regex
from processor.parsing.stacktrace.registry import parse

if TYPE_CHECKING:
    from processor.parsing.stacktrace.model import Frame, Traceback

_CHARS: Final = 500
_MESSAGE: Final = 110
_ROOT: Final = 60
_CONTROL: Final = dict.fromkeys([*range(32), *range(127, 160)], " ")
_FRAMES = regex(r" at (?=\S[^()]*(?:\([^()]*\)[^()]*)? \(|\S*\(\*\w+\)\.)")
_SCRIPT = regex(r"(?:(?:Object\.|Module\.)?<[^>]*>|\{main\}|main|\?|)$")
_EVERYWHERE = regex(r"(?:index\.\w+|__init__\.py|mod\.rs|lib\.rs|page\.tsx?|route\.tsx?)$")


def describe(text: str) -> ExceptionInfo | None:
    """Return the exception in `text`, or None if it holds none."""
    found = parse(text)
    return None if found is None else info(found)


def info(found: Traceback) -> ExceptionInfo:
    """Return the exception that reached the log, the place where it was raised, and its first cause."""
    last, root = found.chain[-1], found.chain[0]
    place = _place(found)
    return ExceptionInfo(
        type=_line(last.type),
        message=_line(last.message),
        function=_line(place.function) if place else "",
        file=_line(_file(place)) if place else "",
        line=place.line if place else 0,
        root_type=_line(root.type),
        root_message=_line(root.message),
    )


def without_values(one: ExceptionInfo, fingerprint: str) -> ExceptionInfo:
    """Return the same with messages as in the fingerprint, so that no values are published.

    A message that is not in the fingerprint is left out.
    """
    links = fingerprint.split(" => ")
    return one._replace(message=_said(links[-1], one.type), root_message=_said(links[0], one.root_type))


def as_printed(masked: str, message: str) -> str:
    """Return the masked message with its words as printed: grouping uses the same form for `piece` and `pieces`."""
    printed = set(re.findall(r"\w+", message))
    return re.sub(
        r"\w+", lambda word: word[0] + "s" if word[0] not in printed and word[0] + "s" in printed else word[0], masked
    )


def _said(link: str, kind: str) -> str:
    """Return the message in a link of a fingerprint, `Type: message at function (module) < ...`."""
    head = link[: found[-1].start()] if (found := list(_FRAMES.finditer(link))) else link
    return head.removeprefix(kind or "exception").removeprefix(":").strip()


def title(one: ExceptionInfo) -> str:
    """Return `Type: message in function (file.py) (from Root: its message)`, without unknown parts."""
    kind = _short(one.type)
    said = f"{kind}: {_cut(one.message, _MESSAGE)}" if kind and one.message else kind or _cut(one.message, _MESSAGE)
    parts = [said or "exception"]
    file = _base(one.file)
    if one.function and file and not _SCRIPT.match(one.function):
        parts.append(f"in {_cut(one.function, _ROOT)} ({_cut(file, _ROOT)})")
    elif file or one.function:
        parts.append(f"in {_cut(file or one.function, _ROOT)}")
    root = _short(one.root_type)
    if (one.root_type, one.root_message) != (one.type, one.message) and (root or one.root_message):
        if one.root_message and one.root_message not in one.message:
            root = f"{root}: {_cut(one.root_message, _ROOT)}" if root else _cut(one.root_message, _ROOT)
        elif root and one.root_type and one.root_type in one.message:
            root = ""  # a wrapper whose message begins with what it wraps
        if root and root != kind:
            parts.append(f"(from {root})")
    return " ".join(parts)


def _base(path: str) -> str:
    """Return the file's name, with its folder if every folder has a file of that name."""
    *folders, name = path.replace("\\", "/").split("/")
    return f"{folders[-1]}/{name}" if folders and folders[-1] and _EVERYWHERE.match(name) else name


def _place(found: Traceback) -> Frame | None:
    """Return the innermost frame of the application: the root cause's, or of the first exception that has one."""
    script: Frame | None = None
    for raised in found.chain:
        for frame in reversed(raised.frames):
            if frame.in_app and not _SCRIPT.match(frame.function):
                return frame
            script = script or (frame if frame.in_app else None)
    if script is not None:
        return script
    return next((raised.frames[-1] for raised in reversed(found.chain) if raised.frames), None)


def _file(frame: Frame) -> str:
    if frame.file:
        return frame.file
    return frame.module if "/" in frame.module or re.search(r"\.\w{1,4}$", frame.module) else ""


def _short(kind: str) -> str:
    """Return `java.lang.IllegalStateException` -> `IllegalStateException`; a class in a class keeps its own name."""
    name = kind.partition("`")[0]
    return re.split(r"\.|::|\\|\$|\+", name)[-1] or name


def _line(text: str) -> str:
    return " ".join(text[: 4 * _CHARS].translate(_CONTROL).split())[:_CHARS]


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
