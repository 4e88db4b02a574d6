"""The nouns of a stack trace: frame, exception, chain.

Promises: frozen values; two frames are equal where function and module are, whatever line they name.
Must not parse or render anything.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Frame:
    """One call: `function` in `module` (a shortened file path, or a class or a package).

    Attributes:
        in_app: False for the interpreter, its standard library and installed packages.
        file: the source file as printed, "" where the frame names none.
        line: its line, 0 where the frame names none.
        source: the line of source code below the frame, "" where the runtime prints none.
    """

    function: str
    module: str
    in_app: bool
    file: str = field(default="", compare=False)
    line: int = field(default=0, compare=False)
    source: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Raised:
    """One exception: its type ("" where the trace was cut), first message line, frames outermost first."""

    type: str
    message: str
    frames: tuple[Frame, ...]


@dataclass(frozen=True, slots=True)
class Traceback:
    """A stack trace: the root cause is first in `chain`, the exception that reached the log is last.

    `language` is the name of a `Language` of the registry.
    """

    language: str
    chain: tuple[Raised, ...]


def complete(language: str, chain: list[Raised]) -> Traceback | None:
    """The traceback of a chain (root cause first), or None where nothing in it has a frame or a type."""
    frames = sum(len(raised.frames) for raised in chain)
    typed = any(raised.type for raised in chain)
    # One frame-like line alone is prose more often than a trace; two in a row, or one below a type, are not.
    if not frames or (not typed and frames < 2):  # noqa: PLR2004
        return None
    return Traceback(language, tuple(chain))
