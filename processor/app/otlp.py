"""Export the metrics by OTLP, as JSON over HTTP, to where OpenTelemetry's usual variables point.

Read: OTEL_EXPORTER_OTLP_ENDPOINT or ..._METRICS_ENDPOINT, ..._HEADERS, ..._PROTOCOL, OTEL_METRIC_EXPORT_INTERVAL,
OTEL_METRICS_EXPORTER, OTEL_SDK_DISABLED, OTEL_SERVICE_NAME, OTEL_RESOURCE_ATTRIBUTES. Without an endpoint nothing is
exported. A collector that does not answer is logged once a minute and never stops the worker.
"""

from __future__ import annotations

import http.client
import json
import logging
import math
import threading
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from processor.model import Finding, Grade
from processor.model.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime

    from processor.model.ports import Clock

_log: Final = logging.getLogger("gardener.worker")
_PREFIX: Final = "OTEL_EXPORTER_OTLP_"
_CUMULATIVE: Final = 2
_TIMEOUT_S: Final = 5.0
_LAST_S: Final = 1.0
_AGAIN_S: Final = 60.0
_UNITS: Final = {"seconds": "s", "bytes": "By", "days": "d"}


class Target(NamedTuple):
    """Where metrics go. `attributes` describe this process."""

    url: str
    headers: Mapping[str, str]
    every_s: float
    attributes: Mapping[str, str]


def target(environment: Mapping[str, str]) -> Target | None:
    """Return the target that the variables name, None for none. Raises `ConfigError`."""
    general = environment.get(f"{_PREFIX}ENDPOINT", "").strip()
    url = environment.get(f"{_PREFIX}METRICS_ENDPOINT", "").strip() or (
        f"{general.rstrip('/')}/v1/metrics" if general else ""
    )
    off = environment.get("OTEL_SDK_DISABLED", "").lower() == "true"
    if not url or off or environment.get("OTEL_METRICS_EXPORTER", "otlp") != "otlp":
        return None
    if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
        raise ConfigError(f"{_PREFIX}ENDPOINT is no http or https URL; name one such as http://localhost:4318")
    protocol = environment.get(f"{_PREFIX}METRICS_PROTOCOL") or environment.get(f"{_PREFIX}PROTOCOL") or "http/json"
    if protocol == "grpc":
        raise ConfigError(
            f"{_PREFIX}PROTOCOL is grpc, and metrics are sent over HTTP; set http/json, and port 4318 of the collector"
        )
    every = environment.get("OTEL_METRIC_EXPORT_INTERVAL", "60000")
    if not every.isdecimal() or int(every) < 1_000:  # noqa: PLR2004  # a second in its milliseconds
        raise ConfigError(f"OTEL_METRIC_EXPORT_INTERVAL {every!r} is no number of milliseconds, 1000 or more")
    headers = {
        **_pairs(environment.get(f"{_PREFIX}HEADERS", "")),
        **_pairs(environment.get(f"{_PREFIX}METRICS_HEADERS", "")),
    }
    attributes = {"service.name": "log-gardener", **_pairs(environment.get("OTEL_RESOURCE_ATTRIBUTES", ""))}
    if name := environment.get("OTEL_SERVICE_NAME"):
        attributes["service.name"] = name
    return Target(url, headers, int(every) / 1000, attributes)


def _pairs(text: str) -> dict[str, str]:
    """Read key=value pairs, comma-separated, percent-encoded."""
    pairs = (pair.partition("=") for pair in text.split(",") if "=" in pair)
    return {unquote(key.strip()): unquote(value.strip()) for key, _, value in pairs}


def request(
    families: Iterable[Any], attributes: Mapping[str, str], *, began: datetime, now: datetime
) -> dict[str, Any]:
    """Return an ExportMetricsServiceRequest of Prometheus' metric families; values that are no number are left out."""
    times = {"startTimeUnixNano": _nanos(began), "timeUnixNano": _nanos(now)}
    metrics = [found for family in families if (found := _metric(family, times)) is not None]
    scope = {"scope": {"name": "log-gardener"}, "metrics": metrics}
    return {"resourceMetrics": [{"resource": {"attributes": _attributes(attributes)}, "scopeMetrics": [scope]}]}


