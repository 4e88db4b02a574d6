"""`gardener clusters` shows first what is most urgent."""

import json
from datetime import UTC, datetime, timedelta

from click.testing import CliRunner
from seed import seed_clusters

from processor.cli import cli
from processor.model import Severity
from sinks.sqlite.store import SqliteStore


def test_the_most_urgent_and_then_the_most_frequent_come_first(tmp_path):
    now = datetime.now(UTC) - timedelta(minutes=5)
    store = SqliteStore(str(tmp_path / "garden.db"))
    seed_clusters(store, now, ["aa"], 3, severity=Severity.WARNING)
    seed_clusters(store, now, ["bb"], 5)
    seed_clusters(store, now, ["cc"], 90)
    seed_clusters(store, now, ["dd"], 2, severity=Severity.WARNING)
    store.close()

    done = CliRunner().invoke(cli, ["clusters", "--json", "--state", f"sqlite:{tmp_path}/garden.db"])

    assert [one["id"] for one in json.loads(done.output)] == ["cc", "bb", "aa", "dd"]
