"""`gardener show` as read at night: what, how it stands, since when and how bad now; nothing that says nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner
from msgspec.structs import replace
from oncall_state import commit_all

from processor.cli import cli
from sinks.sqlite.store import SqliteStore

CAUSE = "ConnectionError: db-7 refused the connection to the ledger of all shops in the region"


@pytest.fixture
def show(tmp_path):
    def run(name, clusters, age=timedelta(), regressions=0):
        store = SqliteStore(str(tmp_path / "g.db"))
        commit_all(store, datetime.now(UTC) - age, clusters)
        if regressions:
            store.put_triage(name, replace(store.cluster(name).triage, regressions=regressions))
        store.close()
        done = CliRunner().invoke(
            cli, ["show", name, "--state", f"sqlite:{tmp_path}/g.db"], env={"COLUMNS": "80", "TERM": "dumb"}
        )
        assert done.exit_code == 0, done.output
        return [" ".join(line.split()) for line in done.output.splitlines()]

    return run


def test_what_broke_and_how_it_stands_come_first_with_times_from_now(show):
    lines = show("disk", [("disk", [3, 4, 70, 4000], {"template": "Disk full", "text": "Disk full"})], regressions=2)

    assert lines[1:3] == ["template Disk full", "status back, came back 2 times, priority not set"]
    assert "count 4 entries" in lines
    assert "last hour 2 entries, 1 in the hour before" in lines
    assert any(line.startswith("last seen") and "UTC, 3 min ago, in shop-00001-abc" in line for line in lines)
    assert not any(line.startswith(("variants", "aliases")) for line in lines)


def test_an_old_export_has_no_last_hour_and_its_incident_does_not_go_on_now(show):
    ages = [20, 20, 20, 19, 19]
    clusters = [(n, ages, {"text": f"{w}{CAUSE}", "service": n}) for n, w in (("s1", ""), ("s2", "a: "), ("s3", "b: "))]
    lines = show("s1", clusters, age=timedelta(days=400))

    assert lines[0].startswith("incident ConnectionError: db-7")
    assert "status going on when last seen, open, priority not set" in lines
    assert not any(line.startswith("last hour") for line in lines)
    assert [line for line in lines if line.startswith("s2 ")] == ["s2 - open 5 it broke s2"]


def test_each_cluster_of_an_incident_is_one_line(show):
    ages = [20, 20, 20, 19, 19]
    words = (("s1", ""), ("s2", "cannot save the cart of the visitor: "), ("s3", "b: "))
    clusters = [(n, ages, {"template": f"{w}{CAUSE}", "text": f"{w}{CAUSE}", "service": n}) for n, w in words]
    lines = show("s1", clusters)

    (member,) = [line for line in lines if line.startswith("s2 ")]
    assert member.startswith("s2 - open 5 cannot save the cart of the visitor: Conn")
    assert member.endswith("…")
