"""The module, initialised and applied once for all tests."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from deployment import STACKS, TOP, VENV, Stack, Workspace, applied
from emulators import firestore_emulator, pubsub_emulator
from image import built, copied

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["firestore_emulator", "pubsub_emulator"]


@pytest.fixture(scope="session")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    missing = ""
    if shutil.which("terraform") is None:
        missing = "there is no terraform on PATH"
    elif not (VENV / "ready").exists():
        missing = "scripts/check-terraform --setup has not run"
    if missing and os.environ.get("CI"):
        pytest.fail(missing)
    if missing:
        pytest.skip(missing)
    top = tmp_path_factory.mktemp("deployment")
    for table in (TOP / "sinks" / "firestore" / "schema.json", *(TOP / "processor" / "app" / "setup").glob("*.json")):
        path = top / table.relative_to(TOP)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(table, path)
    left_by_people = shutil.ignore_patterns(".terraform*", "*.tfstate*", "terraform.tfvars")
    shutil.copytree(TOP / "terraform", top / "terraform", ignore=left_by_people)
    here = Workspace(top / "terraform")
    here.terraform("init", "-backend=false", "-input=false")
    return here


@pytest.fixture(scope="session")
def stacks(workspace: Workspace) -> dict[str, Stack]:
    return {name: applied(workspace, name) for name in STACKS}


@pytest.fixture(scope="session")
def image_context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copied(tmp_path_factory.mktemp("build") / "src")


@pytest.fixture(scope="session")
def image_root(image_context: Path) -> Path:
    return built(image_context)
