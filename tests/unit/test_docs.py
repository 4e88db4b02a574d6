"""Documentation cannot rot: what the code has, the documents have."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from processor.app.config import Settings
from processor.cli import cli
from processor.views.web.settings import WebSettings

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])


def test_the_pages_made_from_the_code_are_as_the_code_says():
    script = ROOT / "scripts" / "render_docs.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, cwd=ROOT, check=False)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", sorted(cli.commands))
def test_every_command_has_help_and_is_named_in_the_documents(name):
    assert cli.commands[name].help
    assert any(f"gardener {name}" in page.read_text("utf-8") for page in PAGES)


@pytest.mark.parametrize("settings", [Settings, WebSettings])
def test_every_setting_has_a_description_and_stands_on_the_page(settings):
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    for name, field in settings.model_fields.items():
        assert field.description, name
        assert f"`{settings.model_config['env_prefix']}{name.upper()}`" in page


def test_every_make_target_in_the_documents_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    named = {
        target
        for page in PAGES
        for target in re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text("utf-8"), re.MULTILINE)
    }

    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_inside_the_project_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8")):
        assert (page.parent / target).exists(), f"{page.name} links to {target}"


def test_every_test_that_the_documents_name_exists():
    for page in PAGES:
        for named in re.findall(r"`(tests/[\w/.]+)`", page.read_text("utf-8")):
            assert (ROOT / named).exists(), f"{page.name} names {named}"
