"""What a stack trace says, for people: exception, place, first cause."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processor.model import ExceptionInfo

if TYPE_CHECKING:
    from processor.parsing.stacktrace.model import Traceback

_MAX_NAME: Final = 300
_MAX_MESSAGE: Final = 1_000


def info(found: Traceback) -> ExceptionInfo:
    """The exception that reached the log, its innermost own frame, and the root cause; bounded."""
    raised, root = found.chain[-1], found.chain[0]
    own = next((frame for frame in reversed(raised.frames) if frame.in_app), None)
    return ExceptionInfo(
        type=raised.type[:_MAX_NAME],
        message=raised.message[:_MAX_MESSAGE],
        function=own.function[:_MAX_NAME] if own else "",
        file=own.module[:_MAX_NAME] if own else "",
        root_type=root.type[:_MAX_NAME],
        root_message=root.message[:_MAX_MESSAGE],
    )