def _metric(family: Any, times: Mapping[str, str]) -> dict[str, Any] | None:
    unit = next((unit for word, unit in _UNITS.items() if word in family.name.split("_")), "")
    about = {"name": family.name, "description": family.documentation, "unit": unit}
    if family.type == "histogram":
        points = _buckets(family.samples, times)
        return {**about, "histogram": {"aggregationTemporality": _CUMULATIVE, "dataPoints": points}} if points else None
    points = [
        {**times, "attributes": _attributes(one.labels), "asDouble": one.value}
        for one in family.samples
        if not one.name.endswith("_created") and math.isfinite(one.value)
    ]
    if not points:
        return None
    if family.type == "counter":
        return {**about, "sum": {"aggregationTemporality": _CUMULATIVE, "isMonotonic": True, "dataPoints": points}}
    return {**about, "gauge": {"dataPoints": points}}


def _buckets(samples: Iterable[Any], times: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return one point for each set of labels; Prometheus' buckets hold those below, OTLP's do not."""
    points: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
    for one in samples:
        labels = {name: value for name, value in one.labels.items() if name != "le"}
        point = points.setdefault(
            tuple(sorted(labels.items())),
            {**times, "attributes": _attributes(labels), "bucketCounts": [], "explicitBounds": [], "below": 0.0},
        )
        if one.name.endswith("_bucket"):
            point["bucketCounts"].append(str(int(one.value - point["below"])))
            point["below"] = one.value
            if math.isfinite(bound := float(one.labels["le"])):
                point["explicitBounds"].append(bound)
        elif one.name.endswith("_count"):
            point["count"] = str(int(one.value))
        elif one.name.endswith("_sum"):
            point["sum"] = one.value
    return [{key: value for key, value in point.items() if key != "below"} for point in points.values()]


def _attributes(found: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in found.items()]


def _nanos(at: datetime) -> str:
    return str(int(at.timestamp() * 1_000_000) * 1_000)


def post(where: Target, body: Mapping[str, Any], timeout_s: float) -> str:
    """Send a request; return "" if the collector took it, else why not."""
    sent = urllib.request.Request(  # noqa: S310  # the scheme was checked
        where.url, data=json.dumps(body).encode(), headers={**where.headers, "Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(sent, timeout=timeout_s):  # noqa: S310  # the same
            return ""
    except (OSError, http.client.HTTPException) as error:
        return str(error) or type(error).__name__


def check(environment: Mapping[str, str]) -> Iterator[Finding]:
    """Check whether the collector takes a request without metrics. Raises `ConfigError`."""
    if (where := target(environment)) is None:
        return
    if error := post(where, {"resourceMetrics": []}, _TIMEOUT_S):
        mend = f"check {_PREFIX}ENDPOINT and _HEADERS; the worker goes on without a collector"
        yield Finding(Grade.WARNING, "metrics", f"{where.url} takes no metrics: {error}", mend)
    else:
        yield Finding(Grade.WELL, "metrics", f"{where.url} takes metrics")


class Exporter:
    """Sends the metrics at intervals, from a thread of its own, and once more when closed.

    Args:
        collect: returns Prometheus' metric families.
    """

    def __init__(self, where: Target, collect: Callable[[], Iterable[Any]], clock: Clock) -> None:
        self._where, self._collect, self._clock = where, collect, clock
        self._began = clock.now()
        self._said_at: datetime | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._live, name="otlp", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Send the last values, if the collector takes them at once."""
        self._over.set()
        self._thread.join(_TIMEOUT_S)
        self.send(_LAST_S)

    def send(self, timeout_s: float = _TIMEOUT_S) -> bool:
        """Send the present values; return whether the collector took them."""
        now = self._clock.now()
        body = request(self._collect(), self._where.attributes, began=self._began, now=now)
        if error := post(self._where, body, timeout_s):
            self._complain(error, now)
        return not error

    def _live(self) -> None:
        while not self._over.wait(self._where.every_s):
            self.send()

    def _complain(self, error: str, now: datetime) -> None:
        if self._said_at is None or (now - self._said_at).total_seconds() >= _AGAIN_S:
            self._said_at = now
            fields = {"error": error}
            _log.warning(
                "the collector takes no metrics: %s", error, extra={"action": "metrics_wait", "fields": fields}
            )
