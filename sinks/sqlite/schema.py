"""Create the tables of a state, or upgrade those of an older version, inside the transaction that `store` opened."""

from __future__ import annotations

import sqlite3
from importlib import resources
from typing import Final

from processor.model import SCHEMA_VERSION
from processor.model.errors import StateError

_OLDEST: Final = 1


def prepare(db: sqlite3.Connection, path: str) -> None:
    """Create or upgrade a state. Raises `StateError` for a newer version, and for a file that is no state of ours."""
    tables = _tables(db)
    if not tables:
        for statement in _statements():
            db.execute(statement)
        db.execute("INSERT INTO meta VALUES ('schema_version', ?)", [str(SCHEMA_VERSION)])
        return
    if "meta" not in tables:
        raise StateError(f"{path} is a SQLite file, but not a Log Gardener state")
    row = db.execute("SELECT value FROM meta WHERE key = 'schema_version'").fetchone()
    found = row[0] if row else "none"
    if found == str(SCHEMA_VERSION):
        return
    if found not in {str(version) for version in range(_OLDEST, SCHEMA_VERSION)}:
        raise StateError(
            f"the state {path} has schema version {found}, this program knows {SCHEMA_VERSION}:"
            " use the matching program, or start with another --state"
        )
    _extend(db)
    db.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", [str(SCHEMA_VERSION)])


def _extend(db: sqlite3.Connection) -> None:
    """Add the tables and columns that an older state lacks; stored data is unchanged."""
    model = sqlite3.connect(":memory:")
    try:
        for statement in _statements():
            model.execute(statement)
        held = _tables(db)
        for table, text in model.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table' ORDER BY rowid"):
            if table not in held:
                db.execute(text)
                continue
            known = {column[1] for column in db.execute(f"PRAGMA table_info({table})")}
            for _, name, kind, not_null, default, _ in model.execute(f"PRAGMA table_info({table})").fetchall():
                if name not in known:
                    rule = f" NOT NULL DEFAULT {default}" if not_null else ""
                    db.execute(f"ALTER TABLE {table} ADD COLUMN {name} {kind}{rule}")
        others = "SELECT name, sql FROM sqlite_master WHERE type IN ('index', 'trigger') AND sql IS NOT NULL"
        known = {name for name, _ in db.execute(others)}
        for name, text in model.execute(others).fetchall():
            if name not in known:
                db.execute(text)
    finally:
        model.close()


def _statements() -> list[str]:
    return resources.files("sinks.sqlite").joinpath("schema.sql").read_text("utf-8").split(";\n")


def _tables(db: sqlite3.Connection) -> set[str]:
    return {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
