"""What Dataflow is given: the image's file, the launcher's entry, the template's parameters."""

import importlib.metadata
import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import click
import pytest

from processor.cli.beam import beam

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = (ROOT / "Dockerfile.beam").read_text("utf-8")
PARAMETERS = json.loads((ROOT / "terraform" / "dataflow_template.json").read_text("utf-8"))["parameters"]
FLAGS = {option.name: option for option in beam.params if isinstance(option, click.Option)}


def test_the_image_has_one_version_of_beam():
    locked = re.findall(r"^apache-beam==(\S+)", (ROOT / "requirements" / "beam.txt").read_text("utf-8"), re.MULTILINE)

    assert [importlib.metadata.version("apache-beam")] == locked
    assert re.findall(r"apache/beam_python3\.11_sdk:(\S+)", DOCKERFILE) == locked


def test_beam_and_the_worker_mine_with_the_same_drain3():
    pins = [
        re.findall(r"^drain3==[\w.]+", (ROOT / "requirements" / name).read_text("utf-8"), re.MULTILINE)
        for name in ("run.txt", "beam.txt", "dev.txt")
    ]

    assert pins[0] == pins[1] == pins[2] != []


def test_what_the_image_copies_is_sent_to_its_build():
    sent = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    lines = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)

    for name in " ".join(lines).split():
        assert (ROOT / name).exists(), name
        assert f"!{name}" in sent, name


def test_every_parameter_of_the_template_is_a_flag_and_its_pattern_admits_what_the_flag_does():
    examples = {
        "source": "pubsub:projects/p/subscriptions/s",
        "state": "firestore:p/garden",
        "min_severity": "WARNING",
        "window_seconds": str(FLAGS["window_seconds"].default),
        "ledger_lanes": "256",
    }

    assert {one["name"] for one in PARAMETERS} == set(examples) == set(FLAGS) - {"config"}
    for one in PARAMETERS:
        assert re.fullmatch(one["regexes"][0], examples[one["name"]])


def test_the_launcher_runs_the_command_with_the_jobs_parameters(tmp_path):
    """Spelt with underlines, as Beam spells its own options, which go along."""
    export = ROOT / "examples" / "export.json"
    arguments = [f"--source=file:{export}", f"--state=sqlite:{tmp_path}/g.db", "--min_severity=ERROR"]
    script = ROOT / re.search(r"^COPY (scripts/\S+) /template/", DOCKERFILE, re.MULTILINE)[1]
    done = subprocess.run(
        [sys.executable, script, *arguments, "--window_seconds=5", "--job_name=garden", "--max_num_workers=2"],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    flag = runpy.run_path(str(script))["flag"]

    assert flag("--max_num_workers=2") == "--max_num_workers=2"
    assert (tmp_path / "g.db").exists()


@pytest.mark.parametrize(
    "module", ["processor.app.beam", "sinks.firestore.store", "drain3.drain", "apache_beam.io.gcp.pubsub"]
)
def test_what_the_pipeline_needs_is_installed(module):
    __import__(module)
