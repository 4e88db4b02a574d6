"""Who may import whom, what may come from outside, and what a pure module must not touch: one table each.

Anything that a table does not allow is refused. `BREACHES` shows that each rule fails where it must.
"""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

# Package -> the packages of ours that it may import beside itself.
MAY_IMPORT = {
    "processor.model": (),
    "processor.text": (),
    "processor.sources": ("processor.model",),
    "processor.parsing": ("processor.model",),
    "processor.mining": ("processor.model", "processor.parsing"),
    "processor.ingest": ("processor.model", "processor.parsing", "processor.mining"),
    "processor.triage": ("processor.model", "processor.parsing"),
    "processor.issues": ("processor.model", "processor.text", "processor.parsing", "processor.triage"),
    "processor.views": (
        "processor.model", "processor.text", "processor.mining", "processor.triage", "processor.issues",
    ),
    "processor.cli": (
        "processor.app", "processor.views", "processor.triage", "processor.ingest", "processor.model", "processor.text",
    ),
    "processor.app": (
        "processor.model", "processor.text", "processor.sources", "processor.parsing", "processor.mining",
        "processor.ingest", "processor.triage", "processor.issues", "processor.views",
    ),
    "sinks": ("processor.model",),
}  # fmt: skip
# Module -> what it may import beyond its package, each with its reason.
EXCEPTIONS = {
    "processor.ingest.assign": ("processor.sources",),  # reads a file twice: it needs to open it again
    "processor.ingest.explain": ("processor.sources",),  # the same
    "processor.app.wiring": ("sinks",),  # the composition root names the concrete classes
    "processor.app.tracker": ("sinks",),  # its part that speaks to a tracker
    "processor.app.publishing": ("sinks",),  # its part that prepares log text
    "processor.app.doctor_checks": ("sinks",),  # asks each part whether it is set up
    "processor.triage.variants": ("processor.mining",),  # which words of a sentence may become values
    "processor.__main__": ("processor.cli",),
}
# A package from outside -> the only modules that import it.
DOORS = {
    "apache_beam": ("processor.app.beam",),
    "click": ("processor.cli",),
    "drain3": ("processor.mining.miner",),
    "google.api_core": ("processor.sources.pubsub", "sinks.firestore"),
    "google.auth": ("processor.app", "processor.sources.pubsub", "sinks.firestore"),
    "google.cloud.firestore": ("sinks.firestore",),
    "google.cloud.firestore_v1": ("sinks.firestore",),
    "google.cloud.pubsub_v1": ("processor.sources.pubsub", "processor.app.doctor_checks"),
    "google.iam": ("processor.sources.pubsub",),
    "google.protobuf": ("processor.sources.pubsub", "sinks.firestore"),
    "google.pubsub_v1": ("processor.sources.pubsub",),
    "grpc": ("processor.sources.pubsub", "sinks.firestore"),
    "proto": ("sinks.firestore",),
    "httpx2": ("sinks.github",),
    "jinja2": ("processor.views.web",),
    "google.cloud": ("sinks.firestore",),
    "jwt": ("processor.views.web", "sinks.github"),
    "markupsafe": ("processor.views.web",),
    "msgspec": ("processor", "sinks"),
    "prometheus_client": ("processor.app.telemetry", "processor.app.probes"),
    "pydantic": (
        "processor.parsing.schema",
        "processor.app",
        "processor.triage.rules",
        "processor.views",
    ),
    "pydantic_settings": ("processor.app.config", "processor.views.web.settings"),
    "rich": ("processor.views.terminal", "processor.cli"),
    "starlette": ("processor.views.web",),
    "tenacity": ("processor.ingest.retry", "processor.sources.pubsub", "sinks"),
    "uvicorn": ("processor.views.web", "processor.cli"),
}
# Pure packages and modules: no IO, no clock, no chance, no environment, no log.
PURE = (
    "processor.model", "processor.text", "processor.parsing", "processor.mining",
    "processor.ingest.pipeline", "processor.ingest.tally", "processor.ingest.partial",
    "processor.triage", "processor.issues.plan", "processor.issues.body", "processor.issues.sample",
    "processor.issues.related_issues", "processor.issues.human_edits", "processor.issues.publish",
    "processor.issues.headline", "processor.issues.breakdown", "processor.issues.incident_body",
    "processor.issues.cloud_console", "processor.issues.owners", "processor.issues.trace",
    "processor.views.rates", "processor.views.row", "processor.views.query", "processor.views.relations",
    "processor.views.overview",
    "processor.views.worklog.facts", "processor.views.worklog.sums",
    "processor.views.worklog.problems", "processor.views.worklog.section",
    "processor.views.code_line", "processor.views.pace",
    "processor.views.worklog.markdown", "processor.views.worklog.checklist",
    "processor.views.worklog.as_json", "processor.views.web.charts", "processor.views.web.as_json",
    "processor.views.template_text", "processor.views.titles", "processor.views.search", "processor.views.facets",
    "processor.views.incidents", "processor.views.web.sample",
    "processor.views.terminal.screen", "processor.views.terminal.columns",
    "processor.views.terminal.listed",
)  # fmt: skip
# Not pure, though their package is: they are handed a Store, or read what the package ships.
IMPURE = {
    "processor.triage.evaluate": (),
    "processor.triage.operate": (),
    "processor.triage.rules": ("importlib", "tomllib"),
    "processor.mining.vocabulary": ("importlib",),
    "processor.parsing.stacktrace.languages": ("importlib",),
}
SIDE_EFFECTS = frozenset(
    [
        "asyncio",
        "http",
        "importlib",
        "logging",
        "os",
        "pathlib",
        "random",
        "secrets",
        "selectors",
        "shutil",
        "signal",
        "socket",
        "sqlite3",
        "subprocess",
        "tempfile",
        "threading",
        "time",
        "urllib.request",
        "uuid",
        "webbrowser",
    ]
)
BANNED_CALLS = frozenset(
    [
        "open",
        "print",
        "input",
        "exec",
        "eval",
        "compile",
        "__import__",
        "breakpoint",
        "datetime.now",
        "datetime.today",
        "datetime.utcnow",
        "date.today",
        "os.environ",
        "os.getenv",
        "sys.stdin",
        "sys.stdout",
        "sys.stderr",
    ]
)
MAX_MODULE = 300
MAX_FUNCTION = 40
OURS = ("processor", "sinks")


