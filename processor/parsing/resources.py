"""Resources: a monitored resource and its labels -> the name of the service, as on-call knows it.

Promises: the same labels give the same name in any order; never a bare number, a UUID or an empty label; "" if nothing
has a name. Pure and total: labels of any type are read as text or skipped.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from processor.model.patterns import regex
from processor.parsing.service_labels import NOT_NAMES, SOURCES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NUMBER_OR_HEX: Final = regex(r"[\d.:+-]*|(?=[a-f\d-]*\d)[a-f\d-]{16,}|[A-F\d-]{24,}", re.ASCII)
_NO_NAMES: Final = frozenset({"", "null", "none", "nil", "undefined", "unknown", "-", "invalid_backend", "unmatched"})
_KINDS: Final = ("_type", "_kind", "_scope", "_uid", "_uuid", "_number")
_STEM: Final = regex(r"_?(?:id|name|uid|display_name)$")
# Suffixes of a ReplicaSet, a Job or a CronJob, and the five characters of a pod. Kubernetes draws
# both from an alphabet without vowels, so that they form no words.
_RANDOM: Final = "bcdfghjklmnpqrstvwxz2456789"
_POD: Final = regex(rf"-(?:[{_RANDOM}]{{5}}|(?=[a-z\d]{{0,4}}\d)(?=[a-z\d]*[a-z])[a-z\d]{{5}})$")
_REPLICA_SET: Final = regex(rf"-(?:(?=[a-z]*\d)[{_RANDOM}]{{6,10}}|(?=[a-f]*\d)[a-f\d]{{8,10}}|\d{{6,10}})$")
_RUN: Final = regex(r"-\d{8,}$")
_ORDINAL: Final = regex(r"-\d{1,4}$")
_WORKLOAD_LABELS: Final = (
    "labels/logging.gke.io/top_level_controller_name",
    "labels/k8s-pod/app",
    "labels/k8s-pod/app_kubernetes_io/name",
    "labels/k8s-pod/app.kubernetes.io/name",
    "labels/k8s-pod/k8s-app",
    "labels/k8s-pod/serving_knative_dev/service",
    "labels/k8s-pod/job-name",
)
_CONTEXTS: Final = ("service", "service_name", "serviceName", "service.name", "app", "application", "component")


def is_name(value: str) -> bool:
    """Return whether a text can serve as a name: no number, no UUID, no address, not `null`."""
    return value.lower() not in _NO_NAMES and _NUMBER_OR_HEX.fullmatch(value) is None


def by_labels(kind: str, labels: Mapping[str, str]) -> str:
    """Return the service that the resource's own labels name, "" for none."""
    sources = SOURCES.get(kind)
    if sources is None:
        return _general(kind, labels)
    for source in sources:
        if source[:1] == "=":
            return source[1:]
        if found := _named(labels.get(source, "")):
            return found
    return ""


def needs_entry(kind: str) -> bool:
    """Return whether labels of the entry or its payload may name the service of such a resource."""
    sources = SOURCES.get(kind, ())
    return any(source.startswith("labels/") or source in {"workload", "context"} for source in sources)


def service(kind: str, resource: Mapping[str, str], labels: Mapping[str, str], payload: Any) -> str:
    """Return the service of an entry, "" for none.

    Args:
        kind: type of the monitored resource.
        resource: its labels.
        labels: those of the entry.
        payload: the payload if it is an object, for `serviceContext` and the object of a Kubernetes event.
    """
    fields = payload if type(payload) is dict else {}
    for source in SOURCES.get(kind, ("context",)):
        if source == "workload":
            found = workload(resource, labels, fields)
        elif source == "context":
            found = context(fields)
        elif source.startswith("labels/"):
            found = _named(labels.get(source[7:], ""))
        else:
            found = source[1:] if source[:1] == "=" else _named(resource.get(source, ""))
        if found:
            return found
    return ""


def context(payload: Mapping[str, Any]) -> str:
    """Return the service that a payload states: `serviceContext.service`, `service.name`, `service`, ..."""
    inner = payload.get("serviceContext")
    if type(inner) is dict and type(inner.get("service")) is str and is_name(inner["service"]):
        return str(inner["service"])
    for name in _CONTEXTS:
        value = payload.get(name)
        if type(value) is dict:
            value = value.get("name")
        if type(value) is str and is_name(value) and len(value) <= 100 and " " not in value:  # noqa: PLR2004
            return value
    return ""


def workload(resource: Mapping[str, str], labels: Mapping[str, str], payload: Mapping[str, Any]) -> str:
    """Return the Kubernetes workload: the subject of an event, else the owner of the pod, else the container."""
    about = payload.get("involvedObject") or payload.get("regarding")
    if type(about) is dict and type(about.get("name")) is str:
        kind, name = about.get("kind"), about["name"]
        if kind == "Node":
            return resource.get("cluster_name", "")
        return owner(name) if kind in {"Pod", None} else _of_controller(str(kind), name)
    for source in _WORKLOAD_LABELS:
        if found := _named(labels.get(source[7:], "")):
            return found
    pod = resource.get("pod_name") or resource.get("pod_id", "")
    if (found := owner(pod)) and is_name(found) and found != pod:
        return found
    return _named(resource.get("container_name", "")) or _named(pod)


def owner(pod: str) -> str:
    """Return the workload of a pod's name: `tour-api-6bd9c7f5d8-x2x9q` -> `tour-api`, `db-0` -> `db`."""
    bare = _POD.sub("", pod)
    if bare == pod:
        return _ORDINAL.sub("", pod) or pod
    return _RUN.sub("", _REPLICA_SET.sub("", bare)) or pod


def _of_controller(kind: str, name: str) -> str:
    if kind == "ReplicaSet":
        return _REPLICA_SET.sub("", name)
    return _RUN.sub("", name) if kind == "Job" else name


def _named(value: str) -> str:
    """Return the name in a label: the last part of a path like `projects/p/instances/cache`; "" if it is no name."""
    if not is_name(value):
        return ""
    if value.startswith(("projects/", "namespaces/", "//")):
        value = value.rsplit("/", 1)[-1]
        return value if is_name(value) else ""
    return value


def _general(kind: str, labels: Mapping[str, str]) -> str:
    noun = re.sub(r"[^a-z]", "", kind.rsplit("/", 1)[-1].lower())
    best = min(_candidates(noun, labels), default=None)
    return "" if best is None else best[-1]


def _candidates(noun: str, labels: Mapping[str, str]) -> Iterator[tuple[int, int, str, str]]:
    """Yield (rank, order within it, label, name): the label that is named like the type, then names, then ids."""
    for label, value in labels.items():
        if label in NOT_NAMES or label.endswith(_KINDS) or not (name := _named(value)):
            continue
        stem = re.sub(r"[^a-z]", "", _STEM.sub("", label.lower()))
        if stem and (stem in noun or noun in stem):
            yield 0, -len(stem), label, name
        else:
            yield (1 if label.endswith("name") else 2 if label.endswith("_id") else 3), 0, label, name
