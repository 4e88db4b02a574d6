"""Check that a Firestore database is usable: reachable, writable, with our schema, indexes and expiry.

Writes a document to `doctor` and deletes it again; nothing else is changed.
"""

from __future__ import annotations

import json
import os
import secrets
from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from google.api_core.exceptions import GoogleAPICallError
from google.cloud import firestore, firestore_admin_v1

from processor.model import Finding, Grade
from sinks.firestore.errors import translated
from sinks.firestore.store import FirestoreStore

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

_CALL_S: Final = 10.0
_PART: Final = "state"
MAX_SKEW_S: Final = 5.0

Index = tuple[str, tuple[tuple[str, str], ...]]


def check(project: str, database: str) -> Iterator[Finding]:
    """Check everything that the worker needs of Firestore. Raises `StateError`, `Transient`."""
    with translated(project, database):
        client = firestore.Client(project=project, database=database)
        probe = client.collection("doctor").document(secrets.token_hex(8))
        before = datetime.now(UTC)
        written = probe.set({"at": firestore.SERVER_TIMESTAMP}, timeout=_CALL_S, retry=None).update_time
        after = datetime.now(UTC)
        probe.delete(timeout=_CALL_S, retry=None)
    yield Finding(Grade.WELL, _PART, f"Firestore database {database} of {project} can be written")
    yield skew("Firestore", before, written, after)
    FirestoreStore(project, database).totals()
    if os.environ.get("FIRESTORE_EMULATOR_HOST"):
        yield Finding(Grade.SKIPPED, _PART, "the emulator has neither indexes nor expiry to look at")
        return
    try:
        indexes, expiring = _found(project, database)
    except GoogleAPICallError as error:
        text = f"indexes and expiry were not to be seen ({error.message}); roles/datastore.indexAdmin may look"
        yield Finding(Grade.SKIPPED, _PART, text)
        return
    schema = json.loads(resources.files("sinks.firestore").joinpath("schema.json").read_text("utf-8"))
    yield from missing(schema, indexes, expiring, place=f"--project={project} --database='{database}'")


def skew(part: str, before: datetime, theirs: datetime, after: datetime) -> Finding:
    """Compare our clock with an answer's time, which lies between the request and the answer."""
    off_s = max((theirs - after).total_seconds(), (before - theirs).total_seconds(), 0.0)
    if off_s <= MAX_SKEW_S:
        return Finding(Grade.WELL, "clock", f"agrees with {part}'s")
    text = f"this machine's clock differs from {part}'s by {off_s:,.0f} s: ages and thresholds come out wrong"
    return Finding(Grade.PROBLEM, "clock", text, "sudo timedatectl set-ntp true")


def missing(
    schema: Mapping[str, Any], indexes: Collection[Index], expiring: Collection[tuple[str, str]], *, place: str
) -> Iterator[Finding]:
    """Return the parts of our schema that the database lacks.

    Args:
        schema: sinks/firestore/schema.json.
        indexes: (collection, ((field, "ASC" or "DESC"), ...)) of every composite index that is ready.
        expiring: (collection, field) of every time-to-live policy.
        place: flags that name the database in a command.
    """
    lacking = 0
    for collection, wanted in schema["collections"].items():
        for fields in wanted["indexes"]:
            if (collection, tuple(map(tuple, fields))) in indexes:
                continue
            lacking += 1
            configs = "".join(
                f" --field-config=field-path={field},order={'ascending' if order == 'ASC' else 'descending'}"
                for field, order in fields
            )
            mend = f"gcloud firestore indexes composite create {place} --collection-group={collection}{configs}"
            yield Finding(Grade.PROBLEM, _PART, f"{collection} has no index on {fields}", mend)
        if wanted["ttl"] and (collection, wanted["ttl"]) not in expiring:
            lacking += 1
            mend = (
                f"gcloud firestore fields ttls update {wanted['ttl']} {place} --collection-group={collection}"
                " --enable-ttl"
            )
            yield Finding(Grade.WARNING, _PART, f"{collection} never expires: it grows for ever", mend)
    if not lacking:
        yield Finding(Grade.WELL, _PART, "indexes and expiry are there")


def _found(project: str, database: str) -> tuple[set[Index], set[tuple[str, str]]]:
    admin: Any = firestore_admin_v1.FirestoreAdminClient()
    parent = f"projects/{project}/databases/{database}/collectionGroups/-"
    orders = {1: "ASC", 2: "DESC"}
    indexes = {
        (
            index.name.split("/")[5],
            tuple(
                (one.field_path, orders.get(int(one.order), "")) for one in index.fields if one.field_path != "__name__"
            ),
        )
        for index in admin.list_indexes(parent=parent, timeout=_CALL_S)
    }
    fields = admin.list_fields(request={"parent": parent, "filter": "ttlConfig:*"}, timeout=_CALL_S)
    return indexes, {(field.name.split("/")[5], field.name.split("/")[7]) for field in fields}
