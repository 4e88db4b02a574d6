"""Write the parts of docs/ that come from the code: every command's help and every setting.

`python scripts/render_docs.py` rewrites them, with `--check` it only says whether they are as the code says.
"""

import json
import sys
from pathlib import Path

import click
from pydantic import SecretStr

from processor.app.config import Settings
from processor.app.setup.sink_words import words
from processor.cli import cli
from processor.views.web.settings import WebSettings

TOP = Path(__file__).resolve().parents[1]
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
SETTABLE = TOP / "processor" / "app" / "setup" / "settable.json"
DOCS = TOP / "docs"
SINK_FILTER = TOP / "processor" / "app" / "setup" / "sink_filter.json"

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
source cannot be read, 5 an outside part did not answer, 6 the issue tracker refused. This page is made from the code
by `make docs`.
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


def main():
    pages = {
        DOCS / "settings.md": settings_page(),
        DOCS / "commands.md": commands_page(),
        SETTABLE: json.dumps(settable(), indent=1) + "\n",
        SINK_FILTER: json.dumps(words(), indent=2, ensure_ascii=False) + "\n",
    }
    stale = []
    for path, text in pages.items():
        if not path.exists() or path.read_text("utf-8") != text:
            stale.append(path.name)
            if "--check" not in sys.argv:
                path.write_text(text, "utf-8")
    if stale and "--check" in sys.argv:
        sys.exit(f"{', '.join(stale)} are not as the code says; run `make docs`")


if __name__ == "__main__":
    main()
