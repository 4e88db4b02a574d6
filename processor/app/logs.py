"""The worker's own log: Cloud Logging's JSON on a machine, plain lines on a terminal.

Every JSON line carries `log_gardener`, by which `processor.parsing.decode` recognises and ignores our own entries: even
without an exclusion in the log sink, the worker never processes its own output. That includes crashes.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from types import TracebackType

_ROOT: Final = logging.getLogger("gardener")
_MAX_TEXT: Final = 8000
"""Maximum characters of a message or a traceback; Cloud Logging accepts 256 KiB an entry."""


class CloudFormatter(logging.Formatter):
    """A JSON object a line, with the field names that Cloud Logging's agents understand."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        message = record.getMessage()
        if record.exc_info:
            message = f"{message}\n{self.formatException(record.exc_info)}"
        entry = {
            "severity": record.levelname,
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "message": message[:_MAX_TEXT],
            "log_gardener": {"action": getattr(record, "action", "log"), **getattr(record, "fields", {})},
        }
        return json.dumps(entry, default=str)


class PersonFormatter(logging.Formatter):
    """A line for a person: time, level, message, then the figures."""

    def format(self, record: logging.LogRecord) -> str:
        """See `logging.Formatter.format`."""
        figures = "".join(
            f" {name}={value}"
            for name, value in getattr(record, "fields", {}).items()
            if isinstance(value, int | float)
        )
        clock = datetime.fromtimestamp(record.created, UTC).strftime("%H:%M:%S")
        line = f"{clock} {record.levelname.lower()} {record.getMessage()}{figures}"
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


def configure(form: Literal["auto", "json", "text"]) -> bool:
    """Send the gardener's log to stderr; "auto" is plain text on a terminal, else JSON. Return True for JSON."""
    as_json = form == "json" or (form == "auto" and not sys.stderr.isatty())
    handler = logging.StreamHandler()
    handler.setFormatter(CloudFormatter() if as_json else PersonFormatter())
    # Libraries log, too; as bare text their lines would return through the log sink as errors of a service.
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.captureWarnings(capture=True)
    _ROOT.setLevel(logging.INFO)
    sys.excepthook = _crashed
    threading.excepthook = _thread_crashed
    return as_json


def _crashed(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    _ROOT.critical("crashed", exc_info=(kind, error, trace), extra={"action": "crash"})


def _thread_crashed(args: threading.ExceptHookArgs) -> None:
    if args.exc_value is not None:
        _crashed(args.exc_type, args.exc_value, args.exc_traceback)
