"""The log sink's filter and exclusions, as `gardener setup` prints them; terraform/sink.tf renders the same text.

Promises: what it forwards includes everything that `processor.ingest.pipeline.is_ignored` would keep of an entry that
reaches a log router; tests/terraform/test_sink_filter.py evaluates both on the same entries. Pure but for
reading its words from the package.
"""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable


_JOBS: Final = (
    'protoPayload.methodName="jobservice.jobcompleted"',
    "protoPayload.metadata.jobChange:*",
    "protoPayload.serviceData.jobCompletedEvent:*",
)
_FAILED_JOBS: Final = f"severity>=ERROR AND ({' OR '.join(_JOBS)})"
"""The one kind of data access that somebody has to hear of."""


def render(*, min_severity: str = "WARNING", extra_plain_text_logs: Iterable[str] = ()) -> str:
    """What the sink exports, in the Logging query language: NOT binds first, then OR, then AND."""
    words = _words()
    logs = " OR ".join(f'log_id("{name}")' for name in sorted({*words["plain_text_logs"], *extra_plain_text_logs}))
    levels = words["payload_levels"]
    without_severity = [
        f'(({logs}) AND textPayload=~"{"|".join(words["plain_text_patterns"])}")',
        *(f'{field}=~"{levels["pattern"]}"' for field in levels["fields"]),
        f"jsonPayload.level=({' OR '.join(str(number) for number in levels['numbers'])})",
        "httpRequest.status>=400",
    ]
    return f"severity>={min_severity} OR (severity=DEFAULT AND ({' OR '.join(without_severity)}))"


def exclusions(*, project: str, name: str, exclude_http_4xx: bool = False) -> dict[str, str]:
    """What the sink leaves out, by name: an exclusion beats the filter.

    Args:
        project: the project that runs Log Gardener.
        name: prefix of its resources.
        exclude_http_4xx: leave out request logs with status 400 to 499.
    """
    queues = f'("{name}-worker" OR "{name}-dead")'
    resources_of_ours = " OR ".join(
        (
            f'(resource.type="cloud_run_worker_pool" AND resource.labels.worker_pool_name="{name}-worker")',
            f'(resource.type="cloud_run_revision" AND resource.labels.service_name="{name}-web")',
            f'(resource.type="dataflow_step" AND resource.labels.job_name=~"^{name}-dataflow")',
            f'(resource.type="pubsub_topic" AND resource.labels.topic_id=("{name}-entries" OR "{name}-dead"))',
            f'(resource.type="pubsub_subscription" AND resource.labels.subscription_id={queues})',
        )
    )
    parts = ("worker", "web", "dataflow")
    accounts = " OR ".join(f'"{name}-{part}@{project}.iam.gserviceaccount.com"' for part in parts)
    own_logs = (
        f'(resource.labels.project_id="{project}" AND ({resources_of_ours}))',
        f'(resource.type="logging_sink" AND resource.labels.name="{name}")',
        f"protoPayload.authenticationInfo.principalEmail=({accounts})",
    )
    data_access = f'log_id("cloudaudit.googleapis.com/data_access") AND NOT ({_FAILED_JOBS})'
    found = {"data-access": data_access, "own-logs": " OR ".join(own_logs)}
    if exclude_http_4xx:
        found["http-4xx"] = "httpRequest.status>=400 AND httpRequest.status<500"
    return found


def _words() -> dict[str, Any]:
    words: dict[str, Any] = json.loads(
        resources.files("processor.app.setup").joinpath("sink_filter.json").read_text("utf-8")
    )
    return words
