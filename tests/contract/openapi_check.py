"""Requests and answers held against GitHub's own OpenAPI document (a slice of it, see openapi/SOURCE).

Stricter than the document where people go wrong: fields, query parameters and operations that it does not know are
violations, too. Laxer where it is known to be incomplete: it lists 401 and 429 nowhere, and 301 and 403 not everywhere.
"""

import json
import re
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from openapi_schema_validator import OAS30ReadValidator, OAS30WriteValidator, oas30_format_checker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT4

DOCUMENT = Path(__file__).parent / "openapi" / "github.json"
ROOT = "urn:github"
UNLISTED = (301, 307, 400, 401, 403, 409, 410, 415, 429, 451)


class Violation(AssertionError):
    """What GitHub's document does not allow."""


def _pointer(part):
    return part.replace("~", "~0").replace("/", "~1")


@cache
def _loaded():
    """The document and its validators so far: read once, however many fakes are started."""
    whole = json.loads(DOCUMENT.read_text("utf-8"))
    return whole, Registry().with_resource(ROOT, Resource(contents=whole, specification=DRAFT4)), {}


class Document:
    """`prefix` is what stands before every path: "" or Enterprise's "/api/v3"."""

    def __init__(self, prefix=""):
        self.prefix = prefix
        self.whole, self.registry, self.validators = _loaded()
        self.routes = sorted(
            (
                (re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(path))), path)
                for path in self.whole["paths"]
            ),
            key=lambda route: route[1].count("{"),
        )

    def operation(self, method, raw_path):
        """(operation, its pointer, path parameters) of a request."""
        if not raw_path.startswith(f"{self.prefix}/"):
            raise Violation(f"{method} {raw_path} is not below {self.prefix}")
        for pattern, path in self.routes:
            if found := pattern.fullmatch(raw_path[len(self.prefix) :]):
                item = self.whole["paths"][path]
                if method.lower() not in item:
                    raise Violation(f"{method} {path} is not in GitHub's document")
                pointer = f"/paths/{_pointer(path)}/{method.lower()}"
                values = {name: unquote(value) for name, value in found.groupdict().items()}
                return item[method.lower()], pointer, values
        raise Violation(f"{method} {raw_path} is not in GitHub's document")

    def request(self, method, url, body):
        """Check a request; gives (operation, pointer, path parameters, query, decoded body)."""
        parts = urlsplit(url)
        operation, pointer, values = self.operation(method, parts.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        parameters = [self._resolved(one) for one in operation.get("parameters", [])]
        known = {one["name"]: one for one in parameters if one["in"] in ("query", "path")}
        for name, text in {**values, **query}.items():
            if name not in known:
                raise Violation(f"{method} {parts.path}: no parameter {name}")
            schema = self._resolved(known[name]["schema"])
            value = int(text) if schema.get("type") == "integer" and re.fullmatch(r"-?\d+", text) else text
            self._hold(OAS30WriteValidator(schema, registry=self.registry), value, f"{method} {parts.path}: {name}")
        data = json.loads(body) if body else None
        content = self._resolved(operation.get("requestBody", {})).get("content")
        if data is not None and content is None:
            raise Violation(f"{method} {parts.path} takes no body")
        if content is not None and data is not None:
            where = f"{pointer}/requestBody/content/application~1json/schema"
            self._check(where, data, OAS30WriteValidator, f"request {method} {parts.path}")
            schema = self._resolved(content["application/json"]["schema"])
            fields = set(schema.get("properties", {})) if isinstance(data, dict) else set()
            if fields and (unknown := set(data) - fields):
                raise Violation(f"request {method} {parts.path}: no field {sorted(unknown)}")
        return operation, pointer, values, query, data

    def answer(self, operation, pointer, status, data):
        """Check an answer."""
        listed = operation["responses"].get(str(status))
        if listed is None:
            if status not in UNLISTED:
                raise Violation(f"answer {status} to {operation['operationId']} is not in GitHub's document")
            return
        where = f"{pointer}/responses/{status}"
        if "$ref" in listed:
            where = listed["$ref"].removeprefix("#")
        content = self._resolved(listed).get("content")
        if content is not None:
            kind = _pointer(next(iter(content)))
            self._check(f"{where}/content/{kind}/schema", data, OAS30ReadValidator, f"answer {status} to {pointer}")

    def example(self, schema):
        """The smallest value that a schema allows, for answers of which only a few fields matter."""
        schema = self._resolved(schema)
        if schema.get("nullable"):
            return None
        for choice in ("allOf", "anyOf", "oneOf"):
            if choice in schema:
                return self.example(schema[choice][0])
        if "enum" in schema:
            return schema["enum"][0]
        if schema.get("type") == "object":
            wanted = schema.get("required", [])
            return {name: self.example(schema["properties"][name]) for name in wanted}
        texts = {"uri": "https://github.example/", "date-time": "2026-01-01T00:00:00Z"}
        plain = {"string": texts.get(schema.get("format"), "x"), "integer": 1, "number": 1, "boolean": False}
        return plain.get(schema.get("type"), [])

    def _check(self, pointer, value, validator, what):
        key = (pointer, validator)
        if key not in self.validators:
            schema = {"$ref": f"{ROOT}#{pointer}"}
            self.validators[key] = validator(schema, registry=self.registry, format_checker=oas30_format_checker)
        self._hold(self.validators[key], value, what)

    @staticmethod
    def _hold(validator, value, what):
        for error in validator.iter_errors(value):
            raise Violation(f"{what}: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")

    def _resolved(self, node):
        while "$ref" in node:
            found = self.whole
            for part in node["$ref"].removeprefix("#/").split("/"):
                found = found[part.replace("~1", "/").replace("~0", "~")]
            node = found
        return node
