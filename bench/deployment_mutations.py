"""Change one grant, or one piece of the log sink's filter, at a time, and see whether the tests' tables notice.

    python bench/deployment_mutations.py [--only grants|filter]

Grants: each IAM resource of terraform/ is taken out, gets another role, another member, another resource, or loses its
condition; the stack that has the most of them is applied, and its grants are compared with docs/iam.md as the tests do.
Filter: each alternative is taken out, each AND, NOT and comparison is turned, and the entries of
tests/terraform/test_sink_filter.py are exported by what is left (the words inside patterns are held by tests there that
go through the tables). Needs `scripts/check-terraform --setup`. Ends with 1
if a change is not noticed.
"""

import argparse
import re
import shutil
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "terraform"), str(ROOT / "tests/unit/parsing")]

import test_severity  # noqa: E402
import test_sink_filter as sinks  # noqa: E402
import test_terraform_iam as iam  # noqa: E402
from deployment import Workspace, applied  # noqa: E402
from log_filter import FilterError, compile_filter, exported  # noqa: E402

from processor.app.setup import sink_filter  # noqa: E402
from processor.model import Severity  # noqa: E402
from processor.parsing import levels  # noqa: E402

STACKS = {"dataflow": "dataflow", "/config": "existing", "/viewer": "organization"}
"""The stack that has the grants whose file or name holds this; all others are in `keys`."""
_GRANT = re.compile(r'^resource "google_\w+_iam_member" "\w+" \{.*?^\}\n', re.MULTILINE | re.DOTALL)


# --- grants ---------------------------------------------------------------------------------------------------
def grant_mutants():
    """(name, file, text before, text after) of every change."""
    for path in sorted((ROOT / "terraform").glob("*.tf")):
        for block in _GRANT.findall(path.read_text("utf-8")):
            name = "/".join(re.findall(r'"(\w+)"', block.split("\n", 1)[0]))
            yield f"{name} taken out", path.name, block, ""
            yield f"{name} role", path.name, block, re.sub(r"roles/[\w.]+", "roles/owner", block)
            worker = "google_service_account.worker.member"
            other = "google_service_account.web.member" if worker in block else worker
            yield f"{name} member", path.name, block, re.sub(r"(?m)^(\s+member +=) .*", rf"\1 {other}", block)
            if "condition {" in block:
                yield f"{name} condition", path.name, block, re.sub(r"(?ms)^  condition \{.*?^  \}\n", "", block)
                yield (
                    f"{name} database",
                    path.name,
                    block,
                    re.sub(r' && resource.name == [^\n]*"$', '"', block, flags=re.MULTILINE),
                )
            for argument, to in (("topic", "google_pubsub_topic.dead.id"), ("secret_id", '"another"')):
                changed = re.sub(rf"(?m)^(\s+{argument} +=) .*", rf"\1 {to}", block)
                if changed != block:
                    yield f"{name} {argument}", path.name, block, changed


def stack_of(file, name):
    return next((stack for word, stack in STACKS.items() if word in f"{file} {name}"), "keys")


def granted(work, file, name):
    """The grants of the stack that has this one, None if it cannot be applied or grants what no table knows."""
    stack = stack_of(file, name)
    for state in work.directory.glob("*.tfstate*"):
        state.unlink()
    try:
        return iam.granted(applied(work, stack), stack)
    except (AssertionError, KeyError, ValueError):
        return None


