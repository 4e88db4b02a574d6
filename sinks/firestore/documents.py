"""Cluster documents and the smaller ones as Firestore fields, and back. For the fields, see docs/state.md."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from google.cloud import firestore
from msgspec import Struct

from processor.model import (
    SCHEMA_VERSION,
    ExceptionInfo,
    Kind,
    Rejected,
    Sample,
    Severity,
    Span,
    Stream,
    TemplateRecord,
    Totals,
    WorkerState,
)
from sinks import triage_json
from sinks.firestore.delta import at, hour_path, key, micros
from sinks.firestore.errors import check_schema
from sinks.firestore.reads import fields_of
from sinks.stored_cluster import StoredCluster

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from processor.model import Checkpoint, Triage

MODEL_FIELDS: Final = (
    "schema",
    "stream",
    "seed",
    "template",
    "merged_into",
    "overflow",
    "literal",
    "grouping",
    "rev",
    "seq",
)
"""Fields from which a model is rebuilt; no other field of a cluster document is read for it."""


class StreamDoc(Struct, frozen=True):
    """A stream's document: its revision, and its update time for compare-and-set."""

    stream: Stream
    rev: int
    update_time: Any


def name(text: str) -> str:
    """Return any text as a document's name; an id stays unchanged."""
    quoted = quote(text, safe="", errors="replace")[:1000]
    return f"={quoted}" if not quoted or quoted.startswith((".", "__")) else quoted


def stream_id(stream: Stream) -> str:
    """Return the name of a stream's document; its parts may hold any character."""
    return blake2b(stream.key.encode("utf-8", "replace"), digest_size=12).hexdigest()


def stream_of(fields: Mapping[str, Any]) -> Stream:
    """Return the stream written by `stream_fields`."""
    return Stream(fields["project"], fields["service"], Kind(fields["kind"]))


def stream_fields(stream: Stream) -> dict[str, str]:
    """Return the fields of a stream, for people and for rebuilding the model."""
    return {"project": stream.project, "service": stream.service, "kind": str(stream.kind)}


def head(snapshot: Any) -> StreamDoc:
    """Return a stream's document as read."""
    return StreamDoc(stream_of(snapshot.get("stream")), snapshot.get("rev"), snapshot.update_time)


def record(cluster_id: str, fields: Mapping[str, Any]) -> TemplateRecord:
    """Return the model's part of a cluster document."""
    return TemplateRecord(
        cluster_id,
        fields["seed"],
        fields["template"],
        fields["merged_into"],
        fields["overflow"],
        fields["literal"],
        fields.get("grouping", 1),
    )


def placed(snapshot: Any) -> tuple[Stream, int, int, TemplateRecord]:
    """Return (stream, revision, order of creation, record) of a cluster document. Raises `StateError`."""
    fields = fields_of(snapshot)
    check_schema(fields, snapshot.reference.path)
    return stream_of(fields["stream"]), fields["rev"], fields["seq"], record(snapshot.id, fields)


def model_fields(one: TemplateRecord, stream: Stream, *, rev: int, seq: int) -> dict[str, Any]:
    """Return the fields of these; `seq` is the order of creation within the stream."""
    return {
        "schema": SCHEMA_VERSION,
        "stream": stream_fields(stream),
        "stream_id": stream_id(stream),
        "seed": one.seed,
        "template": one.template,
        "merged_into": one.merged_into,
        "overflow": one.overflow,
        "literal": one.literal,
        "grouping": one.grouping,
        "rev": rev,
        "seq": seq,
        "updated_at": firestore.SERVER_TIMESTAMP,
    }


def cluster(cluster_id: str, fields: Mapping[str, Any]) -> StoredCluster:
    """Return a whole cluster document."""
    first, last = fields.get("first_seen"), fields.get("last_seen")
    return StoredCluster(
        record=record(cluster_id, fields),
        stream=stream_of(fields["stream"]),
        count=fields.get("count", 0),
        first_seen=None if first is None else at(first),
        last_seen=None if last is None else at(last),
        sample=sample(fields["sample"]) if fields.get("sample") else None,
        latest=tuple(sample(one) for one in fields.get("latest", {}).values()),
        ranks=tuple(fields.get("ranks", ())),
        fragments=fields.get("fragments", 0),
        values=_breakdown(fields.get("values", {})),
        severities={Severity(int(name)): n for name, n in fields.get("severities", {}).items()},
        minutes={
            60 * int(hour) + int(minute): n
            for hour, minutes in fields.get("minutes", {}).items()
            for minute, n in minutes.items()
        },
        hours={int(hour): n for hour, n in fields.get("hours", {}).items()},
        days={int(day): n for day, n in fields.get("days", {}).items()},
        facets=_breakdown(fields.get("facets", {})),
        revisions={
            name[1:]: Span(span["n"], at(span["first"]), at(span["last"]))
            for name, span in fields.get("revisions", {}).items()
        },
    )


