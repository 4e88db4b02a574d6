"""Rebuild the provider schema slice in schema/ from the published bindings (standard library only, some 10 s).

    pip download --no-deps cdktn-provider-google==21.1.0 -d WHEELS
    python tests/terraform/build_schema.py WHEELS/*.whl

Bindings older than version 20 (provider 7.43) were compiled differently and are refused.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

from bindings import Binding, read_package

SCHEMA = Path(__file__).parent / "schema"


def build(wheel: Path, wanted: set[str]) -> dict[str, Any]:
    """The wanted types of a wheel in the form of `terraform providers schema -json`, with `x_source`."""
    package: dict[str, Any] = {}
    provider: dict[str, Any] = {}
    tables: dict[str, dict[str, Any]] = {"TerraformResource": {}, "TerraformDataSource": {}}
    for directory, javascript, declarations in read_package(wheel):
        if not directory:
            package = json.loads(javascript)
            continue
        kind = re.search(r'static tfResourceType = "(\w+)"', javascript)
        if directory != "provider" and (kind is None or kind[1] not in wanted):
            continue
        binding = Binding.parse(javascript, declarations)
        root = binding.root()
        if root is None:
            continue
        entry = {"version": 0, "block": binding.schema()}
        if root[1] == "TerraformProvider":
            # 200 endpoint overrides that nobody here sets
            attributes = entry["block"]["attributes"]
            entry["block"]["attributes"] = {n: a for n, a in attributes.items() if "_custom_endpoint" not in n}
            provider = entry
        elif kind is not None:
            tables[root[1]][kind[1]] = entry
    return _document(package, provider, tables)


def _document(package: dict[str, Any], provider: dict[str, Any], tables: dict[str, dict[str, Any]]) -> dict[str, Any]:
    source = (package.get("cdktn") or package["cdktf"])["provider"]
    name = source["name"].split("/", 1)[1]  # hashicorp/google, without the registry before it
    return {
        "format_version": "1.0",
        "x_source": {
            "package": package["name"],
            "package_version": package["version"],
            "licence": "MPL-2.0",
            "provider": name,
            "provider_version": source["version"],
        },
        "provider_schemas": {
            name: {
                "provider": provider,
                "resource_schemas": dict(sorted(tables["TerraformResource"].items())),
                "data_source_schemas": {
                    name: entry for name, entry in tables["TerraformDataSource"].items() if name == "google_project"
                },
            }
        },
    }


def main(wheel: str) -> int:
    wanted = set((SCHEMA / "types.txt").read_text("utf-8").split())
    schema = build(Path(wheel), wanted)
    found = next(iter(schema["provider_schemas"].values()))["resource_schemas"]
    if missing := sorted(wanted - set(found)):
        sys.stderr.write(f"{wheel} has no binding in a known form for: {', '.join(missing)}\n")
        return 1
    target = SCHEMA / f"google-{schema['x_source']['provider_version']}.json"
    target.write_text(json.dumps(schema, separators=(",", ":")) + "\n", "utf-8")
    sys.stdout.write(f"{target.name}: {len(found)} resource types, {target.stat().st_size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
