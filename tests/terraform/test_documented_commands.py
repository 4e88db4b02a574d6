"""The commands of the documentation, run as they stand there: block after block, in one shell, in an empty directory.

`gardener` is the real one, on the emulators. What needs an account is a stand-in that notes its arguments; those of
gcloud are compared with gcloud's own list of commands and flags, those of terraform with the module.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from deployment import TOP
from gcloud_commands import assert_known, command_tree, taken_apart
from google.pubsub_v1 import PublisherClient, SubscriberClient, types
from queues import point_at

from processor.sources.pubsub.rpc import make_client

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = "my-log-gardener"
STAND_IN = """#!{python}
import json, os, sys
name, given = os.path.basename(sys.argv[0]), sys.argv[1:]
with open(os.environ["NOTED"], "a") as file:
    file.write(json.dumps([name, *given]) + "\\n")
said = " ".join([name, *given])
for part, answer in {answers!r}.items():
    if part in said:
        sys.stdout.write(open(answer[1:]).read() if answer.startswith("@") else answer + "\\n")
        break
"""
DIGEST = "sha256:" + "0" * 64
ANSWERS = {
    "value(projectNumber)": "123456789012",
    "value(writerIdentity)": "serviceAccount:writer@example.com",
    "value(image_summary.digest)": DIGEST,
    "channels list": f"projects/{PROJECT}/notificationChannels/1",
    "--format=json": f"@{TOP}/examples/export.json",
    "rev-parse": "abc1234",
}
# What never ends by itself; each is held by a test of its own.
ENDLESS = {
    "gardener serve": "tests/browser",
    "gardener top": "tests/e2e/test_top.py",
    "tail -f": "tests/contract/test_source.py",
    "follow": "tests/contract/test_source.py",
    "gardener run --source pubsub:projects/P/": "tests/e2e/test_pubsub_worker.py",
}
TERRAFORM = {"init", "apply", "output", "destroy", "state", "import"}


def blocks(page: str) -> str:
    """Everything that a reader is told to type, without what never ends."""
    text = (TOP / page).read_text("utf-8")
    lines = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL)).splitlines()
    return "\n".join(line for line in lines if not any(part in line for part in ENDLESS))


@pytest.fixture
def cloud(firestore_emulator, pubsub_emulator, monkeypatch):
    """The queue that the pages name, with some entries in it and in its dead letters."""
    point_at(pubsub_emulator, monkeypatch)
    point_at(firestore_emulator, monkeypatch)
    publisher, subscriber = make_client(PublisherClient), make_client(SubscriberClient)
    topics = {part: f"projects/{PROJECT}/topics/log-gardener-{part}" for part in ("entries", "dead")}
    names = {part: f"projects/{PROJECT}/subscriptions/log-gardener-{part}" for part in ("worker", "dead")}
    for topic in topics.values():
        publisher.create_topic(name=topic)
    policy = types.DeadLetterPolicy(dead_letter_topic=topics["dead"], max_delivery_attempts=100)
    both = {"ack_deadline_seconds": 300}
    subscriber.create_subscription(
        request=types.Subscription(name=names["worker"], topic=topics["entries"], dead_letter_policy=policy, **both)
    )
    subscriber.create_subscription(request=types.Subscription(name=names["dead"], topic=topics["dead"], **both))
    entries = json.loads((TOP / "examples" / "export.json").read_text("utf-8"))
    bodies = [*(json.dumps(one).encode() for one in entries[:20]), b"no entry"]
    publisher.publish(topic=topics["dead"], messages=[types.PubsubMessage(data=body) for body in bodies])
    yield
    for name in names.values():
        subscriber.delete_subscription(subscription=name)
    for topic in topics.values():
        publisher.delete_topic(topic=topic)


class Desk:
    """An empty directory with the programs that the pages use."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.noted = folder / "desk", folder / "noted"
        programs = self.folder / ".venv" / "bin"
        programs.mkdir(parents=True)
        self.noted.touch()
        for name in ("gcloud", "terraform", "git", "make"):
            self._program(programs / name, STAND_IN.format(python=sys.executable, answers=ANSWERS))
        self._program(programs / "gardener", f'#!/bin/sh\nexec "{sys.executable}" -m processor "$@"\n')
        (self.folder / "terraform").mkdir()
        shutil.copy(TOP / "terraform" / "terraform.tfvars.example", self.folder / "terraform")

    @staticmethod
    def _program(path: Path, text: str) -> None:
        path.write_text(text, "utf-8")
        path.chmod(0o755)

    def type(self, script: str) -> None:
        """Run it to its end; the first command that fails ends it."""
        done = subprocess.run(
            ["bash", "-euxo", "pipefail", "-c", script],
            cwd=self.folder,
            env={
                **os.environ,
                "NOTED": str(self.noted),
                "PATH": f"{self.folder}/.venv/bin:{os.environ['PATH']}",
                "PYTHONPATH": str(TOP),
            },
            input="token\n" * 9,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert done.returncode == 0, "\n".join([*done.stderr.splitlines()[-15:], *done.stdout.splitlines()[-15:]])

    def calls(self, program: str) -> list[list[str]]:
        noted = map(json.loads, self.noted.read_text("utf-8").splitlines())
        return [words[1:] for words in noted if words[0] == program]


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def check_calls(desk: Desk) -> None:
    """What the stand-ins were asked for exists."""
    tree = command_tree()
    for call in desk.calls("gcloud") if tree else ():
        assert_known(taken_apart(call), tree)
    outputs = re.findall(r'^output "(\w+)"', (TOP / "terraform" / "outputs.tf").read_text("utf-8"), re.MULTILINE)
    for call in desk.calls("terraform"):
        place, verb, *rest = call
        assert (place, verb in TERRAFORM) == ("-chdir=terraform", True), call
        assert verb != "output" or rest[-1] in outputs
        for address in (word for word in rest if word.startswith("google_")):
            kind, name = address.split("[")[0].split(".")
            assert any(f'resource "{kind}" "{name}"' in path.read_text("utf-8") for path in TOP.glob("terraform/*.tf"))
    targets = re.findall(r"^([a-z-]+):", (TOP / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert {word for call in desk.calls("make") for word in call} <= set(targets)


def test_deploying_as_the_page_says(desk, cloud):
    desk.type(blocks("docs/deploy.md"))

    check_calls(desk)
    chosen = (desk.folder / "terraform" / "terraform.tfvars").read_text("utf-8")
    image = f"europe-west1-docker.pkg.dev/{PROJECT}/log-gardener/gardener@{DIGEST}"
    assert re.search(rf'^project_id += "{PROJECT}"$', chosen, re.MULTILINE)
    assert re.findall(r'^image += "(.*)"$', chosen, re.MULTILINE) == [image]
    assert len(desk.calls("gcloud")) > 60, "what setup printed was run as well"
    assert [call for call in desk.calls("gcloud") if "worker-pools" in call and f"--image={image}" in call]


@pytest.mark.skipif(not shutil.which("sqlite3"), reason="sqlite3 is not here: apt-get install sqlite3")
def test_operating_as_the_page_says(desk, cloud):
    shutil.copy(TOP / "examples" / "export.json", desk.folder)
    shutil.copy(TOP / "terraform" / "terraform.tfvars.example", desk.folder / "terraform" / "terraform.tfvars")
    desk.type(f"gardener replay export.json\n{blocks('docs/operate.md')}")

    check_calls(desk)
    assert len(desk.calls("gcloud")) >= 25


@pytest.mark.parametrize("page", ["README.md", "docs/worklog.md"])
def test_on_a_laptop_as_the_page_says(desk, page):
    shutil.copy(TOP / "examples" / "export.json", desk.folder)
    (desk.folder / "app.log").write_text("2026-05-12 10:00:00 ERROR cannot reach the ledger\n", "utf-8")
    first = "mkdir run\ngardener replay export.json\ngardener replay export.json --state sqlite:run/garden.db\n"
    script = blocks(page).replace(
        "show ID", "show \"$(gardener clusters --json | grep -o '[0-9a-f]\\{12\\}' | head -1)\""
    )
    desk.type(first + script)

    check_calls(desk)


def test_every_line_that_is_left_out_is_in_a_page_and_held_elsewhere():
    pages = "".join((TOP / page).read_text("utf-8") for page in ("README.md", "docs/worklog.md", "docs/oncall.md"))
    for part, held in ENDLESS.items():
        assert part in pages
        assert (TOP / held).exists()


def test_each_alert_has_a_runbook_and_each_runbook_an_alert():
    alerts = json.loads((TOP / "processor" / "app" / "setup" / "alerts.json").read_text("utf-8"))
    headings = re.findall(r"^### `([\w-]+)`: (.+)$", (TOP / "docs" / "operate.md").read_text("utf-8"), re.MULTILINE)

    assert headings == [(name, alert["title"]) for name, alert in alerts.items()]
