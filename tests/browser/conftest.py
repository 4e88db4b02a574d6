"""The real page in a real browser: `gardener serve` as its own process, Debian's Chromium, nothing outside."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from oncall_state import commit_all

from processor.model import Severity
from sinks.sqlite.store import SqliteStore

CHROMIUM = "/usr/bin/chromium"
ROOT = Path(__file__).resolve().parents[2]
HOSTILE = (
    "</pre></td></script><script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"
    "<svg onload=window.hacked=1><a href='javascript:window.hacked=1'>x</a> {{7*7}} \u202egpj.exe \x1b[31m"
)


class Serving:
    """A state and the page over it."""

    def __init__(self, folder):
        self.path = folder / "g.db"
        self.store = SqliteStore(str(self.path))
        self.process = None
        self.url = ""

    def start(self, port=0, **settings):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "processor", "serve", "--state", f"sqlite:{self.path}", "--port", str(port)],
            cwd=self.path.parent,
            env={**os.environ, "PYTHONPATH": str(ROOT), **settings},
            stderr=subprocess.PIPE,
            text=True,
        )
        said = self.process.stderr.readline()
        assert "http://" in said, said
        self.url = said.split()[2].rstrip("/")

    def stop(self):
        self.process.terminate()
        said = self.process.communicate(timeout=20)[1]
        assert "Traceback" not in said, said

    @property
    def port(self):
        return urlsplit(self.url).port


@pytest.fixture
def serving(tmp_path):
    made = Serving(tmp_path)
    now = datetime.now(UTC)
    card = {"template": "Card <*> declined", "text": "Card 41 declined", "service": "pay", "revision": "pay-1"}
    commit_all(
        made.store,
        now,
        [
            ("c1", [1, 2, 3, 70, 4000], card),
            ("c2", [4, 5], {"template": "Slow query on <*>", "severity": Severity.WARNING, "service": "search"}),
            ("bad", [9], {"template": HOSTILE, "text": HOSTILE, "raw": HOSTILE, "facets": {HOSTILE: HOSTILE}}),
            *((f"n{n:03}", [100 + n], {"template": f"Filler number {n}"}) for n in range(120)),
        ],
    )
    commit_all(made.store, now, [("c1", [1, 1], {**card, "revision": "pay-2"})])
    made.start()
    yield made
    made.stop()
    made.store.close()


@pytest.fixture(scope="module")
def chromium():
    """Ends with the module: its event loop would be in the way of every later test that runs one of its own."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if not Path(CHROMIUM).exists():
        pytest.skip("Chromium is not here: apt-get install chromium")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM)
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, serving):
    """Open a path as one more viewer; at the end nothing was said in the console and nobody else was asked."""
    contexts, said, asked = [], [], []

    def open_page(path="/", *, allowed=(), **options):
        context = chromium.new_context(base_url=serving.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda one: said.append(one.text) if one.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: said.append(f"dialog: {dialog.message}"))
        page.allowed = allowed
        page.goto(path)
        return page

    yield open_page
    permitted = [text for context in contexts for page in context.pages for text in getattr(page, "allowed", ())]
    for context in contexts:
        context.close()
    assert [text for text in said if not any(part in text for part in permitted)] == []
    assert {urlsplit(url).netloc for url in asked} <= {urlsplit(serving.url).netloc}
