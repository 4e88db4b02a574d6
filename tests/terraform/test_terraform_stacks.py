from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from deployment import NEWEST, STACKS, TOP, VENV, Workspace

from processor.app import otlp
from processor.app.config import Settings
from processor.views.web.settings import WebSettings, load_web

HERE = Path(__file__).parent
MODULE = TOP / "terraform"


@pytest.mark.parametrize("name", STACKS)
def test_applying_again_changes_nothing(workspace, stacks, name):
    done = workspace.terraform(
        "plan", "-detailed-exitcode", "-input=false", f"-var-file={HERE}/stacks/{name}.tfvars", f"-state={name}.tfstate"
    )
    assert "No changes." in done.stdout


def test_the_example_of_the_common_case_has_under_ten_lines_and_plans(workspace):
    example = MODULE / "terraform.tfvars.example"
    assert len(example.read_text("utf-8").splitlines()) < 10
    done = workspace.terraform("plan", "-input=false", f"-var-file={example}", "-state=example.tfstate")
    assert "Plan: " in done.stdout


def test_the_commented_lines_of_the_example_are_settings_that_exist():
    settings = re.findall(r'^variable "(\w+)"', (MODULE / "variables.tf").read_text("utf-8"), re.MULTILINE)
    written = re.findall(r"^#? ?(\w+) +=", (MODULE / "terraform.tfvars.example").read_text("utf-8"), re.MULTILINE)
    assert len(written) >= 5
    assert set(written) <= set(settings)


@pytest.mark.parametrize(("file", "kind"), [("variables.tf", "variable"), ("outputs.tf", "output")])
def test_the_readme_of_the_module_describes_every_variable_and_output(file, kind):
    names = re.findall(rf'^{kind} "(\w+)"', (MODULE / file).read_text("utf-8"), re.MULTILINE)
    readme = (MODULE / "README.md").read_text("utf-8")
    assert names
    assert [name for name in names if f"`{name}`" not in readme] == []


def test_the_admitted_versions_are_the_ones_that_are_checked():
    versions = (MODULE / "versions.tf").read_text("utf-8")
    checked = sorted(path.stem.removeprefix("google-") for path in (HERE / "schema").glob("google-*.json"))
    assert checked == ["7.43.0", NEWEST]
    assert 'version = ">= 7.43, < 9.0"' in versions


def test_the_schema_slices_name_their_source_and_licence():
    for path in (HERE / "schema").glob("google-*.json"):
        source = json.loads(path.read_text("utf-8"))["x_source"]
        assert source["licence"] == "MPL-2.0"
        assert source["package"] == "@cdktn/provider-google"
    assert "MPL-2.0" in (HERE / "schema" / "NOTICE").read_text("utf-8")


def test_everything_that_takes_labels_is_labelled(stacks):
    for stack in stacks.values():
        for kind, name, values in stack.resources:
            if "effective_labels" in values:
                assert values["labels"]["managed_by"] == "terraform", f"{kind}.{name}"


def test_the_same_name_is_never_used_for_two_things_of_a_kind(stacks):
    for stack in stacks.values():
        for kind in ("google_pubsub_topic", "google_pubsub_subscription", "google_service_account"):
            names = [values.get("name") for values in stack.of(kind)]
            expected = 2
            if kind == "google_service_account" and stack.of("google_storage_bucket"):
                expected = 3
            if kind == "google_pubsub_topic" and stack.outputs["topic"] == "projects/garden-logs/topics/all-logs":
                expected = 1
            assert len(names) == len(set(names)) == expected


