"""Cut GitHub's OpenAPI document down to the operations that sinks/github/tracker.py uses, with every schema they reach.

    npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz
    python tests/contract/openapi/slice_document.py package/generated/api.github.com.json

Writes github.json and SOURCE beside this file. Examples are left out. GitHub writes `nullable` beside an `enum` without
null (an issue's state_reason); a validator would refuse GitHub's own answers, so null is added there.
"""

import hashlib
import json
import sys
from pathlib import Path

HERE = Path(__file__).parent
OPERATIONS = {
    "/repos/{owner}/{repo}": ("get",),
    "/repos/{owner}/{repo}/issues": ("get", "post"),
    "/repos/{owner}/{repo}/issues/{issue_number}": ("get", "patch"),
    "/repos/{owner}/{repo}/issues/{issue_number}/comments": ("get", "post"),
    "/repos/{owner}/{repo}/issues/{issue_number}/labels": ("get", "post"),
    "/repos/{owner}/{repo}/issues/{issue_number}/labels/{name}": ("delete",),
    "/repos/{owner}/{repo}/issues/comments/{comment_id}/reactions": ("get", "post"),
    "/repos/{owner}/{repo}/labels": ("get", "post"),
    "/repos/{owner}/{repo}/collaborators/{username}/permission": ("get",),
    "/app/installations/{installation_id}/access_tokens": ("post",),
}


def without_examples(node, *, names=False):
    """Drop example payloads, but never a property that is called `example`."""
    if isinstance(node, dict):
        return {
            key: without_examples(value, names=key in ("properties", "patternProperties") and not names)
            for key, value in node.items()
            if names or key not in ("example", "examples")
        }
    return [without_examples(value) for value in node] if isinstance(node, list) else node


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def allow_null(node):
    if isinstance(node, dict):
        if node.get("nullable") is True and None not in node.get("enum", [None]):
            node["enum"].append(None)
        for value in node.values():
            allow_null(value)
    elif isinstance(node, list):
        for value in node:
            allow_null(value)


def cut(whole):
    paths = {
        path: {key: value for key, value in whole["paths"][path].items() if key in (*methods, "parameters")}
        for path, methods in OPERATIONS.items()
    }
    found = without_examples({"openapi": whole["openapi"], "info": whole["info"], "paths": paths, "components": {}})
    waiting, seen = list(references(found["paths"])), set()
    while waiting:
        reference = waiting.pop()
        if reference in seen:
            continue
        seen.add(reference)
        _, _, group, name = reference.split("/", 3)
        node = without_examples(whole["components"][group][name])
        found["components"].setdefault(group, {})[name] = node
        waiting.extend(references(node))
    found["components"] = {group: dict(sorted(nodes.items())) for group, nodes in sorted(found["components"].items())}
    allow_null(found)
    return found


def main(source):
    data = Path(source).read_bytes()
    found = cut(json.loads(data))
    (HERE / "github.json").write_text(json.dumps(found, separators=(",", ":"), sort_keys=True) + "\n", "utf-8")
    operations = sum(len(methods) for methods in OPERATIONS.values())
    package = json.loads((Path(source).parents[1] / "package.json").read_text("utf-8"))
    (HERE / "SOURCE").write_text(
        f"{package['name']} {package['version']}, {Path(source).name}\n"
        f"sha256 {hashlib.sha256(data).hexdigest()}\n"
        f"{operations} operations of GitHub's REST API {found['info']['version']}\n",
        "utf-8",
    )


if __name__ == "__main__":
    main(sys.argv[1])
