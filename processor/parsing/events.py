"""Kubernetes events: "BackOff: Back-off restarting failed container", assigned to the workload of the event."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from processor.parsing.message import Message, compose, sayable

if TYPE_CHECKING:
    from collections.abc import Mapping


def is_event(payload: Mapping[str, Any]) -> bool:
    """Return whether a jsonPayload is a Kubernetes Event, of core/v1 or events.k8s.io/v1."""
    return "reason" in payload and ("involvedObject" in payload or "regarding" in payload)


def message(payload: Mapping[str, Any]) -> Message | None:
    """Return the reason, which Kubernetes takes from a closed set, and the message; None if both are absent."""
    reason, text = payload.get("reason"), payload.get("message") or payload.get("note")
    said = sayable(reason) if type(reason) is str else ""
    text = text.strip() if type(text) is str else ""
    if not said and not text:
        return None
    return compose(((f"{said}:" if said and text else said, True), (text, False)))
