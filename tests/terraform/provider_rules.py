"""Limits that the real provider or Google enforces and no schema states, from the provider's documentation."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    Rule = tuple[Callable[[Any], bool], str]


def _seconds(low: float, high: float, *, step: int = 1) -> Rule:
    def fits(value: str) -> bool:
        found = re.fullmatch(r"(\d+)(?:\.\d+)?s", value)
        return found is not None and low <= int(found[1]) <= high and int(found[1]) % step == 0

    return fits, f"must be from {low:g}s to {high:g}s in steps of {step} s"


def _matches(pattern: str, sentence: str) -> Rule:
    return lambda value: re.fullmatch(pattern, value) is not None, sentence


def _between(low: int, high: int) -> Rule:
    return lambda value: low <= value <= high, f"must be from {low} to {high}"


def _one_of(*values: str) -> Rule:
    return lambda value: value in values, f"must be one of {', '.join(values)}"


_FILTER: Rule = (lambda value: len(value) <= 20_000, "is longer than 20,000 characters")
_ALERT = "google_monitoring_alert_policy"
_THRESHOLD = "conditions.condition_threshold"
_SUBSCRIPTION = "google_pubsub_subscription"
_RULES: dict[tuple[str, str], Rule] = {
    (_SUBSCRIPTION, "ack_deadline_seconds"): _between(10, 600),
    (_SUBSCRIPTION, "dead_letter_policy.max_delivery_attempts"): _between(5, 100),
    (_SUBSCRIPTION, "retry_policy.minimum_backoff"): _seconds(0, 600),
    (_SUBSCRIPTION, "retry_policy.maximum_backoff"): _seconds(0, 600),
    (_SUBSCRIPTION, "message_retention_duration"): _seconds(600, 2_678_400),
    ("google_pubsub_topic", "name"): _matches(r"(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,254}", "is no topic name"),
    (_SUBSCRIPTION, "name"): _matches(r"(?!goog)[A-Za-z][A-Za-z0-9._~+%-]{2,254}", "is no subscription name"),
    ("google_service_account", "account_id"): _matches(r"[a-z][-a-z0-9]{4,28}[a-z0-9]", "is no account id"),
    ("google_secret_manager_secret", "secret_id"): _matches(r"[A-Za-z0-9_-]{1,255}", "is no secret id"),
    ("google_logging_project_sink", "name"): _matches(r"[A-Za-z0-9_.-]{1,100}", "is no sink name"),
    ("google_logging_project_sink", "filter"): _FILTER,
    ("google_logging_project_sink", "exclusions.filter"): _FILTER,
    ("google_cloud_run_v2_worker_pool", "name"): _matches(r"[a-z][a-z0-9-]{0,47}[a-z0-9]", "is no worker pool name"),
    ("google_firestore_backup_schedule", "retention"): _seconds(86_400, 8_467_200, step=86_400),
    (_ALERT, f"{_THRESHOLD}.comparison"): _one_of("COMPARISON_GT", "COMPARISON_LT"),
    (_ALERT, f"{_THRESHOLD}.duration"): _seconds(0, 84_600, step=60),
    (_ALERT, "conditions.condition_matched_log.filter"): _FILTER,
    (_ALERT, "alert_strategy.notification_rate_limit.period"): _seconds(300, 172_800),
    (_ALERT, "conditions.condition_absent.duration"): _seconds(120, 84_600, step=60),
}


def broken_rule(kind: str, path: str, value: Any) -> str:
    """Why this value would be refused, "" where nothing is known against it. `path` is dotted, without indexes."""
    rule = _RULES.get((kind, path))
    if rule is None or rule[0](value):
        return ""
    return rule[1]
