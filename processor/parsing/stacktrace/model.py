"""The nouns of a stack trace: frame, exception, chain.

Promises: frozen values; two frames are equal if function and module are, whatever their line. Must not parse or render
anything.
"""

from __future__ import annotations

from msgspec import Struct


class Frame(Struct, frozen=True):
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
    file: str = ""
    line: int = 0
    source: str = ""

    @property
    def _compared(self) -> tuple[str, str, bool]:
        return self.function, self.module, self.in_app

    def __eq__(self, other: object) -> bool:
        return self._compared == other._compared if isinstance(other, Frame) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._compared)


class Raised(Struct, frozen=True):
    """An exception: its type ("" if the trace was cut), first message line, frames outermost first."""

    type: str
    message: str
    frames: tuple[Frame, ...]


class Traceback(Struct, frozen=True):
    """A stack trace: the root cause is first in `chain`, the exception that reached the log is last.

    `language` is the name of a `Language` of the registry.
    """

    language: str
    chain: tuple[Raised, ...]


def complete(language: str, chain: list[Raised]) -> Traceback | None:
    """Return the traceback of a chain (root cause first), or None if nothing in it has a frame or a type."""
    frames = sum(len(raised.frames) for raised in chain)
    typed = any(raised.type for raised in chain)
    # A single frame-like line is usually prose; two in a row, or a line below a type, are frames.
    if not frames or (not typed and frames < 2):  # noqa: PLR2004
        return None
    return Traceback(language, tuple(chain))
