"""Figures and samples of a cluster that writers share, whatever the version of the state they come from. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from processor.model import Cluster, Sample


def latest(cluster: Cluster) -> Sample:
    """The last entry that was kept; the first where only that one was."""
    found: Sample | None = getattr(cluster, "latest", None)
    return found if found is not None and found.at >= cluster.sample.at else cluster.sample


def occurrences(cluster: Cluster) -> int:
    """How often it happened: a trace of forty lines is one. Every entry where nothing else was counted."""
    found: int = getattr(cluster, "occurrences", 0)
    return found or cluster.count
