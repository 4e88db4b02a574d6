"""Names of facets: the breakdowns of a cluster by short values of its entries. Stored as they stand here."""

from __future__ import annotations

from typing import Final

INSTANCE: Final = "instance"
LOCATION: Final = "location"
NAMESPACE: Final = "namespace"
CLUSTER: Final = "cluster"
REVISION: Final = "revision"
STATUS: Final = "status"
ROUTE: Final = "route"
MODULE: Final = "module"
FUNCTION: Final = "function"
LOGGER: Final = "logger"
ERROR_GROUP: Final = "error group"
OTHER: Final = "(other)"
"""Stands for all values beyond a bound."""
NOTHING: Final = "(nothing)"
"""Stands for the empty text at a wildcard."""
INFRASTRUCTURE: Final = frozenset({INSTANCE, LOCATION, NAMESPACE, CLUSTER, STATUS, ERROR_GROUP})
"""Values that the platform gives: no text of a person or a customer."""
CODE: Final = (STATUS, ROUTE, MODULE, FUNCTION, LOGGER, ERROR_GROUP)
"""What on-call asks for first, in this order."""
_LABEL: Final = "label "
_WORD: Final = "word "


def label(name: str) -> str:
    """Return the facet of an entry's own label."""
    return f"{_LABEL}{name}"


def is_label(facet: str) -> bool:
    """Return whether the facet is an entry's own label."""
    return facet.startswith(_LABEL)


def bare(facet: str) -> str:
    """Return the facet's name without the mark of a label."""
    return facet.removeprefix(_LABEL)


def word(place: int) -> str:
    """Return the facet of what stands at the template's n-th earned wildcard, counted from 1."""
    return f"{_WORD}{place}"


def word_place(facet: str) -> str:
    """Return the number of the wildcard that the facet counts, "" where it counts none."""
    return facet.removeprefix(_WORD) if facet.startswith(_WORD) else ""
