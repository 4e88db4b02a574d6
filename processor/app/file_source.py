"""The source of a path: its entries, or an entry for each line of plain text."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from processor.model.errors import ConfigError
from processor.parsing.plain_text import PlainText
from processor.sources.file import FileSource

if TYPE_CHECKING:
    from processor.app.addresses import Address

_KNOWN: Final = ("follow", "text")
_QUERY: Final = re.compile(r"(.*)\?([a-z&]*)")


def open_file(address: Address, *, begun: bool = False) -> FileSource:
    """Open standard input or a file, with optional ?follow and ?text. Raises `SourceError`, `ConfigError`.

    With `begun`, wait for the first bytes of a pipe, so that nothing is created for an unreadable form.
    """
    path = "".join(address) if address.scheme == "-" else address.where
    asked: list[str] = []
    # A file may have a question mark in its name.
    if not Path(path).exists() and (found := _QUERY.fullmatch(path)):
        path, asked = found[1], found[2].split("&")
    if unknown := [one for one in asked if one not in _KNOWN]:
        raise ConfigError(
            f"source file:{address.where}: after the path only ?follow and ?text are known, not {unknown[0]!r}"
        )
    lines = _plain_text(path, follow="follow" in asked) if "text" in asked else None
    opened = FileSource(path, follow="follow" in asked, lines=lines)
    if begun:
        opened.begin()
    return opened


def has_no_end(address: Address) -> bool:
    """Return whether entries may come for ever: from a subscription, or a file that is followed as it grows."""
    found = _QUERY.fullmatch(address.where)
    return address.scheme == "pubsub" or (found is not None and "follow" in found[2].split("&"))


def _plain_text(path: str, *, follow: bool) -> PlainText:
    """Read plain text; lines before the first time get the file's time, or the time of reading."""
    written = None
    if path != "-" and not follow and Path(path).is_file():
        written = datetime.fromtimestamp(Path(path).stat().st_mtime, UTC)
    return PlainText("stdin" if path == "-" else Path(path).name, lambda: written or datetime.now(UTC))
