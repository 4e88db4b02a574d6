"""Read documents by name, in requests of adaptive size: a timeout halves them, and a single document raises."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sinks.firestore.errors import is_deadline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from google.cloud import firestore

    from processor.model.portion import Portion


def get_all(
    client: firestore.Client,
    references: list[Any],
    portion: Portion,
    timeout_s: float,
    *,
    fields: list[str] | None = None,
) -> Iterator[Any]:
    """Yield snapshots of all these, in no particular order; each request has the whole deadline."""
    done = 0
    while done < len(references):
        part = references[done : done + portion.size]
        try:
            found = list(client.get_all(part, fields, retry=None, timeout=timeout_s))
        except Exception as error:
            if not is_deadline(error) or len(part) == 1:
                raise
            portion.refused(len(part))
            continue
        portion.succeeded(len(part))
        done += len(part)
        yield from found
