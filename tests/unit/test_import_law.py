"""Who may import whom. The law is small, so that a reader can trust a module's place."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOUNDATION = {"processor.model", "processor.model.errors"}
PORTS = FOUNDATION | {"processor.model.ports"}
# Pure steps: the foundation and the named finer steps, nothing that does IO.
STEPS = {
    "processor.model.errors": set(),
    "processor.model": set(),
    "processor.model.ports": {"processor.model"},
    "processor.parsing.severity": set(),
    "processor.parsing.routes": set(),
    "processor.mining.masks": set(),
    "processor.parsing.payloads": set(),
    "processor.parsing.decode": FOUNDATION | {"processor.parsing.severity", "processor.parsing.payloads"},
    "processor.mining.masker": FOUNDATION | {"processor.mining.masks"},
    "processor.mining.split_suggestions": FOUNDATION,
    "processor.mining.miner": FOUNDATION | {"processor.mining.masks", "processor.mining.wildcards"},
    "processor.mining.wildcards": FOUNDATION | {"processor.mining.masks"},
    "processor.mining.grouper": FOUNDATION
    | {"processor.mining.masker", "processor.parsing.stacktrace", "processor.parsing.routes"},
    "processor.parsing.multiline": FOUNDATION | {"processor.parsing.decode", "processor.parsing.stacktrace"},
    "processor.ingest.tally": FOUNDATION | {"processor.parsing.decode", "processor.parsing.routes"},
    "processor.ingest.partial": FOUNDATION | {"processor.ingest.tally"},
    "processor.mining.miners": FOUNDATION | {"processor.mining.miner"},
    "processor.ingest.pipeline": FOUNDATION
    | {
        f"processor.{name}"
        for name in (
            "parsing.decode",
            "mining.miners",
            "ingest.partial",
            "mining.grouper",
            "parsing.multiline",
            "mining.masker",
            "ingest.tally",
        )
    },
    "processor.triage.policy": FOUNDATION,
}
PURE = set(STEPS) - {"processor.model.ports"}
IO = {"logging", "time", "os", "socket", "threading", "subprocess", "sqlite3", "pathlib", "random", "secrets"}
DOORS = {
    "drain3": "processor.mining.miner",
    "tenacity": ("processor.ingest.retry", "processor.sources.pubsub", "sinks."),
    "google.cloud.firestore": "sinks.firestore",
    "google.cloud.firestore_v1": "sinks.firestore",
    "google.cloud.pubsub_v1": ("processor.sources.pubsub", "processor.app.doctor"),
    "httpx2": "sinks.github",
    "apache_beam": "processor.app.beam",
    "sqlite3": "sinks.sqlite",
    "starlette": "processor.views.web",
    "prometheus_client": "processor.app.telemetry",
}


def modules():
    for top in ("processor", "sinks"):
        for path in sorted((ROOT / top).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            yield name, path


def imports(path, package):
    """Every module a file imports, those for type checking included."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                base = ".".join([*package.split(".")[: -node.level + 1 or None], base]).strip(".")
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                is_module = (ROOT / Path(*inner.split("."))).with_suffix(".py").exists()
                yield inner if is_module or (ROOT / Path(*inner.split("."))).is_dir() else base


def ours(names):
    return {name for name in names if name.split(".")[0] in ("processor", "sinks")}


@pytest.mark.parametrize(("name", "path"), list(modules()), ids=lambda value: value if isinstance(value, str) else "")
def test_a_module_imports_only_what_its_place_allows(name, path):
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    used = set(imports(path, package))
    mine = ours(used)
    if name in STEPS:
        assert mine <= STEPS[name]
    elif name.startswith("processor.parsing.stacktrace"):
        assert all(other.startswith("processor.parsing.stacktrace") for other in mine)
    elif name.startswith("sinks"):
        assert all(other in PORTS or other.startswith("sinks") for other in mine)
    elif name.startswith("processor.sources"):
        assert all(other in PORTS or other.startswith("processor.sources") for other in mine)
    elif name not in {"processor.app.wiring", "processor.app.doctor_checks", "processor.app.what_if"}:
        assert not any(other.startswith("sinks") for other in mine), "only wiring names concrete classes"
    if name in PURE or name.startswith("processor.parsing.stacktrace"):
        assert not {one.split(".")[0] for one in used} & IO, "steps do no IO and read no clock"


@pytest.mark.parametrize("door", DOORS)
def test_each_outside_package_has_one_door(door):
    allowed = DOORS[door] if isinstance(DOORS[door], tuple) else (DOORS[door],)
    users = {
        name
        for name, path in modules()
        if any(used == door or used.startswith(f"{door}.") for used in imports(path, name.rpartition(".")[0]))
    }

    assert all(user.startswith(allowed) for user in users)
