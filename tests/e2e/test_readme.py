"""README shows what the program prints."""

import re
from pathlib import Path

from processor.app.demo import story

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def blocks():
    return re.findall(r"```text\n(.*?)```", README, re.DOTALL)


def test_the_table_is_what_a_replay_of_the_example_prints(gardener):
    (shown,) = [block for block in blocks() if block.startswith("ID ")]
    done = gardener(
        "replay", ROOT / "examples" / "export.json", "--state", "sqlite:run/garden.db",
        "--issues", "folder:run/issues", env={"COLUMNS": "110"},
    )  # fmt: skip
    printed = re.sub(r"^\S+ -m processor ", ".venv/bin/gardener ", done.stdout.decode(), flags=re.MULTILINE)

    assert [line.rstrip() for line in printed.splitlines()] == shown.splitlines()


def test_the_story_is_what_the_demo_tells():
    (told,) = [block for block in blocks() if block.startswith("0:00 ")]

    assert told.splitlines() == [f"{act.at_s // 60}:{act.at_s % 60:02}  {act.says}" for act in story.ACTS]