def count_fields(stored: StoredCluster) -> dict[str, Any]:
    """Return all counts as whole fields."""
    if stored.sample is None or stored.first_seen is None or stored.last_seen is None:
        return {}
    minutes: dict[str, dict[str, int]] = {}
    for minute, n in stored.minutes.items():
        _, hour, within = hour_path(minute)
        minutes.setdefault(hour, {})[within] = n
    return {
        "count": stored.count,
        "first_seen": micros(stored.first_seen),
        "last_seen": micros(stored.last_seen),
        "fragments": stored.fragments,
        "sample": sample_fields(stored.sample),
        "latest": {latest_key(one): sample_fields(one) for one in stored.latest},
        "ranks": list(stored.ranks),
        "severities": {str(int(severity)): n for severity, n in stored.severities.items()},
        "minutes": minutes,
        "hours": {str(hour): n for hour, n in stored.hours.items()},
        "days": {str(day): n for day, n in stored.days.items()},
        "facets": _breakdown_fields(stored.facets),
        "values": _breakdown_fields(stored.values),
        "revisions": {
            key(name): {"n": span.entries, "first": micros(span.first_seen), "last": micros(span.last_seen)}
            for name, span in stored.revisions.items()
        },
        "updated_at": firestore.SERVER_TIMESTAMP,
    }


def sample(fields: Mapping[str, Any]) -> Sample:
    """Return a sample."""
    exception = fields.get("exception")
    return Sample(
        insert_id=fields["insert_id"],
        at=at(fields["at"]),
        text=fields["text"],
        raw=fields["raw"],
        exception=ExceptionInfo(**exception) if exception else None,
        rank=fields.get("rank", 0),
    )


def sample_fields(one: Sample) -> dict[str, Any]:
    """Return the fields of a sample."""
    fields = {"insert_id": one.insert_id, "at": micros(one.at), "text": one.text, "raw": one.raw, "rank": one.rank}
    return fields if one.exception is None else {**fields, "exception": one.exception._asdict()}


def latest_key(one: Sample) -> str:
    """Return the key of a last sample: every writer has its own keys, so an earlier entry overwrites none."""
    return f"t{micros(one.at)}_{one.rank}"


def between(fields: Mapping[str, Any]) -> list[Sample]:
    """Return the samples of a cluster between its first and last."""
    return [sample(one) for one in fields.get("samples", {}).values()]


def between_fields(put: Iterable[Sample], dropped: Iterable[int]) -> dict[str, Any]:
    """Return the changes to these samples, to be merged."""
    changed: dict[str, Any] = {f"r{one.rank}": sample_fields(one) for one in put}
    changed |= {f"r{rank}": firestore.DELETE_FIELD for rank in dropped}
    return {"schema": SCHEMA_VERSION, "samples": changed, "updated_at": firestore.SERVER_TIMESTAMP}


def _breakdown(fields: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    return {name[1:]: {value[1:]: n for value, n in values.items()} for name, values in fields.items()}


def _breakdown_fields(values: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    return {key(name): {key(value): n for value, n in counts.items()} for name, counts in values.items()}


def worker_fields(checkpoint: Checkpoint, version: str) -> dict[str, Any]:
    """Return the changes of a checkpoint to its worker's document, to be merged."""
    totals = checkpoint.totals
    lag = max(((checkpoint.at - delta.last_seen).total_seconds() for delta in checkpoint.deltas), default=0.0)
    return {
        "schema": SCHEMA_VERSION,
        "name": checkpoint.worker,
        "heartbeat_at": checkpoint.at,
        "version": version,
        "lag_s": max(lag, 0.0),
        "totals": {
            "counted": firestore.Increment(totals.counted),
            "duplicates": firestore.Increment(totals.duplicates),
            "rejected": firestore.Increment(totals.rejected),
            "ignored": firestore.Increment(totals.ignored),
        },
        "updated_at": firestore.SERVER_TIMESTAMP,
    }


def worker(snapshot: Any) -> WorkerState:
    """Return a worker's document."""
    fields = fields_of(snapshot)
    return WorkerState(
        fields["name"], _plain(fields["heartbeat_at"]), fields["version"], Totals(**fields["totals"]), fields["lag_s"]
    )


def rejected_fields(one: Rejected, expire_at: datetime) -> dict[str, Any]:
    """Return the fields of a quarantined message."""
    return {
        "schema": SCHEMA_VERSION,
        "reason": one.reason,
        "raw": one.raw,
        "size": one.size,
        "source": one.source,
        "offset": one.offset,
        "at": one.at,
        "expire_at": expire_at,
    }


def rejected(snapshot: Any) -> Rejected:
    """Return a quarantined message."""
    fields = fields_of(snapshot)
    return Rejected(
        id=snapshot.id,
        reason=fields["reason"],
        raw=fields["raw"],
        size=fields["size"],
        source=fields["source"],
        offset=fields["offset"],
        at=_plain(fields["at"]),
    )


def triage(snapshot: Any) -> Triage:
    """Return a decision."""
    return triage_json.load(snapshot.get("decision"), snapshot.get("rev"))


def _plain(when: datetime) -> datetime:
    """Return a plain `datetime`: the library's own subclass carries nanoseconds and prints differently."""
    return at(micros(when))
