"""A state that version 1 of the grouping wrote (see tests/golden/state), put into either store as it was."""

import base64
import json
import sqlite3
from datetime import datetime
from pathlib import Path

STATE = Path(__file__).parents[1] / "golden" / "state"


def into_sqlite(path):
    """Make the file."""
    db = sqlite3.connect(path)
    db.executescript((STATE / "version-1.sql").read_text("utf-8"))
    db.close()


def into_firestore(project):
    """Write the documents. `updated_at` is of now, as it would be had they just been written."""
    from google.cloud import firestore

    client = firestore.Client(project=project)
    batch = client.batch()
    for path, fields in json.loads((STATE / "version-1.firestore.json").read_text("utf-8")).items():
        collection, _, name = path.partition("/")
        batch.set(client.collection(collection).document(name), _decoded(fields))
    batch.commit()
    client.close()


def _decoded(value):
    if isinstance(value, list):
        return [_decoded(one) for one in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"$bytes"}:
        return base64.b64decode(value["$bytes"])
    if value.keys() == {"$time"}:
        return datetime.fromisoformat(value["$time"])
    return {name: _decoded(one) for name, one in value.items()}
