"""Who is assigned to an issue, as CODEOWNERS would say it. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processor.model import Cluster


def assignees_of(cluster: Cluster, owners: Iterable[tuple[str, str, tuple[str, ...]]]) -> tuple[str, ...]:
    """Who owns this: the last rule that fits the service and one of the modules that wrote the entries."""
    modules = [
        *cluster.facets.get("module", {}),
        *cluster.facets.get("logger", {}),
        *cluster.facets.get("name", {}),
        "",
    ]
    found: tuple[str, ...] = ()
    for service, module, people in owners:
        if fnmatchcase(cluster.stream.service, service) and any(fnmatchcase(name, module) for name in modules):
            found = people
    return found