def grants():
    """The changes that nothing notices, and how many were made."""
    missed, tried, whole = [], 0, {}
    with tempfile.TemporaryDirectory() as folder:
        top = Path(folder)
        for table in (ROOT / "sinks/firestore/schema.json", *(ROOT / "processor/app/setup").glob("*.json")):
            (top / table.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(table, top / table.relative_to(ROOT))
        shutil.copytree(
            ROOT / "terraform", top / "terraform", ignore=shutil.ignore_patterns(".terraform*", "*.tfstate*")
        )
        work = Workspace(top / "terraform")
        work.terraform("init", "-backend=false", "-input=false")
        for name, file, before, after in grant_mutants():
            if after == before:
                continue
            stack = stack_of(file, name)
            whole[stack] = whole.get(stack) or granted(work, file, name)
            path = work.directory / file
            text = path.read_text("utf-8")
            path.write_text(text.replace(before, after), "utf-8")
            tried += 1
            if granted(work, file, name) == whole[stack]:
                missed.append(name)
            path.write_text(text, "utf-8")
    return tried, missed


# --- filter ---------------------------------------------------------------------------------------------------
def entries():
    """(entry, whether the sink exports it) of all tables of the tests."""
    yield from ((row.entry, row.sink) for row in sinks.ROWS)
    bad = (text for text, level in test_severity.INFERRED if level and Severity[level] >= Severity.WARNING)
    yield from ((sinks.line(text), True) for text in bad)
    for name, words in levels.WORDS.items():
        for row in levels.FIELDS:
            fields = (
                [field for field in row.names if "." not in field] if row.numbers in {"words", "any", "dotnet"} else []
            )
            for field in fields:
                for word in words:
                    yield sinks.entry(sinks.STDOUT, jsonPayload={field: word, "message": "x"}), name in levels.BAD
    for word in (*levels.UPPER, *levels.ANY_CASE):
        for said in (sinks.line(f"[{word}] x"), sinks.gke("stdout", "INFO", f"{word}: x")):
            yield said, levels.NAMES[word.lower()] in levels.BAD


def filter_mutants(text):
    """(what, text) of every change of a filter."""
    for found in re.finditer(
        r'(?: OR )?((?:[\w.]+(?:>=|=~|=|:))?(?:log_id\("[^"]+"\)|"(?:[^"\\]|\\.)*"|\*))(?= OR |\))', text
    ):
        rest = text[: found.start()] + text[found.end() :]
        yield f"without {found[1][:60]}", rest.replace("( OR ", "(")
    quoted = [found.span() for found in re.finditer(r'"(?:[^"\\]|\\.)*"', text)]
    turned = ((" AND ", " OR "), ("NOT ", ""), (">=", ">"), (">400", ">401"), (">0", ">1"), ("=DEFAULT", "=INFO"))
    for old, new in turned:
        for found in re.finditer(re.escape(old), text):
            if not any(start < found.start() < end for start, end in quoted):
                yield f"{old.strip()} at {found.start()}", text[: found.start()] + new + text[found.end() :]


def filters():
    """The changes of the filter and its exclusions that no entry notices, and how many were made."""
    wanted = list(entries())
    keep = sink_filter.render()
    out = sink_filter.exclusions(project=sinks.PROJECT, name="log-gardener")
    compiled = compile_filter(keep), {name: compile_filter(one) for name, one in out.items()}

    def notices(test, left_out):
        return any(exported(one, test, left_out) is not kept for one, kept in wanted)

    if notices(compiled[0], list(compiled[1].values())):
        raise SystemExit("the entries are not exported as the tests say, before anything is changed")
    tried, missed = 0, []
    for name, text in {"filter": keep, **out}.items():
        for what, changed in filter_mutants(text):
            try:
                test = compile_filter(changed)
            except FilterError:
                continue
            tried += 1
            kept = test if name == "filter" else compiled[0]
            left_out = [test if one == name else known for one, known in compiled[1].items()]
            if not notices(kept, left_out):
                missed.append(f"{name}: {what}")
    return tried, missed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", choices=("grants", "filter"))
    options = parser.parse_args()
    bad = 0
    for name, run in (("filter", filters), ("grants", grants)):
        if options.only in {None, name}:
            tried, missed = run()
            bad += len(missed)
            print(f"{name}: {tried} changes, {tried - len(missed)} noticed")
            print("".join(f"  not noticed: {one}\n" for one in missed), end="")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
