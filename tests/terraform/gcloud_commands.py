"""gcloud commands taken apart, and compared with the commands and flags that gcloud itself carries for completion."""

from __future__ import annotations

import importlib.util
import re
import shlex
import shutil
from pathlib import Path
from typing import Any, NamedTuple


class Command(NamedTuple):
    """A command taken apart by a shell's rules, substitutions left as they are."""

    words: tuple[str, ...]
    flags: dict[str, list[str]]

    @property
    def verb(self) -> str:
        return " ".join(word for word in self.words if re.fullmatch(r"[a-z-]+", word))

    @property
    def name(self) -> str:
        return self.words[-1]

    def one(self, flag: str) -> str:
        (value,) = self.flags[flag]
        return value


def parsed(command: str) -> Command:
    first, *rest = shlex.split(command)
    assert first == "gcloud"
    return taken_apart(rest)


def taken_apart(arguments: list[str]) -> Command:
    words = tuple(word for word in arguments if not word.startswith("--"))
    flags: dict[str, list[str]] = {}
    for word in arguments:
        if word.startswith("--"):
            flag, _, value = word[2:].partition("=")
            flags.setdefault(flag, []).append(value)
    return Command(words, flags)


def command_tree() -> dict[str, Any] | None:
    """Needs no account; None where there is no gcloud."""
    gcloud = shutil.which("gcloud")
    tree_file = Path(gcloud).resolve().parents[1] / "data" / "cli" / "gcloud_completions.py" if gcloud else None
    if tree_file is None or not tree_file.exists():
        return None
    spec = importlib.util.spec_from_file_location("gcloud_completions", tree_file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    tree: dict[str, Any] = module.STATIC_COMPLETION_CLI_TREE
    return tree


def assert_known(command: Command, tree: dict[str, Any]) -> None:
    node = tree
    for word in command.words:
        if word not in node.get("commands", {}):
            break
        node = node["commands"][word]
    assert not node.get("commands"), f"not a command: {command.words}"
    for flag in command.flags:
        spelt = {f"--{flag}", f"--{flag.removeprefix('no-')}"}
        assert spelt & {"--project", "--format", *node["flags"]}, f"{' '.join(command.words)}: --{flag}"
