"""Misspell every argument and block of a module, one at a time, and count how often the static check notices.

    python tests/terraform/mutation.py SCHEMA.json DIRECTORY

Prints {"tried": N, "missed": [...]}. A check that passes everything proves nothing.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from static_check import load_schema, problems

if TYPE_CHECKING:
    from collections.abc import Iterator

# Terraform's own words inside a resource, which the provider's schema does not know
_LANGUAGE = {"content", "count", "depends_on", "dynamic", "for_each", "lifecycle", "replace_triggered_by"}
_BLOCK = re.compile(r"^(?:resource|data) .*?^\}", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"^( +)(\w+)(?=\s*(?:=[^=>~]|\{))", re.MULTILINE)


def mutants(block: str) -> Iterator[tuple[str, str]]:
    """(line, the block with the name in that line misspelt)."""
    for name in _NAME.finditer(block):
        if name[2] in _LANGUAGE:
            continue
        end = name.end(2)
        line = block[name.start() :].split("\n", 1)[0].strip()
        yield line, f"{block[:end]}x{block[end:]}"


def run(schema: dict[str, Any], directory: Path) -> dict[str, Any]:
    """Raises `ValueError` when a block has problems before it is misspelt."""
    tried, missed = 0, []
    for path in sorted(directory.glob("*.tf")):
        for block in _BLOCK.findall(path.read_text("utf-8")):
            if found := problems(block, schema, path.name):
                raise ValueError(found[0])
            for line, mutant in mutants(block):
                tried += 1
                if not problems(mutant, schema, path.name):
                    missed.append(f"{path.name}: {line}")
    return {"tried": tried, "missed": missed}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(run(load_schema(Path(sys.argv[1])), Path(sys.argv[2]))))
