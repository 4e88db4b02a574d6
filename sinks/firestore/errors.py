"""Translate Firestore's errors into ours, by required action. No other module of ours knows Google's exceptions."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from google.api_core import exceptions as google
from google.auth import exceptions as auth

from processor.model import SCHEMA_VERSION
from processor.model.errors import CheckpointTooLarge, Conflict, StateError, Transient
from processor.model.patterns import regex

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from processor.model.errors import GardenerError

_READABLE: Final = range(1, SCHEMA_VERSION + 1)
"""An older document lacks optional fields; see `sinks.firestore.documents`."""
_FIRST: Final = (google.AlreadyExists, google.FailedPrecondition, google.Aborted)
_WAIT: Final = (
    google.ServiceUnavailable,
    google.DeadlineExceeded,
    google.ResourceExhausted,
    google.InternalServerError,
    google.Unknown,
    google.Cancelled,
    google.RetryError,
    auth.TransportError,
)
_TOO_LARGE: Final = regex(
    r"larger than max|too (?:big|large)|exceeds the (?:limit|maximum)|maximum .* (?:size|bytes|writes)", re.IGNORECASE
)
"""The service's text for a request that is too large; it has no code of its own."""


def is_conflict(error: Exception) -> bool:
    """Return whether a precondition failed: nothing was applied."""
    return isinstance(error, _FIRST)


def is_deadline(error: Exception) -> bool:
    """Return whether the request timed out; whether it was applied is unknown."""
    return isinstance(error, google.DeadlineExceeded)


def is_too_large(error: Exception) -> bool:
    """Return whether the request was refused for its size; nothing was applied."""
    kinds = (google.InvalidArgument, google.ResourceExhausted)
    return isinstance(error, kinds) and bool(_TOO_LARGE.search(str(error)))


@contextmanager
def translated(project: str, database: str) -> Iterator[None]:
    """Raise `Conflict`, `Transient` or `StateError` instead of the library's errors."""
    try:
        yield
    except (google.GoogleAPIError, auth.GoogleAuthError) as error:
        if is_too_large(error):
            raise CheckpointTooLarge(
                f"database {database} of {project} takes smaller requests only: {error}"
            ) from error
        raise explain(error, project, database) from error


def explain(error: Exception, project: str, database: str) -> GardenerError:
    """Return the error in our words, with the command that fixes it if there is one."""
    where = f"Firestore database {database} of project {project}"
    text = getattr(error, "message", None) or str(error)
    if isinstance(error, _FIRST):
        return Conflict(f"another writer changed the {where} first")
    if isinstance(error, _WAIT):
        return Transient(f"the {where} did not answer: {text}")
    if isinstance(error, google.PermissionDenied):
        return StateError(
            f"no permission for the {where}; grant it: gcloud projects add-iam-policy-binding {project}"
            f" --member=serviceAccount:NAME --role=roles/datastore.user ({text})"
        )
    if isinstance(error, google.NotFound):
        return StateError(
            f"there is no {where}; make it: gcloud firestore databases create --project={project}"
            f" --database='{database}' --location=REGION ({text})"
        )
    if isinstance(error, (auth.DefaultCredentialsError, auth.RefreshError, google.Unauthenticated)):
        return StateError(
            f"no usable credentials for the {where}; on a laptop run: gcloud auth application-default login ({text})"
        )
    return StateError(f"the {where} refused a request: {text}")


def check_schema(document: Mapping[str, object] | None, path: str) -> None:
    """Refuse a document of a newer version of Log Gardener, or of none. Raises `StateError`."""
    found = (document or {}).get("schema")
    if found not in _READABLE:
        raise StateError(
            f"the document {path} has schema version {found or 'none'}, this program knows {SCHEMA_VERSION};"
            " use the matching program, or name another database in --state"
        )
