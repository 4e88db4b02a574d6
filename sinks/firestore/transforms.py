"""The update of a cluster whose keys all exist: increments and the last sample, without a read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.cloud import firestore
from google.cloud.firestore_v1.field_path import FieldPath

from sinks.firestore import documents

if TYPE_CHECKING:
    from processor.model import Sample
    from sinks.firestore.delta import Change
    from sinks.stored_cluster import StoredCluster

_TRANSFORMS: Final = {"add": firestore.Increment, "min": firestore.Minimum, "max": firestore.Maximum}


def latest_fields(known: StoredCluster, latest: Sample | None) -> dict[str, Any]:
    """Return the last sample, beside those of other workers; earlier known samples are dropped."""
    if latest is None:
        return {}
    gone = {documents.latest_key(one): firestore.DELETE_FIELD for one in known.latest}
    changed = {**gone, documents.latest_key(latest): documents.sample_fields(latest)}
    return {f"latest.{name}": fields for name, fields in changed.items()}


def transforms(changes: list[Change]) -> dict[str, Any]:
    """Return the increments as fields of an update, with the time of the write."""
    # Results are in the order of field paths, whatever the order here; "count" is the first of ours.
    fields: dict[str, Any] = {"updated_at": firestore.SERVER_TIMESTAMP}
    for path, how, value in changes:
        name = FieldPath(*path).to_api_repr()
        fields[name] = _TRANSFORMS[how](value)
    return fields
