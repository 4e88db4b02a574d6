"""Ownership: which entries Log Gardener wrote itself, by the resource that it runs on and the line that it writes.

A field alone proves nothing, since anybody can write it: an entry is our own when its resource is one that the
deployment creates (by its type and the ending of its name) and the line has the form of our own log. The log sink
knows the exact names and leaves all of it out; this is the second line of defence against reading what we write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MARK: Final = "log_gardener"
RESOURCES: Final = {
    "cloud_run_worker_pool": ("worker_pool_name", "-worker"),
    "cloud_run_revision": ("service_name", "-web"),
    "dataflow_step": ("job_name", "-dataflow"),
}
"""By type of resource the label and the ending that the deployment gives to its name."""


def may_be_own(kind: str, labels: Mapping[str, str]) -> bool:
    """Whether the deployment creates resources like this one."""
    label, ending = RESOURCES.get(kind, ("", ""))
    return bool(label) and ending in labels.get(label, "")


def is_own(payload: Any) -> bool:
    """Whether a jsonPayload is a line of our own log."""
    mark = payload.get(MARK) if type(payload) is dict else None
    return type(mark) is dict and type(mark.get("action")) is str
