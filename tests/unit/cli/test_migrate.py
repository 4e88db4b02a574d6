"""`gardener migrate`: an older state is brought up to date, once, and can be looked at first."""

import json
import sqlite3
from pathlib import Path

import pytest
from click.testing import CliRunner

from processor.cli import cli

OLD = Path(__file__).parents[2] / "golden" / "state" / "version-1.sql"


@pytest.fixture
def state(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    db = sqlite3.connect("state.db")
    db.executescript(OLD.read_text("utf-8"))
    db.close()
    return "sqlite:state.db"


def migrate(*options):
    result = CliRunner().invoke(cli, ["migrate", *options])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_a_dry_run_says_what_would_change_and_changes_nothing(state):
    assert "16 clusters would be grouped again" in migrate("--state", state, "--dry-run")
    assert json.loads(migrate("--state", state, "--dry-run", "--json"))["looked_at"] == 16


def test_it_is_done_once(state):
    first = json.loads(migrate("--state", state, "--json"))

    assert (first["looked_at"], first["dry_run"]) == (16, False)
    assert migrate("--state", state) == "sqlite:state.db is up to date\n"


def test_a_state_that_is_not_there_is_not_made(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(cli, ["migrate", "--state", "sqlite:none.db"])

    assert result.exit_code != 0
    assert list(tmp_path.iterdir()) == []
