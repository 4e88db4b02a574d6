"""The image without a container engine: its build context, its COPY and RUN lines, its user, in a directory."""

from __future__ import annotations

import os
import shutil
import subprocess
from fnmatch import fnmatch
from pathlib import Path

TOP = Path(__file__).parents[2]
DOCKERFILE = (TOP / "Dockerfile").read_text("utf-8")
USER = 65532


def instructions(name: str) -> list[str]:
    joined = DOCKERFILE.replace("\\\n", " ")
    return [line.removeprefix(f"{name} ") for line in joined.splitlines() if line.startswith(f"{name} ")]


def in_context(path: str) -> bool:
    """Whether .dockerignore lets a path through: the last rule that matches it or a folder above it decides."""
    inside = True
    for line in (TOP / ".dockerignore").read_text("utf-8").splitlines():
        rule = line.removeprefix("!")
        if not rule or rule.startswith("#"):
            continue
        parts = path.split("/")
        above = ["/".join(parts[:depth]) for depth in range(1, len(parts) + 1)]
        anywhere = rule.removeprefix("**/")
        names = parts if anywhere != rule else above
        if any(fnmatch(name, anywhere) for name in names):
            inside = line.startswith("!")
    return inside


def copied(source: Path) -> Path:
    """The files that a build would be sent, and of those what COPY takes, as the build stage sees them."""
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=TOP,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    sent = [path for path in tracked if in_context(path) and (TOP / path).is_file()]
    for line in instructions("COPY"):
        if line.startswith("--from"):
            continue
        *wanted, target = line.split()
        for name in wanted:
            taken = [path for path in sent if path == name or path.startswith(f"{name}/")]
            assert taken, f"COPY {name}: not in the build context"
            for path in taken:
                place = source / (path if not target.endswith("./") else Path(path).name)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(TOP / path, place)
    return source


def built(context: Path) -> Path:
    """The image's /opt/gardener, made by the line that the Dockerfile runs."""
    (command,) = [line for line in instructions("RUN") if "build-image-root" in line]
    target = context.parent / "opt" / "gardener"
    words = [str(target) if word == "/opt/gardener" else word for word in command.split()]
    done = subprocess.run(words, cwd=context, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return target


def others_may_read(root: Path) -> bool:
    """Whether this is root, and both the image and the Python below it are open to everyone, as in the image."""
    python = (root / "bin" / "python").resolve()
    if os.getuid() != 0 or not all(part.stat().st_mode & 0o005 == 0o005 for part in python.parents):
        return False
    for part in (root, *root.parents[:-2]):
        part.chmod(0o755)
    return True


def run(root: Path, *words: str, cwd: Path, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program of the image with nothing of this environment; as the image's user where that is possible."""
    as_user: dict[str, int] = {"user": USER, "group": USER} if others_may_read(root) else {}
    return subprocess.run(
        [root / "bin" / words[0], *words[1:]],
        cwd=cwd,
        env={"PATH": f"{root}/bin", "PYTHONDONTWRITEBYTECODE": "1", **(env or {})},
        capture_output=True,
        text=True,
        check=False,
        extra_groups=[] if as_user else None,
        **as_user,
    )
