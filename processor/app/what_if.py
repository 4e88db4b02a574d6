"""The composition root of `gardener what-if`: a configuration and a file -> the result."""

from __future__ import annotations

import json
from io import BytesIO
from typing import TYPE_CHECKING

from msgspec.structs import replace

from processor.app.publishing import make_masker
from processor.app.wiring import make_miners, make_policy, make_worker, open_source
from processor.ingest import assign as assigning
from processor.model import Triage
from processor.triage.what_if import outlook

if TYPE_CHECKING:
    from processor.app.config import Settings
    from processor.triage.what_if import Outlook


def make_outlook(settings: Settings) -> Outlook:
    """Return the settings' result for a file: clusters, assignment, issues. The state has to be in memory."""
    parts, policy, written = make_worker(settings), make_policy(settings), BytesIO()
    parts.worker.run()
    parts.source.close()
    clusters = parts.store.clusters()
    parts.store.close()
    source = open_source(settings)
    assigning.write(source, written, store=None, miners=make_miners(settings), masker=make_masker(settings))
    source.close()
    rows = map(json.loads, written.getvalue().splitlines())
    entries = {row["insert_id"]: row["cluster_id"] for row in rows}
    bare = [replace(cluster, triage=Triage()) for cluster in clusters]
    now = max((cluster.last_seen for cluster in clusters), default=parts.clock.now()) + max(policy.dwell.values())
    return outlook(bare, entries, policy, now)
