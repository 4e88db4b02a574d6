"""Metrics by OTLP: what is sent, where, and that a collector that fails stops nothing."""

import json
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from processor.app import otlp
from processor.app.telemetry import Telemetry
from processor.model import Grade
from processor.model.errors import ConfigError

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self):
        self.at = NOW

    def now(self):
        return self.at

    def sleep(self, seconds):
        self.at += timedelta(seconds=seconds)


@contextmanager
def collector(status=200):
    taken = []

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_POST(self):  # the name that the server calls
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            taken.append((self.path, headers, json.loads(body)))
            self.send_response(status)
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", taken
    server.shutdown()
    server.server_close()
    thread.join(5)


def told(body):
    return {one["name"]: one for one in body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"]}


def numbered(telemetry):
    telemetry.pulled(7, 0.2)
    telemetry.pulled(1, 20.0)
    telemetry.called_github("POST", 201)
    return otlp.request(telemetry.families(), {"service.name": "x"}, began=NOW, now=NOW + timedelta(seconds=60))


def test_counters_gauges_and_histograms_have_the_form_of_otlp():
    found = told(numbered(Telemetry(Clock(), metrics=True)))

    (pulled,) = found["gardener_pulled_messages"]["sum"]["dataPoints"]
    assert (pulled["asDouble"], pulled["startTimeUnixNano"], pulled["timeUnixNano"]) == (
        *(8.0, "1767225600000000000"),
        "1767225660000000000",
    )
    assert found["gardener_pulled_messages"]["sum"]["isMonotonic"] is True
    (called,) = found["gardener_github_calls"]["sum"]["dataPoints"]
    assert called["attributes"] == [
        {"key": "method", "value": {"stringValue": "POST"}},
        {"key": "status", "value": {"stringValue": "201"}},
    ]
    (point,) = found["gardener_pull_seconds"]["histogram"]["dataPoints"]
    assert (point["count"], point["sum"], found["gardener_pull_seconds"]["unit"]) == ("2", 20.2, "s")
    assert len(point["bucketCounts"]) == len(point["explicitBounds"]) + 1
    assert sum(map(int, point["bucketCounts"])) == 2
    assert found["gardener_held_messages"]["gauge"]["dataPoints"][0]["asDouble"] == 0.0


def test_what_is_no_number_is_left_out_and_the_rest_is_json():
    body = numbered(Telemetry(Clock(), metrics=True))

    assert "gardener_delivery_succeeded_timestamp_seconds" not in told(body)
    assert "NaN" not in json.dumps(body)


def test_the_usual_variables_decide():
    found = otlp.target(
        {
            "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c:4318/",
            "OTEL_EXPORTER_OTLP_HEADERS": "a=b%20c, d=e",
            "OTEL_METRIC_EXPORT_INTERVAL": "5000",
            "OTEL_RESOURCE_ATTRIBUTES": "service.name=other,deployment.environment=prod",
            "OTEL_SERVICE_NAME": "mine",
        }
    )

    assert found == otlp.Target(
        *("http://c:4318/v1/metrics", {"a": "b c", "d": "e"}, 5.0),
        {"service.name": "mine", "deployment.environment": "prod"},
    )
    own = {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "https://m/x", "OTEL_EXPORTER_OTLP_ENDPOINT": "http://c"}
    assert otlp.target(own).url == "https://m/x"


@pytest.mark.parametrize(
    "off",
    [
        {},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_SDK_DISABLED": "true"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_METRICS_EXPORTER": "none"},
    ],
)
def test_nothing_is_exported_unless_asked(off):
    assert otlp.target(off) is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "c:4317"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "file:///etc/passwd"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"},
        {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://c", "OTEL_METRIC_EXPORT_INTERVAL": "often"},
    ],
)
def test_a_wrong_value_is_refused_with_a_sentence(wrong):
    with pytest.raises(ConfigError, match="OTEL_"):
        otlp.target(wrong)


def test_the_collector_gets_them_and_once_more_at_the_end():
    telemetry = Telemetry(Clock(), metrics=True)
    with collector() as (url, taken):
        where = otlp.target({"OTEL_EXPORTER_OTLP_ENDPOINT": url, "OTEL_EXPORTER_OTLP_HEADERS": "x-key=k"})
        exporter = otlp.Exporter(where, telemetry.families, Clock())
        assert exporter.send()
        telemetry.pulled(5, 0.1)
        exporter.close()

    assert [path for path, _, _ in taken] == ["/v1/metrics", "/v1/metrics"]
    assert (taken[0][1]["x-key"], taken[0][1]["content-type"]) == ("k", "application/json")
    assert told(taken[1][2])["gardener_pulled_messages"]["sum"]["dataPoints"][0]["asDouble"] == 5.0


def test_a_collector_that_fails_is_said_once_a_minute_and_stops_nothing(caplog):
    clock = Clock()
    with collector(503) as (url, _):
        exporter = otlp.Exporter(otlp.target({"OTEL_EXPORTER_OTLP_ENDPOINT": url}), lambda: (), clock)
        assert [exporter.send(), exporter.send()] == [False, False]
        clock.at += timedelta(seconds=61)
        assert not exporter.send()
        exporter.close()
    assert not exporter.send(0.5)  # nobody listens any more

    assert [record.action for record in caplog.records] == ["metrics_wait", "metrics_wait"]


def test_the_doctor_asks_the_collector():
    with collector() as (url, taken):
        (well,) = otlp.check({"OTEL_EXPORTER_OTLP_ENDPOINT": url})
    (gone,) = otlp.check({"OTEL_EXPORTER_OTLP_ENDPOINT": url})

    assert (well.grade, gone.grade) == (Grade.WELL, Grade.WARNING)
    assert taken[0][2] == {"resourceMetrics": []}
    assert "refused" in gone.text
    assert list(otlp.check({})) == []
