"""The alerts, as policies of Cloud Monitoring; terraform/alerts.tf reads the same table.

Promises: every alert of processor/app/setup/alerts.json becomes a policy with a single condition. Pure except for
reading the table from the package; knows no project and sends nothing.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import Any, Final

_BAD: Final = ("ERROR", "CRITICAL", "ALERT", "EMERGENCY")


def policies(name: str) -> dict[str, dict[str, Any]]:
    """Return AlertPolicy JSON, by the alert's name.

    Args:
        name: prefix of the installation's resources.
    """
    table: dict[str, dict[str, Any]] = json.loads(
        resources.files("processor.app.setup").joinpath("alerts.json").read_text("utf-8")
    )
    return {key: (_log_policy if alert["kind"] == "log" else _policy)(alert, name) for key, alert in table.items()}


def own_errors(name: str) -> str:
    """Return the filter for our own lines of ERROR or worse, from the table of actions."""
    actions: dict[str, dict[str, str]] = json.loads(
        resources.files("processor.app.setup").joinpath("actions.json").read_text("utf-8")
    )
    bad = [f'"{action}"' for action, row in sorted(actions.items()) if row["severity"] in _BAD]
    where = f'(resource.labels.worker_pool_name="{name}-worker" OR resource.labels.service_name="{name}-web")'
    return f"severity>=ERROR AND jsonPayload.log_gardener.action=({' OR '.join(bad)}) AND {where}"


def _log_policy(alert: dict[str, Any], name: str) -> dict[str, Any]:
    labels = {"action": "EXTRACT(jsonPayload.log_gardener.action)"}
    condition = {"filter": own_errors(name), "labelExtractors": labels}
    return {
        "displayName": f"{name}: {alert['title']}",
        "combiner": "OR",
        "severity": alert["severity"],
        "conditions": [{"displayName": alert["title"], "conditionMatchedLog": condition}],
        "documentation": {"content": alert["documentation"].replace("{name}", name), "mimeType": "text/markdown"},
        "alertStrategy": {"notificationRateLimit": {"period": "3600s"}, "autoClose": "86400s"},
    }


def _policy(alert: dict[str, Any], name: str) -> dict[str, Any]:
    of = alert["of"].replace("{name}", name)
    aggregation = {"alignmentPeriod": "300s", "perSeriesAligner": alert["aligner"]}
    condition: dict[str, Any] = {
        "filter": f'resource.type="{alert["resource"]}" AND resource.labels.{alert["label"]}="{of}"'
        f' AND metric.type="{alert["metric"]}"',
        "duration": alert["duration"],
        "aggregations": [aggregation],
    }
    if alert["kind"] == "threshold":
        condition |= {"comparison": "COMPARISON_GT", "thresholdValue": alert["threshold"]}
        kind = "conditionThreshold"
    else:
        # a series per response code; only all of them together count as absent
        aggregation["crossSeriesReducer"] = "REDUCE_SUM"
        kind = "conditionAbsent"
    return {
        "displayName": f"{name}: {alert['title']}",
        "combiner": "OR",
        "severity": alert["severity"],
        "conditions": [{"displayName": alert["title"], kind: condition}],
        "documentation": {
            "content": alert["documentation"].replace("{name}", name),
            "mimeType": "text/markdown",
        },
        "alertStrategy": {"autoClose": "86400s"},
    }
