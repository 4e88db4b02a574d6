"""The stacks, applied by the real terraform to the stand-in provider: what a deployment would consist of."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

TOP = Path(__file__).parents[2]
VENV = TOP / ".venv-terraform"
STACKS = ("project", "folder", "organization", "dataflow", "existing", "keys")
NEWEST = "8.7.0"


@dataclass(frozen=True, slots=True)
class Workspace:
    """A copy of the module, initialised against the stand-in."""

    directory: Path

    def terraform(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run terraform here. Raises an assertion with its output unless it succeeds or `check` is False."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("TF_")}
        environment |= {
            "CHECKPOINT_DISABLE": "1",
            "TF_CLI_ARGS": "-no-color",
            "TF_CLI_CONFIG_FILE": str(VENV / f"terraformrc-{NEWEST}"),
            "TF_IN_AUTOMATION": "1",
        }
        done = subprocess.run(
            ["terraform", *words], cwd=self.directory, env=environment, capture_output=True, text=True, check=False
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done


@dataclass(frozen=True, slots=True)
class Stack:
    """One applied stack: its resources as (type, name, values), and its outputs."""

    resources: tuple[tuple[str, str, dict[str, Any]], ...]
    outputs: Mapping[str, Any]

    def of(self, kind: str, name: str | None = None) -> list[dict[str, Any]]:
        """Values of every instance of a type, or of one resource."""
        return [values for found, label, values in self.resources if found == kind and name in {None, label}]


def applied(workspace: Workspace, name: str) -> Stack:
    """Apply one of tests/terraform/stacks, and read its state."""
    variables = Path(__file__).parent / "stacks" / f"{name}.tfvars"
    state = f"-state={name}.tfstate"
    workspace.terraform("apply", "-auto-approve", "-input=false", f"-var-file={variables}", state)
    shown = json.loads(workspace.terraform("show", "-json", f"{name}.tfstate").stdout)["values"]
    return Stack(
        resources=tuple(
            (one["type"], one["name"], one["values"])
            for one in shown["root_module"]["resources"]
            if one["mode"] == "managed"
        ),
        outputs={key: about["value"] for key, about in shown["outputs"].items()},
    )
