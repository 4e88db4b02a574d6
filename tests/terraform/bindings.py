"""The schema of a Terraform provider, read back out of its published CDK bindings.

`cdktn-provider-google` was generated from `terraform providers schema -json`. Its JavaScript still states for
each attribute whether it is computed, optional or required, its type, and whether it is a block; its TypeScript
declarations list the values that an argument takes. Nothing of the package is imported or run.
"""

from __future__ import annotations

import io
import json
import re
import tarfile
import zipfile
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_CLASS = re.compile(r"^class (\w+) extends cdkt[fn]\.(\w+) \{\n(.*?)^\}", re.DOTALL | re.MULTILINE)
_ATTRIBUTE = re.compile(
    r"// (\w+) - computed: (true|false), optional: (true|false), required: (true|false)\n"
    r"(.*?)get \w+\(\) \{\s*return ([^;]+);",
    re.DOTALL,
)
_NESTED = re.compile(r"= new (\S+?)\((?:this, [\"']\w+[\"'](?:, (true|false))?)\)")
_HCL_FUNCTION = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{\n(.*?)^\}", re.DOTALL | re.MULTILINE)
_HCL_FIELD = re.compile(
    r"^ {8,12}(\w+): \{\s+value: [^\n]*\n\s+isBlock: (true|false),\s+type: \"(\w+)\",\s+storageClassType: \"(\w+)\"",
    re.MULTILINE,
)
_INTERFACE = re.compile(r"^export interface (\w+)(?: extends [^{]+)? \{\n(.*?)^\}", re.DOTALL | re.MULTILINE)
_DOCUMENTED = re.compile(r"/\*\*((?:(?!\*/).)*?)\*/\s*readonly \w+\??: ", re.DOTALL)
_TERRAFORM_NAME = re.compile(r"\{@link \S+#(\w+) ")
_VALUES = re.compile(r"Possible values: (\[\"[^\]]*\"\])")

_STORED = {
    "string": "string",
    "number": "number",
    "boolean": "bool",
    "stringList": ["list", "string"],
    "numberList": ["list", "number"],
    "booleanList": ["list", "bool"],
    "stringMap": ["map", "string"],
    "numberMap": ["map", "number"],
    "booleanMap": ["map", "bool"],
}
_GETTERS = {
    "String": "string",
    "Number": "number",
    "Boolean": "bool",
    "StringMap": ["map", "string"],
    "NumberMap": ["map", "number"],
    "BooleanMap": ["map", "bool"],
    "AnyMap": ["map", "dynamic"],
}
_LISTS = {"List": "string", "NumberList": "number", "BooleanList": "bool"}


@dataclass(frozen=True, slots=True)
class Field:
    """What the HCL writer of the bindings knows of one attribute."""

    is_block: bool = False
    kind: str = ""
    storage: str = ""


