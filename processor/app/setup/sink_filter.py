"""The log sink's filter and exclusions, as `gardener setup` prints them; terraform/sink.tf renders the same text.

Promises: the filter forwards every entry that `processor.ingest.pipeline.is_ignored` would keep of those that reach a
log router; tests/terraform/test_sink_filter.py evaluates both on the same entries. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from processor.app.setup.sink_words import words

if TYPE_CHECKING:
    from collections.abc import Iterable


_JOBS: Final = (
    'protoPayload.methodName="jobservice.jobcompleted"',
    "protoPayload.metadata.jobChange:*",
    "protoPayload.serviceData.jobCompletedEvent:*",
)
_FAILED_JOBS: Final = f"severity>=ERROR AND ({' OR '.join(_JOBS)})"
"""The only kind of data access log that needs attention."""


def render(
    *, min_severity: str = "WARNING", extra_plain_text_logs: Iterable[str] = (), stdout_lines: bool = True
) -> str:
    """Return the sink's filter in the Logging query language: NOT binds first, then OR, then AND.

    Args:
        min_severity: least severity that is exported unchanged.
        extra_plain_text_logs: further log ids in which lines without a severity are searched.
        stdout_lines: search the lines of stdout for their own level, also if an agent marks them all INFO.
    """
    found = words()
    left_out = set() if stdout_lines else {log for log in found["plain_text_logs"] if log.endswith("stdout")}
    logs = _logs({*found["plain_text_logs"], *extra_plain_text_logs} - left_out)
    levels = found["payload_levels"]
    stated = " OR ".join(
        (
            *(f'{field}=~"{levels["pattern"]}"' for field in levels["fields"]),
            *(f"{field}{comparison}" for field, comparison in levels["numbers"].items()),
        )
    )
    message, system, line, trace = (
        "|".join(found[f"{name}_patterns"]) for name in ("payload", "system", "line", "trace")
    )
    in_streams = f"(severity=INFO AND ({_logs(found['stream_logs'])}))"
    unclear = f"(severity=DEFAULT OR {in_streams})" if stdout_lines else "severity=DEFAULT"
    without_severity = (
        *(f'{field}=~"{message}"' for field in found["payload_texts"]),
        *(f'{field}=~"{system}"' for field in found["system_texts"]),
        "httpRequest.status>=400",
        "protoPayload.status.code>0",
    )
    in_text = f'(severity=DEFAULT AND textPayload=~"{trace}") OR ({unclear} AND textPayload=~"{line}")'
    parts = (
        f"severity>={min_severity}",
        f"(({logs}) AND ({in_text}))",
        f"(severity=DEFAULT AND ({' OR '.join(without_severity)}))",
        f"({unclear} AND ({stated}))",
    )
    return " OR ".join(parts)


def _logs(names: Iterable[str]) -> str:
    return " OR ".join(f'log_id("{name}")' for name in sorted(names))


def exclusions(*, project: str, name: str, exclude_http_4xx: bool = False) -> dict[str, str]:
    """Return the sink's exclusions, by name: an exclusion overrides the filter.

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
