"""Entries of real shape and who gets them when: each up to three times, to different workers, out of order."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

EXAMPLE = Path(__file__).resolve().parents[1] / "examples" / "export.json"
START = datetime(2026, 3, 1, 11, 58, tzinfo=UTC)
MOST_DELIVERIES = 3
_NAMES = [a + b for a in ("anna", "bert", "carl", "dora", "emil") for b in ("son", "berg", "feld", "mann", "wood")]
_TEXTS = [
    "user {name} was locked out after {n} attempts",
    "payment {n} of user {name} was refused by the bank",
    "GET /api/orders/{n} took {n}ms, more than the limit",
    "connection to 10.0.{m}.{m} refused, retry {m}",
    "queue orders has {n} messages, the oldest is {m}s old",
    "cannot parse invoice {n}: unexpected end of file",
    "worker {m} exited with status {m}",
    "deadlock detected, transaction {n} rolled back",
    "template {name} not found",
    "disk /dev/sd{m} is {m}% full",
]


def entries(chance, count):
    """`count` entries as JSON, each with an identity of its own; some shapes are frequent, most are rare."""
    shapes = [*_TEXTS, *json.loads(EXAMPLE.read_text("utf-8"))]
    chance.shuffle(shapes)
    weights = [1 / rank for rank in range(1, len(shapes) + 1)]
    return [
        json.dumps(_entry(chance, shape, number, count))
        for number, shape in enumerate(chance.choices(shapes, weights, k=count))
    ]


def _entry(chance, shape, number, count):
    at = START + timedelta(seconds=1200 * number / count, milliseconds=chance.randrange(2000))
    if isinstance(shape, dict):
        return {**shape, "insertId": f"c{number}", "timestamp": at.isoformat()}
    text = shape.format(name=chance.choice(_NAMES), n=chance.randrange(1000, 99999), m=chance.randrange(2, 99))
    return {
        "insertId": f"c{number}",
        "logName": "projects/p/logs/run.googleapis.com%2Fstderr",
        "timestamp": at.isoformat(),
        "severity": chance.choice(["WARNING", "ERROR", "ERROR", "CRITICAL"]),
        "resource": {
            "type": "cloud_run_revision",
            "labels": {
                "project_id": "p",
                "service_name": chance.choice(["shop", "cart"]),
                "revision_name": f"shop-{chance.randrange(3):05}",
            },
        },
        "labels": {"instanceId": f"instance{chance.randrange(40)}"},
        "textPayload": text,
    }


def deal(chance, lines, workers):
    """One list of lines per worker, each line in one to three of them and never twice in one."""
    dealt = [[] for _ in range(workers)]
    for number, line in enumerate(lines):
        for worker in chance.sample(range(workers), chance.randint(1, min(MOST_DELIVERIES, workers))):
            dealt[worker].append((number + chance.randrange(len(lines) // 10 + 1), line))
    return [[line for _, line in sorted(mine, key=lambda pair: pair[0])] for mine in dealt]
