"""System lines: failures that a kernel and systemd report without a level, in a single table.

Syslog files and the serial console deliver their lines without the priority that the journal keeps. The decoder reads
the table, and the log sink's filter is made from it. Promises: pure, linear, never raises.
"""

from __future__ import annotations

from typing import Final

from processor.model.patterns import regex
from processor.parsing.stacktrace.posix import posix

# RE2 has no look-around; the short spellings keep the filter below 20,000 characters.
_ROWS: Final = (
    ("CRITICAL", r"Kernel panic"),
    ("ERROR", r"BUG: (unable|kernel|soft|Bad|sched)|general protection fault|Oops: \d|: segfault at "),
    ("ERROR", r"[Oo]ut of memory: Kill|I/O error,? (on )?dev|EXT4-fs error|[Rr]emounting filesystem read-only"),
    ("ERROR", r"blocked for more than \d+ sec|detected stall|\[Hardware Error|NVRM: Xid"),
    ("ERROR", r"systemd\[\d+\]: (Failed|Dependency failed) |killed by the OOM"),
    ("WARNING", r"invoked oom-killer|conntrack: table full|: Failed with result|Start request repeated"),
    ("WARNING", r"process exited, code=(exited, status=[1-9]|killed|dumped)"),
)
_PATTERNS: Final = tuple((name, regex(pattern)) for name, pattern in _ROWS)
_ANY: Final = regex("|".join(pattern for _, pattern in _ROWS))


def level(line: str) -> str | None:
    """Return the severity of a failure that the system reports, None for any other line."""
    if not _ANY.search(line):
        return None
    return next(name for name, pattern in _PATTERNS if pattern.search(line))


def sink_patterns() -> tuple[str, ...]:
    """Return the table in the form of the log sink's filter."""
    return tuple(posix(pattern) for _, pattern in _ROWS)
