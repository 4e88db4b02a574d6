"""What an entry says beside its message: its resource, labels, trace, place in the code, and identity."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import msgspec

from processor.model import Identity
from processor.parsing import audit, http, ownership, payloads, resources
from processor.parsing.leaves import compact
from processor.parsing.log_entry import wire_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from processor.model import Entry
    from processor.parsing.log_entry import Wire

_decode_any = msgspec.json.Decoder().decode
_MAX_SPELLINGS: Final = 4096
_MAX_KNOWN_BYTES: Final = 4096  # of labels that are parsed once; more than a container's


class MonitoredResource(NamedTuple):
    """A monitored resource, parsed once for each distinct spelling; "" for absent values.

    Attributes:
        is_settled: nothing in the entry itself can name its service better than the resource's labels.
        may_be_own: Log Gardener itself runs on such a resource.
    """

    project: str
    service: str
    is_settled: bool
    may_be_own: bool
    kind: str
    labels: Mapping[str, str]


@lru_cache(_MAX_SPELLINGS)
def monitored_resource(raw: bytes) -> MonitoredResource:
    """Parse a monitored resource, once for each distinct spelling."""
    found = _decode_any(raw)
    if type(found) is not dict:
        found = {}
    kind, labels = found.get("type"), texts(found.get("labels"))
    kind = kind if type(kind) is str else ""
    project = labels.get("project_id") or labels.get("resource_container", "").removeprefix("projects/")
    service = resources.by_labels(kind, labels)
    is_settled = bool(service) and not resources.needs_entry(kind)
    return MonitoredResource(project, service, is_settled, ownership.may_be_own(kind, labels), kind, labels)


def resource(entry: Entry) -> Mapping[str, str]:
    """Labels of the monitored resource: revision_name, location, ..."""
    return monitored_resource(bytes(wire_of(entry).resource)).labels


def labels(entry: Entry) -> Mapping[str, str]:
    """Return the entry's own labels."""
    return labels_of(wire_of(entry))


def labels_of(wire: Wire) -> Mapping[str, str]:
    """Return the labels of an entry that is being decoded."""
    raw = bytes(wire.labels)
    return _labels_once(raw) if len(raw) <= _MAX_KNOWN_BYTES else _labels(raw)


def _labels(raw: bytes) -> Mapping[str, str]:
    return texts(_decode_any(raw))


_labels_once = lru_cache(_MAX_SPELLINGS)(_labels)


def spelling(entry: Entry, names: frozenset[str]) -> tuple[bytes | str, ...]:
    """Return what determines the labels of these names in the entry and in its resource, cheaply; for a cache."""
    wire = wire_of(entry)
    found: list[bytes | str] = [bytes(wire.resource)]
    for name, value in labels_of(wire).items():
        if name in names:
            found += (name, value)
    return tuple(found)


def written(entry: Entry) -> tuple[bytes, bytes]:
    """Return the resource and the labels of the entry as written, which determine both; for a cache."""
    wire = wire_of(entry)
    return bytes(wire.resource), bytes(wire.labels)


def log_id(log_name: str) -> str:
    """Return the id of a log, `run.googleapis.com/stderr`; "" for an entry without a log."""
    return log_name.rsplit("/", 1)[-1].replace("%2F", "/")


def trace(entry: Entry) -> str:
    """Return the trace id, "" for none."""
    found = wire_of(entry).trace
    return found if type(found) is str else ""


def error_group(entry: Entry) -> str:
    """Return the Error Reporting group that Cloud Logging assigned, "" for none."""
    groups = wire_of(entry).error_groups
    first = groups[0] if type(groups) is list and groups else None
    return str(first.get("id", "")) if type(first) is dict else ""


def origin(entry: Entry) -> Mapping[str, str]:
    """Return the place in the code and the subject that the payload states, by facet name."""
    wire = wire_of(entry)
    found: dict[str, str] = {}
    if (payload := wire.json_payload) is not None:
        found = payloads.origin(payload)
        if policy := http.policy(payload):
            found["policy"] = policy
        if subject := payloads.resource(payload):
            found["resource"] = subject
    if wire.proto_payload is not None and (subject := audit.resource(wire.proto_payload)):
        found["resource"] = subject
    if entry.http is not None and entry.http.outcome:
        found["outcome"] = entry.http.outcome
    container = resource(entry).get("container_name", "")
    if container and container != entry.service:
        found["container"] = container
    return found


def split(entry: Entry) -> tuple[str, int] | None:
    """Return (id of the whole, position) of a part that Cloud Logging split off; None for a whole entry."""
    found = wire_of(entry).split
    if found is None or type(found) is not dict or type(found.get("uid")) is not str:
        return None
    index = found.get("index", 0)
    return found["uid"], index if type(index) is int else 0


def is_failed_job(entry: Entry) -> bool:
    """Return whether this is a data access audit log of a failed job."""
    payload = wire_of(entry).proto_payload
    return payload is not None and audit.is_failed_job(payload)


def identity(entry: Entry, message_id: str) -> Identity:
    """Return the key that makes two deliveries the same entry; without insert_id, the bytes and the message id."""
    second = int(entry.at.timestamp())
    timestamp = entry.timestamp
    if "." in timestamp:
        # 10.500Z and 10.5Z are the same instant, exported twice by different tools.
        timestamp = timestamp.rstrip("Zz").rstrip("0").rstrip(".")
    if entry.insert_id:
        name = f"{entry.log_name}\0{timestamp}\0{entry.insert_id}".encode("utf-8", "surrogatepass")
    else:
        name = message_id.encode() + b"\0" + entry.raw
    return Identity(second, hashlib.blake2b(name, digest_size=16).digest())


def texts(labels: Any) -> Mapping[str, str]:
    """Return labels as text: Cloud Logging's are text, those of a hand-written file may not be."""
    if type(labels) is not dict:
        return {}
    return {name: value if type(value) is str else compact(value) for name, value in labels.items()}
