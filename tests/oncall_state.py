"""Clusters to look at, put into a store the way a worker would: through `Store.commit`."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import count

from processor.model import (
    Checkpoint,
    ClusterDelta,
    Identity,
    Kind,
    Sample,
    Severity,
    Span,
    Stream,
    TemplateChanges,
    TemplateRecord,
    Totals,
)

_SERIAL = count(1)


def commit(store, now, cluster_id, ages, **what):
    """Count one entry of the cluster per age (minutes before `now`); the cluster is made where it is not there."""
    commit_all(store, now, [(cluster_id, ages, what)])


def commit_all(store, now, wanted, *, worker="worker-1", totals=None):
    """Many clusters in one checkpoint; what: service, template, text, severity, kind, revision, facets, raw."""
    deltas = [_delta(now, cluster_id, ages, **what) for cluster_id, ages, what in wanted]
    fresh = tuple(
        Identity(int(now.timestamp()), next(_SERIAL).to_bytes(16, "big"))
        for delta in deltas
        for _ in range(delta.count)
    )
    models = {model.stream: model for model in store.load_model({})}
    known = {record.id for model in models.values() for record in model.records}
    records = {}
    for delta, (cluster_id, _, what) in zip(deltas, wanted, strict=True):
        if cluster_id not in known:
            template = what.get("template", f"it broke {cluster_id}")
            records.setdefault(delta.stream, []).append(
                TemplateRecord(cluster_id, f"{template} {cluster_id}", template)
            )
    changes = tuple(
        TemplateChanges(stream, models[stream].rev if stream in models else 0, tuple(new))
        for stream, new in records.items()
    )
    totals = totals or Totals(counted=len(fresh))
    at = datetime.now(UTC)
    store.commit(Checkpoint(worker, at, fresh, store.seen(fresh), tuple(deltas), changes, (), totals))


def _delta(now, cluster_id, ages, **what):
    times = sorted(now - timedelta(minutes=age) for age in ages)
    severity = what.get("severity", Severity.ERROR)
    text = what.get("text", f"it broke {cluster_id} 7 times")
    revision = what.get("revision", "shop-00001-abc")
    return ClusterDelta(
        id=cluster_id,
        stream=Stream("p", what.get("service", "shop"), what.get("kind", Kind.TEXT)),
        count=len(times),
        first_seen=times[0],
        last_seen=times[-1],
        sample=Sample(f"i-{cluster_id}", times[0], text, what.get("raw", '{"textPayload": "it broke"}')),
        severities={severity: len(times)},
        minutes=dict(Counter(int(at.timestamp()) // 60 for at in times)),
        facets={name: {value: len(times)} for name, value in what.get("facets", {"route": "/cart"}).items()},
        revisions={revision: Span(len(times), times[0], times[-1])} if revision else {},
    )