def modules():
    for top in OURS:
        for path in sorted((ROOT / top).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            yield name, path


NAMES = {name for name, _ in modules()}


def within(name, prefixes):
    return any(name == one or name.startswith(f"{one}.") for one in prefixes)


def imports(tree, package):
    """Every module that the tree imports, those for type checking included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*package.split(".")[: -node.level + 1 or None], base]).strip(".")
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield inner if inner in NAMES or any(inner == door for door in DOORS) else base


def dotted(node):
    """`a.b.c` of an attribute or a name, "" for anything else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        inner = dotted(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return ""


def package_of(name):
    return max((one for one in MAY_IMPORT if within(name, (one,))), key=len, default=name)


def breaches(name, source, *, is_package=False):
    """One sentence for each rule that the module breaks."""
    tree = ast.parse(source)
    used = set(imports(tree, name if is_package else name.rpartition(".")[0]))
    here = package_of(name)
    allowed = (here, *MAY_IMPORT.get(here, ()), *EXCEPTIONS.get(name, ()))
    for other in sorted(used):
        top = other.split(".")[0]
        if top == "dataclasses":
            yield "records are made of msgspec.Struct, not of dataclasses"
        elif top in OURS:
            if not within(other, allowed) and other != "processor":
                yield f"{here} may not import {package_of(other)} ({other})"
        elif top not in sys.stdlib_module_names and top != "__future__":
            doors = [door for door in DOORS if within(other, (door,))]
            if not doors:
                yield f"{other} is not listed"
            elif not within(name, DOORS[max(doors, key=len)]):
                yield f"{max(doors, key=len)} has another door"
    if within(name, PURE) and not (name in IMPURE and not IMPURE[name]):
        permitted = IMPURE.get(name, ())
        yield from (f"pure, and imports {one}" for one in sorted(used) if within(one, SIDE_EFFECTS - set(permitted)))
        for node in ast.walk(tree):
            said = dotted(node)
            if said in BANNED_CALLS and not isinstance(getattr(node, "ctx", None), ast.Store):
                yield f"pure, and uses {said}"


@pytest.mark.parametrize(("name", "path"), list(modules()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_module_keeps_the_law_of_its_place(name, path):
    found = list(breaches(name, path.read_text("utf-8"), is_package=path.name == "__init__.py"))

    assert not found, "; ".join(found)


BREACHES = [
    (
        "processor.model.cluster",
        "from processor.parsing import decode",
        "processor.model may not import processor.parsing",
    ),
    ("processor.text.markdown", "from processor.model import Entry", "processor.text may not import processor.model"),
    ("processor.parsing.decode", "from processor.mining.masker import Masker", "may not import processor.mining"),
    ("processor.parsing.severity", "import processor.triage.policy", "may not import processor.triage"),
    ("processor.mining.masker", "from sinks.redact import Redactor", "may not import sinks"),
    ("processor.ingest.worker", "from processor.views.web.app import make_app", "may not import processor.views"),
    ("processor.ingest.worker", "from processor.sources.file import FileSource", "may not import processor.sources"),
    ("processor.triage.policy", "from processor.issues import body", "may not import processor.issues"),
    ("processor.issues.body", "from processor.views import rates", "may not import processor.views"),
    ("processor.views.rates", "from processor.app.config import Settings", "may not import processor.app"),
    ("processor.cli", "from sinks.sqlite.store import SqliteStore", "may not import sinks"),
    ("processor.app.service", "from sinks.github.tracker import GitHubTracker", "may not import sinks"),
    ("sinks.folder", "from processor.issues.body import marker", "may not import processor.issues"),
    ("processor.sources.file", "from processor.parsing.decode import decode", "may not import processor.parsing"),
    ("processor.mining.masker", "import drain3", "drain3 has another door"),
    ("processor.issues.controller", "import httpx2", "httpx2 has another door"),
    ("processor.triage.policy", "import requests", "requests is not listed"),
    ("processor.model.entry", "from dataclasses import dataclass", "not of dataclasses"),
    ("processor.parsing.decode", "import time", "pure, and imports time"),
    ("processor.parsing.decode", "from os import environ", "pure, and imports os"),
    ("processor.mining.masker", "def f():\n    return open('x')", "pure, and uses open"),
    ("processor.ingest.tally", "from datetime import datetime\nnow = datetime.now()", "pure, and uses datetime.now"),
    ("processor.ingest.pipeline", "print('x')", "pure, and uses print"),
    ("processor.triage.policy", "import random", "pure, and imports random"),
    ("processor.triage.rules", "import os", "pure, and imports os"),
    ("processor.issues.body", "import logging", "pure, and imports logging"),
    ("processor.views.query", "import sqlite3", "pure, and imports sqlite3"),
    ("processor.text.terminal", "import sys\nsys.stdout.write('x')", "pure, and uses sys.stdout"),
    ("processor.model.entry", "def f():\n    import threading", "pure, and imports threading"),
]


@pytest.mark.parametrize(("name", "source", "sentence"), BREACHES)
def test_every_breach_is_named(name, source, sentence):
    assert any(sentence in found for found in breaches(name, source))


def graph():
    return {
        name: {
            other
            for other in imports(ast.parse(path.read_text("utf-8")), name.rpartition(".")[0])
            if other in NAMES and other != name
        }
        for name, path in modules()
    }


def test_no_package_but_the_model_is_imported_by_all():
    users = {}
    for name, used in graph().items():
        for other in used:
            if package_of(other) != package_of(name):
                users.setdefault(package_of(other), set()).add(package_of(name))
    everyone = set(MAY_IMPORT) - {"processor.model", "processor.text"}

    assert [one for one, by in users.items() if by >= everyone - {one}] == ["processor.model"]


def test_no_imports_run_in_a_circle():
    before = graph()
    while leaves := {name for name, used in before.items() if not used & set(before)}:
        for name in leaves:
            del before[name]

    assert not before, f"a circle among {sorted(before)}"


@pytest.mark.parametrize(("name", "path"), list(modules()), ids=lambda value: value if isinstance(value, str) else "")
def test_modules_and_functions_stay_short(name, path):
    text = path.read_text("utf-8")
    long = [
        f"{node.name}: {node.end_lineno - node.lineno + 1} lines"
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno - node.lineno >= MAX_FUNCTION
    ]

    assert text.count("\n") <= MAX_MODULE
    assert not long


def test_the_top_of_the_house_is_small():
    assert len([one for one in (ROOT / "processor").iterdir() if one.name != "__pycache__"]) <= 14
