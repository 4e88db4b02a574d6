"""Put clusters of any size into a store, as if entries had been counted."""

import secrets
from datetime import timedelta

from processor.model import (
    Checkpoint,
    ClusterDelta,
    Identity,
    Kind,
    Sample,
    Seen,
    Severity,
    Stream,
    TemplateChanges,
    TemplateRecord,
    Totals,
)

STREAM = Stream("p", "shop", Kind.TEXT)
AGE = timedelta(minutes=10)


def seed_clusters(store, now, ids, count, *, template="it broke", age=AGE, severity=Severity.ERROR, stream=STREAM):
    """Count `count` entries in every cluster of `ids`, spread evenly over `age` up to `now`."""
    models = {model.stream: model for model in store.load_model({})}
    known = {record.id for record in models[stream].records} if stream in models else set()
    new = tuple(TemplateRecord(name, f"{template} {name}", f"{template} {name}") for name in ids if name not in known)
    rev = models[stream].rev if stream in models else 0
    times = [now - age * (count - 1 - at) / max(count - 1, 1) for at in range(count)]
    minutes = {}
    for at in times:
        minutes[int(at.timestamp()) // 60] = minutes.get(int(at.timestamp()) // 60, 0) + 1
    fresh = tuple(Identity(int(now.timestamp()), secrets.token_bytes(16)) for _ in range(count * len(ids)))
    deltas = tuple(
        ClusterDelta(
            id=name,
            stream=stream,
            count=count,
            first_seen=times[0],
            last_seen=times[-1],
            sample=Sample("i", times[0], f"{template} {name}", "{}"),
            severities={severity: count},
            minutes=minutes,
            facets={},
            revisions={},
        )
        for name in ids
    )
    changes = (TemplateChanges(stream, rev, new),) if new else ()
    totals = Totals(counted=len(fresh))
    store.commit(Checkpoint("sowing", now, fresh, Seen(frozenset()), deltas, changes, (), totals))