@dataclass(frozen=True, slots=True)
class Binding:
    """One `lib/<resource>/index.js` with its declarations, taken apart."""

    classes: dict[str, tuple[str, str]]
    fields: dict[str, dict[str, Field]]
    values: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    @classmethod
    def parse(cls, javascript: str, declarations: str) -> Binding:
        return cls(
            classes={match[1]: (match[2], match[3]) for match in _CLASS.finditer(javascript)},
            fields={match[1].lower(): _fields(match[2]) for match in _HCL_FUNCTION.finditer(javascript)},
            values=dict(_documented_values(declarations)),
        )

    def root(self) -> tuple[str, str, str] | None:
        """(class, base class, body) of the resource, data source or provider itself."""
        for name, (base, body) in self.classes.items():
            if base.startswith("Terraform"):
                return name, base, body
        return None

    def schema(self) -> dict[str, Any]:
        """The block of the whole resource, as `terraform providers schema -json` writes it."""
        root = self.root()
        if root is None:
            raise ValueError("no resource in this binding")
        name, _, body = root
        written = _fields(body[body.find("synthesizeHclAttributes") :])
        return self._block(name, written, f"{name}Config")

    def _block(self, name: str, written: dict[str, Field], interface: str) -> dict[str, Any]:
        attributes: dict[str, Any] = {}
        blocks: dict[str, Any] = {}
        for match in _ATTRIBUTE.finditer(self.classes[name][1]):
            attribute = match[1]
            computed, optional, required = (match[number] == "true" for number in (2, 3, 4))
            about = written.get(attribute, Field())
            flags = {"required": required, "optional": optional, "computed": computed}
            flags = {flag: True for flag, is_set in flags.items() if is_set}
            nested = _NESTED.search(match[5])
            if about.is_block and nested:
                blocks[attribute] = self._nested_block(nested, about, required=required)
            elif about.is_block:
                blocks[attribute] = self._plain_block(about)
            else:
                attributes[attribute] = {"type": self._type(nested, match[6], about), **flags}
                if values := self.values.get((interface, attribute)):
                    attributes[attribute]["x_enum"] = values
        block = {"attributes": attributes, "block_types": blocks}
        return {part: content for part, content in block.items() if content}

    def _nested_block(self, nested: re.Match[str], about: Field, *, required: bool) -> dict[str, Any]:
        stem = _stem(nested[1])
        body = self._block(f"{stem}OutputReference", self.fields.get(stem.lower(), {}), stem)
        single = nested[1].endswith("OutputReference")
        if single and stem.endswith("Timeouts"):
            return {"nesting_mode": "single", "block": body}
        block: dict[str, Any] = {"nesting_mode": "set" if about.kind == "set" else "list", "block": body}
        if required:
            block["min_items"] = 1
        if single:
            block["max_items"] = 1
        return block

    def _plain_block(self, about: Field) -> dict[str, Any]:
        """The provider's own blocks hold plain values, not references."""
        inner = self.fields.get(re.sub(r"List$", "", about.storage).lower(), {})
        attributes = {
            name: {"type": _STORED.get(one.storage, "dynamic"), "optional": True} for name, one in inner.items()
        }
        return {"nesting_mode": "list", "max_items": 1, "block": {"attributes": attributes}}

    def _type(self, nested: re.Match[str] | None, returned: str, about: Field) -> Any:
        if nested and nested[1].split(".")[0] in {"cdktf", "cdktn"}:
            wrapper = nested[1].split(".")[1]
            return ["list", ["map", "string"]] if wrapper == "StringMapList" else _GETTERS[wrapper]
        if nested:
            return ["set" if nested[2] == "true" else "list", self._object(f"{_stem(nested[1])}OutputReference")]
        return _returned(returned) or _STORED.get(about.storage, "dynamic")

    def _object(self, name: str) -> Any:
        attributes = {}
        for match in _ATTRIBUTE.finditer(self.classes[name][1]):
            attributes[match[1]] = self._type(_NESTED.search(match[5]), match[6], Field())
        return ["object", attributes]


def read_package(wheel: Path) -> Iterator[tuple[str, str, str]]:
    """(directory, JavaScript, declarations) of every binding in the wheel; first ("", package.json, "")."""
    with zipfile.ZipFile(wheel) as outer:
        inner = next(name for name in outer.namelist() if "/_jsii/" in name and name.endswith(".tgz"))
        data = io.BytesIO(outer.read(inner))
    waiting: dict[str, dict[str, str]] = {}
    with tarfile.open(fileobj=data, mode="r:gz") as archive:
        for member in archive:
            found = re.match(r"package/(?:package\.json|lib/([^/]+)/index\.(js|d\.ts))$", member.name)
            handle = archive.extractfile(member) if found else None
            if not found or handle is None:
                continue
            text = handle.read().decode()
            if found[1] is None:
                yield "", text, ""
                continue
            parts = waiting.setdefault(found[1], {})
            parts[found[2]] = text
            if len(parts) == len(("js", "d.ts")):
                yield found[1], parts["js"], parts["d.ts"]
                del waiting[found[1]]


def _stem(reference: str) -> str:
    return re.sub(r"(OutputReference|List|Map)$", "", reference)


def _fields(body: str) -> dict[str, Field]:
    return {match[1]: Field(match[2] == "true", match[3], match[4]) for match in _HCL_FIELD.finditer(body)}


def _returned(expression: str) -> Any:
    """The type of an attribute from what its getter returns; None where that says nothing."""
    inner = re.sub(r"^cdkt[fn]\.Fn\.tolist\((.*)\)$", r"\1", expression.strip(), flags=re.DOTALL)
    getter = re.match(r"this\.(?:get(\w+)Attribute|interpolationForAttribute)\(", inner)
    if getter is None:
        return None
    if getter[1] is None:
        return "dynamic"
    if getter[1] in _LISTS:
        return ["list" if inner == expression.strip() else "set", _LISTS[getter[1]]]
    return _GETTERS[getter[1]]


def _documented_values(declarations: str) -> Iterator[tuple[tuple[str, str], list[str]]]:
    for interface in _INTERFACE.finditer(declarations):
        for documented in _DOCUMENTED.finditer(interface[2]):
            name, values = _TERRAFORM_NAME.search(documented[1]), _VALUES.search(documented[1])
            if name and values:
                yield (interface[1], name[1]), json.loads(re.sub(r"\n\s*\*\s*", " ", values[1]))
