"""`gardener setup --print`: a shell script on standard output, everything else on stderr."""

import subprocess

import pytest

from processor.app.setup.commands import commands
from processor.app.setup.gcloud import Installation

DIGEST = "europe-west1-docker.pkg.dev/garden-project/log-gardener/gardener@sha256:" + "0" * 64
FLAGS = (
    ("--service", "garden"),
    ("--region", "us-central1"),
    ("--parent", "folders/42"),
    ("--repository", "o/r"),
    ("--image", DIGEST),
    ("--alert-email", "one@example.com"),
    ("--viewer", "group:a@example.com"),
    ("--viewer", "user:b@example.com"),
    ("--on-call", "*@sre.example.com"),
)


def test_it_prints_what_setup_commands_says_with_every_flag_handed_on(gardener):
    done = gardener("setup", "--print", "--project", "garden-project", *(word for pair in FLAGS for word in pair))

    assert done.stdout.decode().splitlines() == commands(
        Installation(
            project="garden-project",
            region="us-central1",
            name="garden",
            parent="folders/42",
            repository="o/r",
            image=DIGEST,
            alert_email="one@example.com",
            viewers=("group:a@example.com", "user:b@example.com"),
            on_call=("*@sre.example.com",),
        )
    )
    assert done.stderr.decode().splitlines() == ["to fill in: TOKEN_FILE, the file that holds the GitHub token"]


def test_what_is_printed_is_a_script_that_a_shell_can_read(gardener):
    script = gardener("setup", "--print", "--project", "garden-project").stdout
    read = subprocess.run(["bash", "-n"], input=script, capture_output=True, check=False)

    assert (read.returncode, read.stderr) == (0, b"")
    assert all(line.startswith(b"gcloud ") for line in script.splitlines())


def test_what_is_not_given_is_said_on_stderr_and_stands_in_the_script(gardener):
    done = gardener("setup", "--print", "--project", "garden-project")
    names = [line.split(",")[0].removeprefix("to fill in: ") for line in done.stderr.decode().splitlines()]

    assert names == ["OWNER/REPO", "IMAGE", "TOKEN_FILE"]
    assert all(name in done.stdout.decode() for name in names)


# Each row: arguments, what the sentence on stderr must hold.
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        # nothing is ever run, so that has to be asked for
        (["--project", "garden-project"], "add --print"),
        # there is no guessing whose project it is
        (["--print"], "--project"),
        # what Google would refuse, we refuse, with the form
        (["--print", "--project", "Miners"], "project 'Miners' is not a project id"),
        (["--print", "--project", "garden-project", "--parent", "folder/1"], "folders/NUMBER"),
        (["--print", "--project", "garden-project", "--on-call", "$(reboot)"], "is not an address"),
    ],
)
def test_a_wrong_call_prints_no_command_and_says_why(gardener, arguments, sentence):
    done = gardener("setup", *arguments, check=False)

    assert done.returncode == 2
    assert done.stdout == b""
    assert sentence in done.stderr.decode()