def test_what_firestore_indexes_and_expires_is_what_the_store_declares(stacks):
    schema = json.loads((TOP / "sinks" / "firestore" / "schema.json").read_text("utf-8"))["collections"]
    for stack in stacks.values():
        indexes = {
            (one["collection"], tuple((f["field_path"], f["order"]) for f in one["fields"]))
            for one in stack.of("google_firestore_index")
        }
        orders = {"ASC": "ASCENDING", "DESC": "DESCENDING"}
        assert indexes == {
            (collection, tuple((name, orders[order]) for name, order in index))
            for collection, spec in schema.items()
            for index in spec["indexes"]
            if len(index) > 1
        }
        fields = stack.of("google_firestore_field")
        assert {(one["collection"], one["field"]) for one in fields if one["ttl_config"]} == {
            (collection, spec["ttl"]) for collection, spec in schema.items() if spec["ttl"]
        }
        assert {(one["collection"], one["field"]) for one in fields} == {
            (collection, name)
            for collection, spec in schema.items()
            for name in (*spec["unindexed"], *([spec["ttl"]] if spec["ttl"] else []))
        }


def test_secrets_never_stand_in_the_state_or_the_environment(stacks):
    for stack in stacks.values():
        assert stack.of("google_secret_manager_secret_version") == []
        for pool in stack.of("google_cloud_run_v2_worker_pool"):
            for variable in pool["template"][0]["containers"][0]["env"]:
                if variable["name"] in {"GARDENER_GITHUB_TOKEN", "GARDENER_GITHUB_PRIVATE_KEY"}:
                    assert not variable["value"]
                    assert variable["value_source"][0]["secret_key_ref"][0]["version"] == "1"


def test_the_settings_given_to_the_programs_are_settings(stacks):
    secret = {"GARDENER_GITHUB_TOKEN", "GARDENER_GITHUB_PRIVATE_KEY"}
    for stack in stacks.values():
        for program in (*stack.of("google_cloud_run_v2_worker_pool"), *stack.of("google_cloud_run_v2_service")):
            environment = {one["name"]: one["value"] for one in program["template"][0]["containers"][0]["env"]}
            given = otlp.target(environment)
            assert bool(given) is (stack is stacks["keys"] and "GARDENER_SOURCE" in environment)
            web, rest = {}, {}
            for name, value in environment.items():
                if name.startswith("OTEL_"):
                    continue
                if name == "GARDENER_CONFIG":
                    (mounted,) = program["template"][0]["volumes"]
                    assert [one["secret"] for one in mounted["secret"]] == ["garden-rules"]
                elif name.startswith("GARDENER_WEB_"):
                    web[name.removeprefix("GARDENER_WEB_").lower()] = value
                elif name in secret:
                    assert name.removeprefix("GARDENER_").lower() in Settings.model_fields
                else:
                    # As the environment is read: lists and tables are JSON.
                    is_json = value[:1] in ("[", "{")
                    rest[name.removeprefix("GARDENER_").lower()] = json.loads(value) if is_json else value
            assert set(rest) <= set(Settings.model_fields)
            assert Settings(**rest).state.startswith("firestore:")
            assert set(web) <= set(WebSettings.model_fields)
            assert not web or load_web(web).iap_audience.startswith("/projects/123456789012/locations/europe-west1/")


def test_the_next_steps_name_the_secret_before_the_image_and_the_page_after_it(stacks):
    assert "gcloud secrets versions add log-gardener-github" in stacks["project"].outputs["next_steps"]
    assert "--source" not in stacks["organization"].outputs["next_steps"]
    assert "firestore:garden-organization/gardener" in stacks["organization"].outputs["next_steps"]


# Each is one mistake; the sentence must name it.
MISTAKES = (
    ('name = "t"\n  ack_deadline_secondz = 60', "ack_deadline_secondz"),  # misspelt
    ("labels = {}", "missing argument name"),  # forgotten
    ('name = "t"\n  effective_labels = {}', "effective_labels is decided by the provider"),
    ('name = "t"\n  message_storage_policy = []', "message_storage_policy is a block"),
    ('name = "t"\n  labels {\n  }', "labels is an argument"),
    ('name = "t"\n  message_storage_policy {\n  }', "missing argument allowed_persistence_regions"),
    ('name = "t"\n  dynamic "storage" {\n    for_each = []\n    content {}\n  }', "unknown dynamic block storage"),
)


