"""Check .tf files against a provider schema without terraform: names, required arguments, blocks, values.

python tests/terraform/static_check.py SCHEMA.json DIRECTORY...
"""

from __future__ import annotations

import difflib
import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hcl2

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Terraform's own, in every resource
_META = {"count", "for_each", "provider", "depends_on", "lifecycle", "provisioner", "connection"}
_TABLES = {"resource": "resource_schemas", "data": "data_source_schemas"}


def bare(name: Any) -> Any:
    """python-hcl2 keeps the quotes of strings."""
    return name.strip('"') if isinstance(name, str) else name


def is_block(value: Any) -> bool:
    """python-hcl2 renders blocks as a list of dicts with a mark; an argument may be a list of dicts, too."""
    return isinstance(value, list) and any(isinstance(one, dict) and "__is_block__" in one for one in value)


def load_schema(path: Path) -> dict[str, Any]:
    """The one provider in a file of `terraform providers schema -json` form."""
    schema: dict[str, Any] = next(iter(json.loads(path.read_text("utf-8"))["provider_schemas"].values()))
    return schema


def problems(text: str, schema: dict[str, Any], name: str) -> list[str]:
    """One sentence for each thing wrong with the google resources in the text of a .tf file."""
    document = hcl2.loads(text)
    return [
        sentence
        for kind, table in _TABLES.items()
        for where, resource_type, body in _resources(document.get(kind, []), name)
        for sentence in _resource(where, resource_type, body, schema[table])
    ]


def _resources(found: Iterable[dict[str, Any]], name: str) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for resource in found:
        for resource_type, labelled in resource.items():
            for label, body in labelled.items():
                kind = bare(resource_type)
                if kind.startswith("google_"):
                    yield f"{name}: {kind}.{bare(label)}", kind, body


def _resource(where: str, kind: str, body: dict[str, Any], table: dict[str, Any]) -> Iterator[str]:
    if kind not in table:
        yield f"{where}: unknown type{_hint(kind, table)}"
        return
    written = {name: value for name, value in body.items() if bare(name) not in _META}
    yield from _block(where, written, table[kind]["block"])


def _block(where: str, body: dict[str, Any], schema: dict[str, Any]) -> Iterator[str]:
    attributes, blocks = schema.get("attributes", {}), schema.get("block_types", {})
    known = [*attributes, *blocks]
    instances: dict[str, list[dict[str, Any]]] = defaultdict(list)
    dynamic = set()
    for raw, value in body.items():
        name = bare(raw)
        if name.startswith("__"):
            continue
        if name == "dynamic":
            for inner, content in _dynamic(value):
                instances[inner].append(content)
                dynamic.add(inner)
        elif name in blocks and is_block(value):
            instances[name].extend(value)
        elif name in blocks:
            yield f"{where}: {name} is a block, not an argument"
        elif name in attributes:
            yield from _argument(where, name, value, attributes[name])
        else:
            yield f"{where}: unknown {'block' if is_block(value) else 'argument'} {name}{_hint(name, known)}"
    given = {bare(name) for name in body}
    for name, about in attributes.items():
        if about.get("required") and name not in given:
            yield f"{where}: missing argument {name}"
    yield from _nested(where, instances, dynamic, blocks)


def _nested(
    where: str, instances: dict[str, list[dict[str, Any]]], dynamic: set[str], blocks: dict[str, Any]
) -> Iterator[str]:
    for name, about in blocks.items():
        count = len(instances.get(name, []))
        if count < about.get("min_items", 0):
            yield f"{where}: missing block {name}"
        if count > about.get("max_items", count) and name not in dynamic:
            yield f"{where}: more than {about['max_items']} of block {name}"
    for name, bodies in instances.items():
        if name not in blocks:
            yield f"{where}: unknown dynamic block {name}{_hint(name, blocks)}"
            continue
        for body in bodies:
            yield from _block(f"{where}.{name}", body, blocks[name]["block"])


def _dynamic(value: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    for one in value:
        for name, body in one.items():
            if not name.startswith("__"):
                content = body.get("content", [{}])
                yield bare(name), content[0] if isinstance(content, list) else content


def _argument(where: str, name: str, value: Any, about: dict[str, Any]) -> Iterator[str]:
    if is_block(value):
        yield f"{where}: {name} is an argument, not a block"
    elif not (about.get("required") or about.get("optional")):
        yield f"{where}: {name} is decided by the provider"
    elif "x_enum" in about and _is_literal(value) and bare(value) not in about["x_enum"]:
        yield f"{where}: {name} = {value} is none of {', '.join(about['x_enum'])}"


def _is_literal(value: Any) -> bool:
    return isinstance(value, str) and value.startswith('"') and "${" not in value


def _hint(name: str, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(known), 1)
    return f"; did you mean {close[0]}?" if close else ""


def main(schema_path: str, *directories: str) -> int:
    schema = load_schema(Path(schema_path))
    files = [path for directory in directories for path in sorted(Path(directory).glob("*.tf"))]
    found = [sentence for path in files for sentence in problems(path.read_text("utf-8"), schema, str(path))]
    for sentence in found:
        sys.stdout.write(f"{sentence}\n")
    sys.stdout.write(f"static check: {len(files)} files, {len(found)} problems\n")
    return 1 if found or not files else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
