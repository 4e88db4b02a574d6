"""Metrics, health, and the log that must not come back as somebody's errors."""

import json
import logging
import re
import sys
import threading
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from processor.app import logs
from processor.app.probes import Probes
from processor.app.telemetry import METRICS, Telemetry
from processor.ingest.watcher import Flush
from processor.model import Checkpoint, Committed, DeliveryHealth, Rejected, Seen, Totals
from processor.model.errors import ConfigError, Transient
from processor.parsing import decode as entries

NOW = datetime(2026, 1, 1, tzinfo=UTC)
PAGE = Path(__file__).resolve().parents[3] / "docs" / "metrics.md"


class ManualClock:
    def __init__(self):
        self.at = NOW

    def now(self):
        return self.at

    def sleep(self, seconds):
        self.at += timedelta(seconds=seconds)


def flush(**changes):
    rejected = (Rejected("r", "no JSON", b"{oops", 5, "s", -1, NOW),)
    checkpoint = Checkpoint("w", NOW, (), Seen(frozenset()), (), (), rejected, Totals(7, 2, 1, 3))
    values = {"pulled": 13, "commit_s": 0.25, "ack_s": 0.01, "tries": 3, "clusters": 5, "minted": 2}
    return Flush(checkpoint=checkpoint, committed=Committed({}, {}), **{**values, **changes})


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def probes(clock):
    telemetry = Telemetry(clock, metrics=True)
    server = Probes(telemetry, clock, host="127.0.0.1", port=0)
    yield telemetry, f"http://127.0.0.1:{server.port}"
    server.close()


@pytest.fixture
def restored_logging():
    root, ours = logging.getLogger(), logging.getLogger("gardener")
    kept = root.handlers[:], root.level, ours.level, sys.excepthook, threading.excepthook
    yield
    root.handlers[:], root.level, ours.level = kept[0], kept[1], kept[2]
    sys.excepthook, threading.excepthook = kept[3], kept[4]
    logging.captureWarnings(capture=False)


def get(url):
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310  # our own server
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        with refusal:
            return refusal.code, refusal.read().decode()


def test_every_metric_is_documented_and_every_documented_metric_exists():
    documented = dict(re.findall(r"^\| `(gardener_\w+)` \| (\w+) \|", PAGE.read_text("utf-8"), re.MULTILINE))

    assert documented == {
        metric.name + ("_total" if metric.kind == "counter" else ""): metric.kind for metric in METRICS
    }


def test_every_action_of_the_log_is_documented():
    code = "".join(path.read_text("utf-8") for path in (PAGE.parents[1] / "processor").rglob("*.py"))
    actions = set(re.findall(r'"action": "(\w+)"', code))
    rows = "".join(line.split("|")[1] for line in PAGE.read_text("utf-8").splitlines() if line.startswith("| `"))

    assert actions
    assert actions <= set(re.findall(r"`(\w+)`", rows))


def test_a_flush_is_counted_by_outcome(probes):
    telemetry, url = probes
    telemetry.ready(3)
    telemetry.flushed(flush())
    telemetry.pulled(40, 0.5)
    telemetry.called_github("POST", 201)
    telemetry.watch_held(lambda: 77)
    telemetry.reported(
        DeliveryHealth(
            "w1",
            NOW,
            succeeded_at=NOW - timedelta(hours=1),
            failed_at=NOW,
            error="401",
            parked={"acme/shop": "archived"},
            waiting=3,
            token_expires_at=NOW + timedelta(days=9, hours=12),
        )
    )

    _, page = get(f"{url}/metrics")

    for line in (
        'gardener_entries_total{outcome="counted"} 7.0',
        'gardener_entries_total{outcome="duplicates"} 2.0',
        'gardener_entries_total{outcome="rejected"} 1.0',
        'gardener_entries_total{outcome="ignored"} 3.0',
        "gardener_clusters_new_total 2.0",
        "gardener_quarantined_bytes_total 5.0",
        "gardener_checkpoints_total 1.0",
        "gardener_commit_retries_total 2.0",
        "gardener_commit_seconds_sum 0.25",
        "gardener_ack_seconds_count 1.0",
        "gardener_pull_seconds_count 1.0",
        "gardener_pulled_messages_total 40.0",
        "gardener_oldest_entry_age_seconds 0.0",
        "gardener_model_clusters 5.0",
        "gardener_held_messages 77.0",
        "gardener_waiting_seconds 0.0",
        "gardener_issues_waiting 3.0",
        "gardener_delivery_succeeded_timestamp_seconds 1.767222e+09",
        "gardener_delivery_failed_timestamp_seconds 1.7672256e+09",
        "gardener_repositories_parked 1.0",
        "gardener_token_expires_days 9.5",
        'gardener_github_calls_total{method="POST",status="201"} 1.0',
    ):
        assert f"\n{line}\n" in page
    assert "process_resident_memory_bytes" in page


def test_what_is_not_known_of_delivery_is_no_number(probes):
    telemetry, url = probes
    unknown = (
        "\ngardener_delivery_succeeded_timestamp_seconds NaN\n",
        "\ngardener_delivery_failed_timestamp_seconds NaN\n",
        "\ngardener_token_expires_days NaN\n",
    )
    assert all(line in get(f"{url}/metrics")[1] for line in unknown), "an alert on a 0 would be false"
    telemetry.reported(DeliveryHealth("w1", NOW))
    assert all(line in get(f"{url}/metrics")[1] for line in unknown)


