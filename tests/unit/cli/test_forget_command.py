"""`gardener forget`: asks, deletes from state and folder, says what it cannot reach, and leaves a trail."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from processor.cli import cli

NAME = "Marlene Kowalczyk"


@pytest.fixture
def miners(tmp_path, monkeypatch):
    """A state and a folder of issues in which somebody is named."""
    monkeypatch.chdir(tmp_path)
    start = datetime(2026, 1, 10, 9, tzinfo=UTC)
    with (tmp_path / "log.ndjson").open("w", encoding="utf-8") as out:
        for n in range(40):
            text = f"{NAME} lost the cart" if n % 2 else "disk is full"
            entry = {
                "insertId": f"i{n}",
                "logName": "projects/p/logs/stderr",
                "timestamp": (start + timedelta(seconds=20 * n)).isoformat(),
                "severity": "ERROR",
                "resource": {"type": "cloud_run_revision", "labels": {"project_id": "p", "service_name": "shop"}},
                "textPayload": text,
            }
            out.write(json.dumps(entry) + "\n")
        out.write(f"not json, {NAME}\n")
    run("replay", "log.ndjson", "--state", "sqlite:s.db", "--issues", "folder:issues")
    return tmp_path


def run(*words, code=0, **options):
    result = CliRunner().invoke(cli, list(words), **options)
    assert result.exit_code == code, result.output
    return result.output


def named_in(folder):
    found = [path for path in folder.rglob("*") if path.is_file() and path.name != "log.ndjson"]
    return [path.name for path in found if NAME.encode() in path.read_bytes()]


def test_a_text_is_in_no_file_afterwards_and_the_trail_says_that_it_was_asked_for(miners):
    assert {"s.db"} <= {name.removesuffix("-wal") for name in named_in(miners)}
    where = ("--state", "sqlite:s.db", "--issues", "folder:issues")
    asked = run("forget", "--text", NAME.upper(), *where, "--dry-run")
    assert "1 clusters gone" in asked
    assert "1 quarantined messages" in asked
    assert named_in(miners)
    run("forget", "--text", NAME, *where, code=1, input="n\n")
    assert named_in(miners)
    run("forget", "--text", NAME, *where, "--yes")

    assert named_in(miners) == []
    clusters = json.loads(run("clusters", "--state", "sqlite:s.db", "--json"))
    assert [one["template"] for one in clusters] == ["disk is full"]


def test_a_cluster_goes_with_its_issue_file(miners):
    clusters = json.loads(run("clusters", "--state", "sqlite:s.db", "--json"))
    full = next(one for one in clusters if one["template"] == "disk is full")
    where = ("--state", "sqlite:s.db", "--issues", "folder:issues")
    run("forget", "--cluster", full["id"], *where, "--yes")

    assert not [path for path in (miners / "issues").rglob("*.md") if "disk is full" in path.read_text("utf-8")]
    assert len(json.loads(run("clusters", "--state", "sqlite:s.db", "--json"))) == len(clusters) - 1


@pytest.mark.parametrize("words", [(), ("--text", "ab"), ("--text", "  ")])
def test_what_would_be_in_everything_is_refused(miners, words):
    assert "--text" in run("forget", *words, "--state", "sqlite:s.db", "--yes", code=2)
