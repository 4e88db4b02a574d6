"""Check whether a file is a state without opening it as a store: nothing is upgraded, locked or created."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import quote

_MAGIC: Final = b"SQLite format 3\0"
_TABLES: Final = frozenset({"clusters", "ledger", "meta"})


def is_state(path: Path) -> bool:
    """Return whether this file has the tables of a state; False if it is unreadable."""
    try:
        with Path(path).open("rb") as file:
            if file.read(len(_MAGIC)) != _MAGIC:
                return False
        with closing(sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro&immutable=1", uri=True)) as db:
            return {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")} >= _TABLES
    except (OSError, sqlite3.Error):
        return False
