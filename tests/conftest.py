"""Fixtures that every kind of test uses."""

import contextlib
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

with contextlib.suppress(ImportError):  # the installation of the lowest versions is without it
    from hypothesis import settings

    # Speed lives in bench/: an example that takes longer on a busy machine is no failure.
    # In CI the examples are the same each time, so that a failure there comes from the change; elsewhere they are new.
    settings.register_profile("untimed", deadline=None, derandomize="CI" in os.environ)
    settings.load_profile("untimed")

# pytest-xdist gives its processes the size of a screen that they do not have.
for _name in ("COLUMNS", "LINES"):
    os.environ.pop(_name, None)

ROOT = Path(__file__).resolve().parents[1]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="session")
def shared_data():
    """The real input that lies beside the project, where it does."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"real input is not here: {folder.parent.name}/{folder.name} beside the project")
    return folder


@pytest.fixture
def gardener(tmp_path):
    """Run the command line in an empty folder; gives the completed process."""

    def run(*arguments, stdin=None, env=None, check=True):
        done = subprocess.run(
            [sys.executable, "-m", "processor", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})},
            check=False,
            timeout=120,
        )
        assert not check or done.returncode == 0, done.stderr.decode()
        return done

    return run


@pytest.fixture
def entry_json():
    """Build one log entry as Cloud Run would write it."""

    def build(text="it broke", **fields):
        entry = {
            "insertId": "a1",
            "logName": "projects/p/logs/run.googleapis.com%2Fstderr",
            "timestamp": "2025-09-14T05:00:00.5Z",
            "severity": "ERROR",
            "resource": {
                "type": "cloud_run_revision",
                "labels": {"project_id": "p", "service_name": "shop", "revision_name": "shop-00001-abc"},
            },
            "textPayload": text,
        }
        entry.update(fields)
        return json.dumps({name: value for name, value in entry.items() if value is not None}).encode()

    return build
