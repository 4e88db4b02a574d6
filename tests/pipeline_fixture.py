"""The whole pipeline in one process with the time held still: entries in, clusters and issues in a folder out."""

import json
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

from processor.ingest.worker import Worker
from processor.issues.controller import Limits, Reconciler
from processor.issues.plan import IssueSettings
from processor.issues.publish import Wording
from processor.mining.masker import Masker
from processor.mining.miners import Miners
from processor.model import ReceivedMessage
from processor.triage import rules
from sinks.folder import FolderTracker
from sinks.redact import redact
from sinks.sqlite.store import SqliteStore

START = datetime(2026, 1, 5, tzinfo=UTC)


class StillClock:
    """Time passes only when a test or a pause says so."""

    def __init__(self, at=START):
        self.at = at

    def now(self):
        return self.at

    def sleep(self, seconds):
        self.at += timedelta(seconds=seconds)


class Lines:
    """A source over entries that are there already."""

    def __init__(self, lines):
        self.left = [ReceivedMessage(line, f"m{number}") for number, line in enumerate(lines)]

    def pull(self, max_messages, timeout_s):  # all is there already
        part, self.left = self.left[:max_messages], self.left[max_messages:]
        return part

    def ack(self, messages):
        pass

    def release(self, messages):
        pass

    def exhausted(self):
        return not self.left

    def close(self):
        pass


class PipelineFixture:
    """A store, a folder of issues and the worker's parts between them; `take` is one run over some entries."""

    def __init__(self, state=":memory:", issues=None, *, at=START, auto_close=False, bounded=True, issues_per_hour=400):
        self.clock = StillClock(at)
        self.store = SqliteStore(state)
        self.tracker = FolderTracker(str(issues), clock=self.clock) if issues else None
        masker = Masker()
        self.settings = IssueSettings(rules.make(), Wording(redact, masker.mask), auto_close=auto_close)
        self.limits, self.bounded = Limits(issues_per_hour=issues_per_hour), bounded
        self.reconciler = self.another()

    def another(self):
        """One more controller over the same store and tracker, as another worker has."""
        return Reconciler(
            self.store,
            self.tracker,
            settings=self.settings,
            clock=self.clock,
            name="worker",
            limits=self.limits,
            bounded=self.bounded,
        )

    def take(self, lines, *, tend=True):
        """Count these entries as they come; then look after the issues."""
        source = Lines(lines)
        times = [json.loads(message.data)["timestamp"] for message in source.left]
        self.clock.at = max([self.clock.at, *map(datetime.fromisoformat, times)])
        Worker(source, self.store, miners=Miners(), masker=Masker(), clock=self.clock, name="worker").run()
        if tend:
            self.tend()

    def tend(self):
        """One turn of the controller."""
        self.reconciler.turn(final=True)

    def issues(self):
        """Every issue, by number."""
        return {issue.ref.number: issue for issue in self.tracker.listing("", None)}

    def clusters(self):
        """Every cluster, the first seen first."""
        return sorted(self.store.clusters(), key=lambda one: (one.first_seen, one.id))


def entry(text, at, *, severity="ERROR", service="shop", revision="shop-00001", instance="i1", number=0, **fields):
    """One entry of Cloud Run; text, time and number make its identity."""
    return {
        "insertId": f"{blake2b(text.encode(), digest_size=8).hexdigest()}-{number}",
        "logName": "projects/p/logs/run.googleapis.com%2Fstderr",
        "timestamp": at.isoformat().replace("+00:00", "Z"),
        "severity": severity,
        "labels": {"instanceId": instance},
        "resource": {
            "type": "cloud_run_revision",
            "labels": {"project_id": "p", "service_name": service, "revision_name": revision},
        },
        "textPayload": text,
        **fields,
    }


def lines(entries):
    """Entries as a source delivers them, in the order of their times."""
    return [json.dumps(one).encode() for one in sorted(entries, key=lambda one: one["timestamp"])]
