"""Read documents, in requests of adaptive size.

A request that exceeds its deadline is made smaller, but only for a database that is slow: whether it answers at all is
asked with a single document first. One that does not is away, and the deadline is raised.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from processor.model.portion import Portion
from sinks.firestore import queries
from sinks.firestore.errors import is_deadline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.cloud import firestore

_PROBE_S: Final = 5.0
"""Deadline of a request for one document, which takes milliseconds."""
PAGE: Final = 20_000
"""Documents in a request: Firestore ends a query after a minute, and there may be a million clusters."""


def get_all(
    client: firestore.Client,
    references: list[Any],
    portion: Portion,
    timeout_s: float,
    *,
    fields: list[str] | None = None,
) -> Iterator[Any]:
    """Yield snapshots of all these, in no particular order; each request has the whole deadline."""
    done = refused = 0
    while done < len(references):
        part = references[done : done + (1 if refused else portion.size)]
        try:
            found = list(client.get_all(part, fields, retry=None, timeout=_deadline_s(timeout_s, probing=refused > 0)))
        except Exception as error:
            if not is_deadline(error) or len(part) == 1:
                raise
            refused = len(part)
            continue
        if refused:
            portion.refused(refused)
            refused = 0
        else:
            portion.succeeded(len(part))
        done += len(part)
        yield from found


def paged(query: Any, *, timeout_s: float, portion: Portion | None = None) -> Iterator[Any]:
    """Yield all results of a query, in requests of a bounded size; a page shows the documents as of its own time.

    A page that exceeds its deadline is requested again from the last document, and smaller.
    """
    portion = portion or Portion(PAGE)
    last: Any = None
    refused = 0
    while True:
        size, found = 1 if refused else portion.size, 0
        page = query.limit(size) if last is None else query.start_after(last).limit(size)
        try:
            for snapshot in queries.stream(page, _deadline_s(timeout_s, probing=refused > 0)):
                found, last = found + 1, snapshot
                yield snapshot
        except Exception as error:
            if not is_deadline(error) or (size == 1 and not found):
                raise
            if found:
                portion.refused(size)
            refused = 0 if found else size
            continue
        if refused:
            portion.refused(refused)
            refused = 0
        else:
            portion.succeeded(found)
        if found < size:
            return


def fields_of(snapshot: Any) -> Any:
    """Return the fields of a document as they were read, None if it does not exist; `to_dict` copies them deeply."""
    return snapshot._data  # noqa: SLF001  # the library has no way to read them without a copy


def _deadline_s(timeout_s: float, *, probing: bool) -> float:
    return min(timeout_s, _PROBE_S) if probing else timeout_s