@pytest.mark.parametrize(("body", "sentence"), MISTAKES)
def test_the_static_check_names_the_mistake(workspace, tmp_path, body, sentence):
    (tmp_path / "main.tf").write_text(f'resource "google_pubsub_topic" "t" {{\n  {body}\n}}\n', "utf-8")
    done = subprocess.run(
        [VENV / "bin" / "python", HERE / "static_check.py", HERE / "schema" / f"google-{NEWEST}.json", tmp_path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert sentence in done.stdout


def test_misspelling_any_argument_is_noticed_without_terraform(workspace):
    done = subprocess.run(
        [VENV / "bin" / "python", HERE / "mutation.py", HERE / "schema" / f"google-{NEWEST}.json", MODULE],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["tried"] > 200
    assert len(result["missed"]) <= result["tried"] * 0.05, result["missed"]


def test_misspelling_an_argument_is_noticed_by_terraform(workspace):
    """A sample, one of each file: terraform takes a second for each."""
    noticed = {}
    for path in sorted(workspace.directory.glob("*.tf")):
        text = path.read_text("utf-8")
        blocks = re.findall(r"^resource .*?^}", text, re.MULTILINE | re.DOTALL)
        if not blocks:
            continue
        last = list(re.finditer(r"^ +(\w+) +=", text, re.MULTILINE))[-1]
        path.write_text(text[: last.end(1)] + "x" + text[last.end(1) :], "utf-8")
        noticed[path.name, last[1]] = workspace.terraform("validate", check=False).returncode != 0
        path.write_text(text, "utf-8")
    assert len(noticed) >= 8
    assert all(noticed.values()), noticed


# What may be the same in two installations of one project: it is the project's, not theirs
SHARED = {"google_project_service", "google_firestore_index", "google_firestore_field"}
NAMING = ("name", "account_id", "secret_id", "repository_id", "display_name")


def test_two_installations_of_one_module_in_one_project_share_no_name(workspace):
    example = workspace.directory / "examples" / "two-installations"
    root = Workspace(example)
    root.terraform("init", "-backend=false", "-input=false")
    root.terraform("apply", "-auto-approve", "-input=false", "-var-file=terraform.tfvars.example")
    shown = json.loads(root.terraform("show", "-json").stdout)["values"]["root_module"]["child_modules"]
    assert {one["address"] for one in shown} == {'module.gardener["shop"]', 'module.gardener["data"]'}
    named = []
    for module in shown:
        made = [one for one in module["resources"] if one["mode"] == "managed" and one["type"] not in SHARED]
        named.append(
            {
                (one["type"], key, one["values"][key])
                for one in made
                for key in NAMING
                if one["values"].get(key) not in (None, "name-of-unnamed") and "iam_member" not in one["type"]
            }
        )
    assert all(len(names) > 10 for names in named)
    assert named[0] & named[1] == set()
    databases = {
        one["values"]["database"]
        for module in shown
        for one in module["resources"]
        if one["type"] == "google_firestore_index"
    }
    assert databases == {"garden-shop", "garden-data"}


def test_nothing_of_the_module_configures_a_provider_or_leaves_out_its_project(stacks):
    """A provider inside refuses for_each; a project that the caller's provider decides is somebody else's."""
    text = "\n".join(path.read_text("utf-8") for path in sorted(MODULE.glob("*.tf")))
    assert re.findall(r"^provider ", text, re.MULTILINE) == []
    for name, stack in stacks.items():
        for kind, label, values in stack.resources:
            if "project" in values and kind != "google_logging_project_sink":
                elsewhere = kind == "google_pubsub_topic_iam_member" and label == "sink_writer"
                assert values["project"] == f"garden-{name}" or elsewhere, f"{name}: {kind}.{label}"