def test_a_worker_is_ready_once_its_model_is_loaded(probes):
    telemetry, url = probes
    before = get(f"{url}/readyz")[0]
    telemetry.ready(0)

    assert (before, get(f"{url}/readyz")[0]) == (503, 200)


def test_a_worker_that_waited_for_its_model_is_ready_without_a_first_entry(probes, clock):
    telemetry, url = probes
    telemetry.unavailable("store", Transient("no route to the store"))
    clock.sleep(30)
    telemetry.ready(3)
    clock.sleep(30)

    assert get(f"{url}/readyz")[0] == 200
    assert telemetry.waiting_s() == 0.0


def test_while_the_store_is_away_the_worker_is_alive_but_not_ready_and_says_why(probes, clock):
    telemetry, url = probes
    telemetry.ready(0)
    telemetry.unavailable("store", Transient("no route to the store"))
    clock.sleep(30)

    status, body = get(f"{url}/readyz")

    assert status == 503
    assert json.loads(body) == {
        "alive": True,
        "ready": False,
        "waiting_for": "store",
        "waiting_s": 30.0,
        "error": "no route to the store",
        "loop_idle_s": 30.0,
    }
    assert get(f"{url}/healthz")[0] == 200
    telemetry.flushed(flush())
    assert get(f"{url}/readyz")[0] == 200


def test_a_loop_that_stands_still_is_not_alive(probes, clock):
    telemetry, url = probes
    telemetry.ready(0)
    clock.sleep(301)

    assert get(f"{url}/healthz")[0] == 503
    telemetry.alive()
    assert get(f"{url}/healthz")[0] == 200


def test_another_path_says_what_there_is(probes):
    assert get(f"{probes[1]}/nothing") == (404, '{"error": "there is /healthz, /readyz and /metrics"}')


def test_a_port_in_use_is_named(probes, clock):
    port = int(probes[1].rpartition(":")[2])

    with pytest.raises(ConfigError, match=f"health_port {port} on 127.0.0.1 cannot be used"):
        Probes(probes[0], clock, host="127.0.0.1", port=port)


def test_an_outage_is_said_at_once_and_then_once_a_minute(clock, caplog):
    telemetry = Telemetry(clock)
    caplog.set_level(logging.INFO, "gardener")
    for _ in range(130):
        telemetry.unavailable("store", Transient("away"))
        clock.sleep(1)
    telemetry.flushed(flush())

    said = [(record.action, record.fields.get("waiting_s")) for record in caplog.records]

    assert said == [("waiting", 0.0), ("waiting", 60.0), ("waiting", 120.0), ("recovered", 130.0), ("checkpoint", None)]


def test_a_part_that_refuses_is_said_once_a_minute_and_does_not_make_the_worker_unready(clock, caplog):
    telemetry = Telemetry(clock)
    for _ in range(70):
        telemetry.failed("dead-letter topic", Transient("gone"))
        clock.sleep(1)

    assert [record.action for record in caplog.records] == ["refused", "refused"]
    assert telemetry.health.waiting_for == ""


def test_a_source_that_answers_again_without_messages_is_not_away_any_more(clock):
    telemetry = Telemetry(clock)
    telemetry.unavailable("source", Transient("away"))
    telemetry.alive()

    assert telemetry.health.waiting_for == ""


def test_each_line_of_our_log_is_an_entry_that_the_worker_ignores(clock, capfd, restored_logging):
    assert logs.configure("json")
    telemetry = Telemetry(clock)
    telemetry.ready(3)
    telemetry.flushed(flush())
    telemetry.unavailable("store", Transient('hostile "quotes"\nand a second line'))
    sys.excepthook(ValueError, ValueError("boom"), None)
    logging.getLogger("some.library").error("a library speaks")
    lines = capfd.readouterr().err.splitlines()

    actions = []
    for number, line in enumerate(lines):
        received = json.loads(line)
        # The agent moves severity and time out of the payload; the rest becomes jsonPayload.
        severity = received.pop("severity")
        stored = {
            "insertId": str(number),
            "logName": "projects/p/logs/run.googleapis.com%2Fstderr",
            "timestamp": received.pop("time"),
            "severity": severity,
            "resource": {"type": "cloud_run_worker_pool", "labels": {"worker_pool_name": "log-gardener-worker"}},
            "jsonPayload": received,
        }
        entry = entries.decode(json.dumps(stored).encode(), datetime.now(UTC))
        assert entry.own, line
        actions.append(received["log_gardener"]["action"])
    assert actions == ["ready", "checkpoint", "waiting", "crash", "log"]


def test_a_person_gets_plain_lines(capfd, clock, restored_logging):
    assert not logs.configure("text")
    Telemetry(clock).flushed(flush())

    line = capfd.readouterr().err

    assert re.match(r"\d\d:\d\d:\d\d info checkpoint pulled=13 counted=7 .*commit_ms=250 ack_ms=10 tries=3", line)
