"""Ownership: recognize entries of Log Gardener itself, by their resource and by the form of the line.

A field alone proves nothing, since anybody can write it. An entry is our own if the deployment creates such a resource
(by type and name suffix) and the line has the form of our own log. The log sink excludes these by exact name; this
check is the second defence against a feedback loop.
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
"""By type of resource, the label and the name suffix that the deployment uses."""


def may_be_own(kind: str, labels: Mapping[str, str]) -> bool:
    """Return whether the deployment creates resources like this one."""
    label, ending = RESOURCES.get(kind, ("", ""))
    return bool(label) and ending in labels.get(label, "")


def is_own(payload: Any) -> bool:
    """Return whether a jsonPayload is a line of our own log."""
    mark = payload.get(MARK) if type(payload) is dict else None
    return type(mark) is dict and type(mark.get("action")) is str
