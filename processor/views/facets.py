"""A cluster's breakdown, the most useful first: varying facets, then constant ones in one line. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from processor.model.facets import CODE, INSTANCE, OTHER, bare, word_place
from processor.views.titles import ranked

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from processor.model import Cluster

_COUNTED: Final = frozenset({INSTANCE})
"""Names nobody reads: how many there are says more."""
_USERS: Final = frozenset(
    {
        "user",
        "user_id",
        "userid",
        "uid",
        "customer",
        "customer_id",
        "account",
        "account_id",
        "tenant",
        "tenant_id",
        "principal",
        "email",
        "remote_ip",
        "client_ip",
    }
)


class Facet(NamedTuple):
    """A facet and its values, the most frequent first; `known` excludes values that were not kept."""

    name: str
    values: Sequence[tuple[str, int]]
    total: int

    @property
    def known(self) -> int:
        """The number of known values."""
        return sum(value != OTHER for value, _ in self.values)

    @property
    def is_complete(self) -> bool:
        """Whether all values are known."""
        return self.known == len(self.values)


class Breakdown(NamedTuple):
    """The places of one cluster or of several.

    Attributes:
        varying: places with several values.
        constant: (place, value) shared by every entry.
        counted: places whose values are counted and listed on demand.
        users: the place that distinguishes most people, None if no place does.
    """

    varying: Sequence[Facet]
    constant: Sequence[tuple[str, str]]
    counted: Sequence[Facet]
    users: Facet | None


def breakdown(clusters: Sequence[Cluster]) -> Breakdown:
    """Return the breakdown of one cluster, or of all members of an incident together."""
    facets = [Facet(_name(name), ranked(values), sum(values.values())) for name, values in _summed(clusters).items()]
    count = sum(cluster.occurrences for cluster in clusters)
    constant = [(one.name, one.values[0][0]) for one in facets if len(one.values) == 1 and one.total >= count]
    same = {name for name, _ in constant}
    varying = [one for one in facets if one.name not in same and one.name not in _COUNTED]
    varying.sort(key=lambda one: (CODE.index(one.name) if one.name in CODE else len(CODE), one.name))
    users = [one for one in (*facets, *_places(clusters)) if _names_people(one.name)]
    return Breakdown(
        varying=varying,
        constant=constant,
        counted=[one for one in facets if one.name in _COUNTED],
        users=max(users, key=lambda one: (one.known, one.name), default=None),
    )


def _places(clusters: Sequence[Cluster]) -> list[Facet]:
    """Return the places of the templates with their known values; a place is named by the words before it."""
    found: dict[str, dict[str, int]] = {}
    for cluster in clusters:
        for name, values in cluster.values.items():
            held = found.setdefault(name.partition(" #")[0], {})
            for value, n in values.items():
                held[value] = held.get(value, 0) + n
    return [Facet(name, ranked(values), sum(values.values())) for name, values in found.items()]


def _names_people(name: str) -> bool:
    """Return whether the last word of the name of a place or label is a word for a person."""
    words = name.lower().replace("-", "_").replace(".", "_").split()
    return bool(words) and words[-1].strip(":=") in _USERS


def _summed(clusters: Sequence[Cluster]) -> Mapping[str, Mapping[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for cluster in clusters:
        for name, values in cluster.facets.items():
            held = found.setdefault(name, {})
            for value, n in values.items():
                held[value] = held.get(value, 0) + n
    return found


def _name(name: str) -> str:
    """Return the name of the place for people."""
    return f"wildcard {place}" if (place := word_place(name)) else bare(name)
