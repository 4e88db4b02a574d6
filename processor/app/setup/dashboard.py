"""Cloud Monitoring's dashboard of an installation, made from the tables of alerts and of metrics.

Promises: every alert on a metric of Google's has a chart with its threshold, every metric of telemetry one after it.
processor/app/setup/dashboard.json is what `template` returns, for terraform/dashboard.tf; scripts/render_docs.py
writes it. Pure; sends nothing.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from processor.app import telemetry
from processor.app.setup.gcloud import Installation, gcloud

if TYPE_CHECKING:
    from collections.abc import Iterator

    from processor.app.telemetry import Metric

_COLUMNS: Final = 12
_WIDTH: Final = 6
_HEIGHT: Final = 4


def commands(about: Installation) -> Iterator[str]:
    """Yield the command that makes the dashboard."""
    config = json.dumps(template()).replace("{name}", about.name)
    yield gcloud("monitoring", "dashboards", "create", project=about.project, config=config)


def template() -> dict[str, Any]:
    """Return the dashboard as Cloud Monitoring's JSON; {name} stands for the installation's name."""
    table: dict[str, dict[str, Any]] = json.loads(
        resources.files("processor.app.setup").joinpath("alerts.json").read_text("utf-8")
    )
    widgets = [_alert(alert) for alert in table.values() if "metric" in alert]
    widgets += [_metric(metric) for metric in telemetry.METRICS]
    tiles = [
        {
            "xPos": _WIDTH * (place % (_COLUMNS // _WIDTH)),
            "yPos": _HEIGHT * (place // (_COLUMNS // _WIDTH)),
            "width": _WIDTH,
            "height": _HEIGHT,
            "widget": widget,
        }
        for place, widget in enumerate(widgets)
    ]
    return {"displayName": "{name}", "mosaicLayout": {"columns": _COLUMNS, "tiles": tiles}}


def query(metric: Metric) -> str:
    """Return the PromQL of a metric: a counter's rate, a histogram's 95th percentile, a gauge for each worker."""
    if metric.kind == "counter":
        by = f" by ({', '.join(metric.labels)})" if metric.labels else ""
        return f"sum{by} (rate({metric.name}_total[5m]))"
    if metric.kind == "histogram":
        return f"histogram_quantile(0.95, sum by (le) (rate({metric.name}_bucket[5m])))"
    return metric.name


def _alert(alert: dict[str, Any]) -> dict[str, Any]:
    """A chart of the metric that an alert watches, with the line that it must not cross."""
    found = f'resource.type="{alert["resource"]}" AND resource.labels.{alert["label"]}="{alert["of"]}"'
    aggregation = {"alignmentPeriod": "300s", "perSeriesAligner": alert.get("aligner", "ALIGN_DELTA")}
    if alert["kind"] == "absence":
        aggregation["crossSeriesReducer"] = "REDUCE_SUM"
    filtered = {"filter": f'{found} AND metric.type="{alert["metric"]}"', "aggregation": aggregation}
    chart = _chart({"timeSeriesFilter": filtered})
    if alert["kind"] == "threshold":
        chart["thresholds"] = [{"value": alert["threshold"]}]
    return {"title": alert["title"], "xyChart": chart}


def _metric(metric: Metric) -> dict[str, Any]:
    return {"title": f"{metric.name}: {metric.help}", "xyChart": _chart({"prometheusQuery": query(metric)})}


def _chart(series: dict[str, Any]) -> dict[str, Any]:
    return {"dataSets": [{"timeSeriesQuery": series, "plotType": "LINE"}]}
