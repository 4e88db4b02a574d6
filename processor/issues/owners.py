"""Assignees of an issue, by rules like those of CODEOWNERS. Pure."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from processor.model import Cluster


def assignees_of(cluster: Cluster, owners: Iterable[tuple[str, str, tuple[str, ...]]]) -> tuple[str, ...]:
    """Return the assignees of the last rule that matches the service and one of the entries' modules."""
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


def code_owners(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return the rules of a CODEOWNERS file in order: (pattern, logins), without teams and e-mail addresses."""
    rules = []
    for line in text.splitlines():
        pattern, *names = line.partition("#")[0].split() or [""]
        if pattern:
            rules.append((pattern, tuple(name[1:] for name in names if name.startswith("@") and "/" not in name)))
    return tuple(rules)


def owners_of(paths: Iterable[str], rules: Iterable[tuple[str, tuple[str, ...]]]) -> tuple[str, ...]:
    """Return the owners of the first of these files that a rule matches; its last rule decides, as on GitHub.

    A path in a trace has another root than the repository, so a pattern may begin anywhere in it.
    """
    listed = list(rules)
    for path in paths:
        parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".")]
        found = [names for pattern, names in listed if _fits(pattern, parts)]
        if found:
            return found[-1]
    return ()


def _fits(pattern: str, parts: list[str]) -> bool:
    wanted = [part for part in pattern.split("/") if part and part != "**"]
    if not wanted or wanted == ["*"]:
        return True
    whole = not pattern.endswith("/") and "." in wanted[-1]
    starts = range(len(parts) - len(wanted), len(parts) - len(wanted) + 1) if whole else range(len(parts))
    return any(
        at >= 0
        and len(parts) - at >= len(wanted)
        and all(fnmatchcase(part, want) for part, want in zip(parts[at:], wanted, strict=False))
        for at in starts
    )
