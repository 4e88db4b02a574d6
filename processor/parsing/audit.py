"""Audit logs: an AuditLog -> "compute instances.insert: RESOURCE_EXHAUSTED: no machine is left".

The API, the method, the gRPC status name and a reason in capitals are fixed text, because they come from a schema. The
status message is free text. The resource, the caller and the address are values and are left out. Promises: never
raises.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from processor.model.patterns import regex
from processor.parsing.message import Message, compose, sayable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CODES: Final = {
    1: "CANCELLED", 2: "UNKNOWN", 3: "INVALID_ARGUMENT", 4: "DEADLINE_EXCEEDED", 5: "NOT_FOUND", 6: "ALREADY_EXISTS",
    7: "PERMISSION_DENIED", 8: "RESOURCE_EXHAUSTED", 9: "FAILED_PRECONDITION", 10: "ABORTED", 11: "OUT_OF_RANGE",
    12: "UNIMPLEMENTED", 13: "INTERNAL", 14: "UNAVAILABLE", 15: "DATA_LOSS", 16: "UNAUTHENTICATED",
}  # fmt: skip
"""The gRPC names of the status codes."""

_VERSION: Final = regex(r"v\d+(?:(?:alpha|beta|p)\d*)*|alpha|beta", re.IGNORECASE)
_CONSTANT: Final = regex(r"[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+")
_MAX_SEGMENTS: Final = 3


def is_audit(payload: Mapping[str, Any]) -> bool:
    """Return whether a protoPayload is an AuditLog, with or without its `@type`."""
    kind = payload.get("@type")
    return kind.endswith(".AuditLog") if type(kind) is str else "methodName" in payload


def is_call(payload: Mapping[str, Any]) -> bool:
    """Return whether a jsonPayload states a call as an AuditLog does: its method and its `google.rpc.Status`."""
    return type(payload.get("methodName")) is str and type(payload.get("status")) is dict


def message(payload: Mapping[str, Any]) -> Message:
    """Return the method that was called and the reason why it failed."""
    status = _status(payload)
    api, method = _api(payload), _method(payload)
    code = CODES.get(status[0], f"code {status[0]}" if status[0] else "")
    text = "" if status[1].upper() in {code, code.replace("_", " ")} else status[1]
    reasons = " ".join(dict.fromkeys(reason for reason in _reasons(payload) if reason != code))
    why = " ".join(word for word in (code, reasons) if word)
    head = f"{api} {method}".strip()
    if why or text:
        head = f"{head}:" if head else ""
    return compose(((head, True), (f"{why}:" if why and text else why, True), (text, False)))


def service(payload: Mapping[str, Any]) -> str:
    """Return the API by its name in logs and in the console: `compute.googleapis.com`."""
    name = payload.get("serviceName")
    return name if type(name) is str else ""


def resource(payload: Mapping[str, Any]) -> str:
    """Return the resource of the call: `projects/p/zones/z/instances/i`."""
    name = payload.get("resourceName")
    return name if type(name) is str else ""


def failed(payload: Mapping[str, Any]) -> bool:
    """Return whether the call failed."""
    return bool(_status(payload)[0])


def is_failed_job(payload: Mapping[str, Any]) -> bool:
    """Return whether this is the end of a failed job, the only data access entry that needs attention."""
    metadata, data = payload.get("metadata"), payload.get("serviceData")
    ended = (type(metadata) is dict and "jobChange" in metadata) or (type(data) is dict and "jobCompletedEvent" in data)
    name = payload.get("methodName")
    called = type(name) is str and name.lower() == "jobservice.jobcompleted"
    return (ended or called) and failed(payload)


def _api(payload: Mapping[str, Any]) -> str:
    return sayable(service(payload).removesuffix(".googleapis.com"))


def _method(payload: Mapping[str, Any]) -> str:
    """Shorten `google.container.v1.ClusterManager.SetNodePoolSize` to `ClusterManager.SetNodePoolSize`."""
    name = payload.get("methodName")
    if type(name) is not str:
        return ""
    parts = [part for part in re.split(r"[./]", name[:400]) if part]
    versions = [at for at, part in enumerate(parts[:-1]) if _VERSION.fullmatch(part)]
    after = parts[versions[-1] + 1 :] if versions else parts
    if len(after) > _MAX_SEGMENTS or len(after) == len(parts):
        after = [part for part in parts if not _VERSION.fullmatch(part)][-2:]
    if len(after) > 1 and after[0] == _api(payload):
        after = after[1:]
    return sayable(".".join(after))


def _status(payload: Mapping[str, Any]) -> tuple[int, str]:
    """Return (code, message) of the call, or of the job that it ended; code 0 means no failure."""
    for found in (payload.get("status"), *_job_errors(payload), payload.get("response")):
        if type(found) is dict:
            code, text = found.get("code"), found.get("message")
            number = _number(code)
            if number or (type(text) is str and text and found is not payload.get("response")):
                return number, text.strip() if type(text) is str else ""
    return 0, ""


def _number(code: Any) -> int:
    if isinstance(code, str):
        return int(code) if code.isascii() and code.isdigit() and len(code) < 7 else 0  # noqa: PLR2004
    return int(code) if isinstance(code, int | float) and abs(code) < 1e6 else 0  # noqa: PLR2004


def _job_errors(payload: Mapping[str, Any]) -> Iterator[Any]:
    yield _at(payload, "serviceData", "jobCompletedEvent", "job", "jobStatus", "error")
    yield _at(payload, "metadata", "jobChange", "job", "jobStatus", "errorResult")


def _at(value: Any, *path: str) -> Any:
    for name in path:
        value = value.get(name) if type(value) is dict else None
    return value


def _reasons(payload: Mapping[str, Any]) -> Iterator[str]:
    """Return reasons in capitals: from VPC Service Controls, `google.rpc.ErrorInfo` or a denied policy."""
    found = [_at(payload, "metadata", "violationReason"), _at(payload, "metadata", "reason")]
    details = _at(payload, "status", "details")
    found += [_at(one, "reason") for one in details[:3]] if type(details) is list else []
    for reason in found:
        if type(reason) is str and _CONSTANT.fullmatch(reason):
            yield sayable(reason)
