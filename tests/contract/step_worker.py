"""A worker taken apart: each step of the loop by itself, so that two of them can be interleaved at will."""

import json
from datetime import UTC, datetime, timedelta

from processor.ingest import pipeline
from processor.mining.grouper import Grouper
from processor.mining.masker import Masker
from processor.mining.miners import Miners
from processor.model import ReceivedMessage, Severity
from processor.model.errors import Transient

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def message(text="it broke", number=0, *, at=NOW, severity="ERROR", service="shop", **fields):
    """One entry; `number` makes it another entry, the same number is the same entry."""
    entry = {
        "insertId": f"i{number}",
        "logName": "projects/p/logs/stderr",
        "timestamp": at.isoformat(),
        "severity": severity,
        "resource": {
            "type": "cloud_run_revision",
            "labels": {"project_id": "p", "service_name": service, "revision_name": "shop-00001-abc"},
        },
        "textPayload": text,
        **fields,
    }
    return ReceivedMessage(json.dumps(entry).encode(), f"m{number}")


def messages(text, count, *, first=0, **fields):
    """Entries that differ in their number only."""
    return [message(text, first + number, **fields) for number in range(count)]


class StepWorker:
    """One worker: a store, a model, and the steps between them."""

    def __init__(self, store, name="w1"):
        self.store = store
        self.miners = Miners()
        self.masker = Masker()
        self.name = name

    def look(self, received, *, now=NOW):
        """Everything up to the commit: the checkpoint."""
        self.miners.refresh(self.store.load_model(self.miners.revs))
        batch = pipeline.decode(received, min_severity=Severity.WARNING, now=now + timedelta(hours=1))
        seen = self.store.seen([identity for identity, _ in batch.entries])
        return pipeline.digest(batch, seen, self.miners, Grouper(self.masker), worker=self.name, now=now)

    def put(self, checkpoint):
        """Commit it; forget what was learned if it is refused."""
        try:
            committed = self.store.commit(checkpoint)
        except Transient:
            self.miners.rollback()
            raise
        self.miners.confirm(committed.revs)
        return committed

    def work(self, received, *, now=NOW, tries=200):
        """Count these, however often it takes."""
        for left in reversed(range(tries)):
            try:
                return self.put(self.look(received, now=now))
            except Transient:
                if not left:
                    raise
        return None
