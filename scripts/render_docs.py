"""Write the parts of docs/ that come from the code: every command's help and every setting.

`python scripts/render_docs.py` rewrites them, with `--check` it only says whether they are as the code says.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import entries_page
from pydantic import SecretStr

from processor.app.config import Settings
from processor.app.setup.dashboard import template
from processor.app.setup.sink_words import words
from processor.cli import cli, shell
from processor.views.web.settings import WebSettings

MANAGED = {
    "dead_letter",
    "github_app_id",
    "github_installation_id",
    "health_host",
    "health_port",
    "issues",
    "ledger_lanes",
    "min_severity",
    "source",
    "state",
    "until_idle",
    "worker",
    "writes_per_second",
}
ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
# What the wheel installs under share/, see pyproject.toml.
SHELL = ROOT / "processor" / "cli" / "share"
DASHBOARD = ROOT / "processor" / "app" / "setup" / "dashboard.json"
SETTABLE = ROOT / "processor" / "app" / "setup" / "settable.json"
SINK_FILTER = ROOT / "processor" / "app" / "setup" / "sink_filter.json"

SETTINGS = """# Settings

A flag wins over the environment, that over `gardener.toml` (or the file named by `--config` or `GARDENER_CONFIG`),
that over the default. `gardener config` prints what is in force, secrets hidden. Lists and tables are written as JSON
in the environment. This page is made from the code by `make docs`.

| setting | environment | default | meaning |
|---|---|---|---|
"""

WEB = """
## The on-call page

Of `gardener serve` alone, by flag or environment; they are not in `gardener.toml`. [oncall.md](oncall.md) says who may
look and who may act.

| setting | environment | default | meaning |
|---|---|---|---|
"""

COMMANDS = """# Commands

Exit codes: 0 done, 1 the thing asked for is not there, 2 wrong usage or setting, 3 the state cannot be used, 4 the
source cannot be read, 5 an outside part did not answer, 6 the issue tracker refused, 130 stopped by Ctrl-C. This page
is made from the code by `make docs`.
"""


def settings_page():
    return SETTINGS + table(Settings) + WEB + table(WebSettings)


def table(settings):
    """A row for each setting."""
    prefix = settings.model_config["env_prefix"]
    rows = []
    for name, field in settings.model_fields.items():
        default = field.get_default(call_default_factory=True)
        shown = "" if isinstance(default, SecretStr) else default
        meaning = (field.description or "").replace("|", "\\|")
        rows.append(f"| `{name}` | `{prefix}{name.upper()}` | `{shown!r}` | {meaning} |\n")
    return "".join(rows)


def commands_page():
    parts = [COMMANDS]
    for name, command in sorted(cli.commands.items()):
        context = click.Context(command, info_name=f"gardener {name}", max_content_width=100, terminal_width=100)
        parts.append(f"\n## gardener {name}\n\n```text\n{command.get_help(context)}\n```\n")
    return "".join(parts)


def settable():
    """What terraform/ takes in its `settings` map: all but secrets and what it sets itself."""
    return [
        name
        for name, field in Settings.model_fields.items()
        if name not in MANAGED and not isinstance(field.get_default(call_default_factory=True), SecretStr)
    ]


def readme_page():
    """README with the table that a replay of the example prints."""
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(  # noqa: S603  # our own program
            [sys.executable, "-m", "processor", "replay", ROOT / "examples" / "export.json",
             "--state", "sqlite:run/garden.db", "--issues", "folder:run/issues"],
            env={**os.environ, "COLUMNS": "110", "PYTHONPATH": str(ROOT)}, cwd=folder, capture_output=True, text=True,
            check=True,
        )  # fmt: skip
    printed = re.sub(r"^\S+ -m processor ", ".venv/bin/gardener ", done.stdout, flags=re.MULTILINE)
    table = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
    page = (ROOT / "README.md").read_text("utf-8")
    return re.sub(r"(?<=```text\n)ID .*?(?=```)", lambda _: table, page, count=1, flags=re.DOTALL)


def main():
    pages = {
        DOCS / "settings.md": settings_page(),
        DOCS / "commands.md": commands_page(),
        DASHBOARD: json.dumps(template(), indent=1) + "\n",
        SETTABLE: json.dumps(settable(), indent=1) + "\n",
        DOCS / "entries.md": entries_page.page(),
        SHELL / "gardener.1": shell.manual(cli),
        SHELL / "gardener": shell.script(cli, "bash"),
        SHELL / "_gardener": shell.script(cli, "zsh"),
        SHELL / "gardener.fish": shell.script(cli, "fish"),
        SINK_FILTER: json.dumps(words(), indent=2, ensure_ascii=False) + "\n",
    }
    if "--check" not in sys.argv:
        pages[ROOT / "README.md"] = readme_page()  # checked by tests/e2e/test_readme.py, which takes longer
    stale = []
    for path, text in pages.items():
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.parent.mkdir(exist_ok=True)
                path.write_text(text, "utf-8")
    if stale and "--check" in sys.argv:
        sys.exit(f"{', '.join(stale)} are not as the code says; run `make docs`")


if __name__ == "__main__":
    main()
