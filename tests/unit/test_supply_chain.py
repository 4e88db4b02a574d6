"""The audit names what it should, and the locks pass it."""

import importlib.util
import re
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]


def loaded():
    loader = SourceFileLoader("audit", str(TOP / "scripts" / "audit"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("audit", loader))
    loader.exec_module(module)
    return module


ADVISORY = {"id": "CVE-0", "package": "some-thing", "since": "1.2", "below": "1.10.1", "what": "x"}


@pytest.mark.parametrize(
    ("package", "version", "has_fault"),
    [
        ("some-thing", "1.2", True),
        ("Some_Thing", "1.9.9", True),
        ("some.thing", "1.10", True),
        ("some-thing", "1.10.1", False),
        ("some-thing", "1.1.9", False),
        ("some-thing", "2.0", False),
        ("other", "1.5", False),
    ],
)
def test_a_pin_is_held_against_the_versions_of_an_advisory(package, version, has_fault):
    assert bool(list(loaded().faults([(package, version)], [ADVISORY]))) is has_fault


def test_a_pin_is_read_with_its_extras_and_hashes():
    text = "a-b==1.0 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n    # via c\nc[d]==2.0.1\n# e==3\n"
    assert loaded().pins(text) == [("a-b", "1.0", True), ("c", "2.0.1", False)]


def test_no_lock_and_no_lowest_version_has_a_known_fault():
    done = subprocess.run([sys.executable, TOP / "scripts" / "audit"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_actions_of_the_workflow_are_named_by_commit():
    """A tag can be moved to other code; the comment says which version the commit is."""
    uses = re.findall(r"uses: *(.+)", (TOP / ".github" / "workflows" / "check.yml").read_text("utf-8"))

    assert len(uses) >= 5
    assert [one for one in uses if not re.fullmatch(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}  # v\d+\.\d+\.\d+", one)] == []
