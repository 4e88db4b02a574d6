"""What the Dockerfile says, done in a clean directory: its context, its COPY lines, the script it calls, its user."""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from image import TOP, USER, in_context, instructions, others_may_read, run


@pytest.fixture
def data(image_root):
    """The image's /data."""
    folder = image_root.parents[1] / "data"
    folder.mkdir(exist_ok=True)
    if others_may_read(image_root):
        os.chown(folder, USER, USER)
    yield folder
    shutil.rmtree(folder)


def test_the_context_holds_nothing_that_the_build_does_not_copy():
    assert not in_context("tests/terraform/conftest.py")
    assert not in_context(".git/config")
    assert not in_context(".env")
    assert not in_context("terraform/terraform.tfvars")
    assert not in_context("processor/__pycache__/cli.cpython-311.pyc")
    assert in_context("processor/sources/file.py")


def test_the_image_runs_as_a_numbered_user_from_a_named_base_with_a_health_check():
    assert instructions("USER") == [f"{USER}:{USER}"]
    base, *stages = instructions("FROM")
    assert re.fullmatch(r"python:3\.11(\.\d+)?-slim-[a-z]+(@sha256:[0-9a-f]{64})? AS base", base)
    assert stages == ["base AS build", "base"]
    assert instructions("ENTRYPOINT") == ['["gardener"]']
    (check,) = instructions("HEALTHCHECK")
    command = json.loads(check.split("CMD ", 1)[1])
    assert command[:2] == ["python", "-c"]
    ast.parse(command[2])


def test_the_library_of_the_base_is_compiled_as_far_as_a_command_needs_it(tmp_path):
    (line,) = [one for one in instructions("RUN") if "compileall" in one]
    assert line in (TOP / "Dockerfile.beam").read_text("utf-8").replace("\\\n", " ")
    env = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "PYTHONPYCACHEPREFIX": str(tmp_path)}
    subprocess.run(["bash", "-c", line], env=env, check=True)
    program = """
import sys, sysconfig
from importlib.util import cache_from_source
from processor.cli import main
try:
    main()
finally:
    library = sysconfig.get_path("stdlib")
    files = [one.__file__ for one in list(sys.modules.values()) if getattr(one, "__file__", None)]
    ours = [one for one in files if one.startswith(library) and one.endswith(".py") and "site-packages" not in one]
    print(*(cache_from_source(one) for one in ours), sep="\\n", file=sys.stderr)
"""
    listed = subprocess.run(
        [sys.executable, "-c", program, "assign", "examples/export.json"],
        cwd=TOP,
        env={**env, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    needed = [Path(one) for one in listed.stderr.split()]

    assert len(needed) > 100
    assert [one for one in needed if not one.exists()] == []


def test_the_build_refuses_a_directory_that_exists(image_context, tmp_path):
    done = subprocess.run(
        ["scripts/build-image-root", tmp_path], cwd=image_context, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "give a directory that does not" in done.stderr


def test_the_program_starts(image_root, data):
    done = run(image_root, "gardener", "--version", cwd=data)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("gardener, version ")


def test_the_main_job_writes_to_data_only(image_root, data):
    shutil.copy(TOP / "examples" / "export.json", data / "export.json")
    before = {path: path.stat().st_mtime_ns for path in image_root.rglob("*")}
    done = run(image_root, "gardener", "replay", "export.json", "--state", "sqlite:garden.db", "--json", cwd=data)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["counted"] > 0
    assert {path: path.stat().st_mtime_ns for path in image_root.rglob("*")} == before


def test_the_extras_that_production_needs_import(image_root, data):
    modules = "google.cloud.firestore, google.cloud.pubsub_v1, httpx2, jwt, starlette, uvicorn, jinja2"
    done = run(image_root, "python", "-c", f"import {modules}", cwd=data)
    assert done.returncode == 0, done.stderr


def test_the_tables_that_are_not_code_are_in_the_package(image_root, data):
    wanted = [
        path.relative_to(TOP).as_posix()
        for package in ("processor", "sinks")
        for path in sorted((TOP / package).rglob("*"))
        if path.suffix in {".json", ".toml", ".sql", ".html", ".css"}
    ]
    program = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(run(image_root, "python", "-c", program, cwd=data).stdout.strip())
    assert [name for name in wanted if not (site / name).exists()] == []


def test_the_image_is_small_and_holds_no_installer_and_no_trace_of_where_it_was_built(image_root):
    files = [path for path in image_root.rglob("*") if path.is_file() and not path.is_symlink()]
    assert sum(path.stat().st_size for path in files) < 130 * 1024 * 1024
    site = next((image_root / "lib").glob("python3*/site-packages"))
    assert not (site / "pip").exists()
    assert [path for path in files if path.name == "direct_url.json"] == []


def contents(root, kind):
    components = json.loads((root / "sbom.cdx.json").read_text("utf-8"))["components"]
    return [one for one in components if one["purl"].startswith(f"pkg:{kind}/")]


def test_the_list_of_contents_names_python_and_the_system(image_root):
    (python,) = contents(image_root, "generic")
    assert python["name"] == "python"
    assert python["version"].startswith("3.")
    if not Path("/var/lib/dpkg/status").exists():
        pytest.skip("no Debian, so there is no list of its packages")
    system = contents(image_root, "deb")
    assert {"libc6", "openssl"} <= {one["name"] for one in system}
    assert all(one["version"] and "?arch=" in one["purl"] for one in system)


def test_the_list_of_contents_is_the_lock_and_the_program(image_root):
    components = contents(image_root, "pypi")
    lock = (TOP / "requirements" / "run.txt").read_text("utf-8")
    locked = set(re.findall(r"^([\w.-]+)==", lock, re.MULTILINE))
    assert {one["name"].lower().replace("_", "-") for one in components} == {
        name.lower().replace("_", "-") for name in locked
    } | {"log-gardener"}
