"""A wheel built from the checkout and installed elsewhere works: templates, default configuration and all."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def tracked(*folders):
    listed = subprocess.run(["git", "ls-files", *folders], cwd=ROOT, capture_output=True, text=True, check=True)
    return {name for name in listed.stdout.splitlines() if (ROOT / name).exists()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    folder = tmp_path_factory.mktemp("wheel")
    # From a copy of what git tracks: setuptools would leave, and later pack, a build/ folder in the checkout.
    for name in tracked("."):
        (folder / "source" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / "source" / name)
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", folder, folder / "source"]
    subprocess.run(build, check=True, capture_output=True)
    (found,) = folder.glob("log_gardener-*.whl")
    return found


def test_everything_that_is_not_python_but_tracked_is_in_the_wheel(wheel):
    inside = set(zipfile.ZipFile(wheel).namelist())

    share = tracked("processor/cli/share")
    assert tracked("processor", "sinks") - share <= inside


def test_completion_and_manual_page_are_installed_where_shells_and_man_look(wheel):
    inside = zipfile.ZipFile(wheel)
    installed = {name.split(".data/data/", 1)[1]: name for name in inside.namelist() if ".data/data/" in name}

    assert set(installed) == {
        "share/man/man1/gardener.1",
        "share/bash-completion/completions/gardener",
        "share/zsh/site-functions/_gardener",
        "share/fish/vendor_completions.d/gardener.fish",
    }
    assert b"GARDENER_COMPLETE" in inside.read(installed["share/bash-completion/completions/gardener"])
    assert inside.read(installed["share/man/man1/gardener.1"]).startswith(b".TH GARDENER 1")


def test_the_installed_program_does_the_main_job(wheel, tmp_path):
    target = tmp_path / "site"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target, wheel]
    subprocess.run(install, check=True, capture_output=True)
    env = {**os.environ, "PYTHONPATH": str(target)}

    def run(*arguments):
        command = [sys.executable, "-P", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=True).stdout

    where = run("-c", "import processor, sinks; print(processor.__file__, sinks.__file__)")
    summary = json.loads(
        run("-m", "processor", "replay", str(ROOT / "examples" / "export.json"), "--state", "sqlite:g.db", "--json")
    )

    assert where.count(str(target)) == 2
    assert (summary["ingested"], summary["counted"]) == (50, 50)
