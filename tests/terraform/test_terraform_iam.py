from __future__ import annotations

import re

import pytest
from deployment import STACKS, TOP

TABLE = TOP / "docs" / "iam.md"
# What each stack calls its installation and its database
NAMES = {
    "project": ("log-gardener", "(default)"),
    "folder": ("garden-two", "garden-two"),
    "organization": ("log-gardener", "gardener"),
    "dataflow": ("log-gardener", "(default)"),
    "existing": ("garden-guest", "shared"),
    "keys": ("log-gardener", "(default)"),
}
# What a stack names as `config_secret`
CONFIG_SECRETS = {"garden-rules"}
# Google's own, by the domain of their accounts
AGENTS = {
    "gcp-sa-artifactregistry": "Artifact Registry",
    "gcp-sa-firestore": "Firestore",
    "gcp-sa-iap": "IAP",
    "gcp-sa-pubsub": "Pub/Sub",
    "gcp-sa-secretmanager": "Secret Manager",
    "gs-project-accounts": "Storage",
    "serverless-robot-prod": "Cloud Run",
}
# Resource type, and the argument that says on what
SCOPES = {
    "google_pubsub_topic_iam_member": ("topic", "topic"),
    "google_pubsub_subscription_iam_member": ("subscription", "subscription"),
    "google_project_iam_member": ("database", "condition"),
    "google_secret_manager_secret_iam_member": ("secret", "secret_id"),
    "google_storage_bucket_iam_member": ("bucket", "bucket"),
    "google_kms_crypto_key_iam_member": ("key", "crypto_key_id"),
    "google_artifact_registry_repository_iam_member": ("repository", "repository"),
    "google_cloud_run_v2_service_iam_member": ("service", "name"),
    "google_iap_web_cloud_run_service_iam_member": ("service", "cloud_run_service_name"),
}


def documented() -> set[tuple[str, str, str]]:
    """(who, role, on) of the first table."""
    first = TABLE.read_text("utf-8").split("\n## ")[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in first.splitlines() if line[:2] == "| "]
    return {(who, role, on) for who, role, on, _why in rows[2:]}


def granted(stack, name: str) -> set[tuple[str, str, str]]:
    """The same of an applied stack, in the words of the table."""
    installation, database = NAMES[name]
    found = set()
    for kind, label, values in stack.resources:
        if "_iam_" not in kind:
            continue
        assert kind in SCOPES, f"{kind}.{label} is a kind of grant that docs/iam.md does not know"
        what, argument = SCOPES[kind]
        if values["role"] == "roles/dataflow.worker":
            what, on = "project", ""
        elif what == "key":
            on = "kms_key"
        elif label == "config":
            on = "config_secret" if values[argument] in CONFIG_SECRETS else values[argument]
        elif what == "database":
            on = condition(values, name, database)
        else:
            on = values[argument].rsplit("/", 1)[-1].replace(installation, "log-gardener", 1)
        on = on.removeprefix(f"garden-{name}-")
        found.add((who(values["member"], installation, name), values["role"], f"{what} {on}".strip()))
    return found


def who(member: str, installation: str, name: str) -> str:
    own = re.fullmatch(rf"serviceAccount:{installation}-(\w+)@garden-{name}\.iam\.gserviceaccount\.com", member)
    if own:
        return own[1]
    agent = re.fullmatch(r"serviceAccount:service-123456789012@([\w-]+)\.iam\.gserviceaccount\.com", member)
    if agent and agent[1] in AGENTS:
        return AGENTS[agent[1]]
    if re.fullmatch(
        r"serviceAccount:writer-of-google_logging_\w+_sink@gcp-sa-logging\.iam\.gserviceaccount\.com", member
    ):
        return "sink"
    assert member in {"group:on-call@example.com", "user:one@example.com"}, member
    return "viewer"


def condition(values, name: str, database: str) -> str:
    """A grant on the project counts only with the condition that binds it to the database."""
    (one,) = values["condition"]
    assert values["project"] == f"garden-{name}"
    assert one["expression"] == (
        'resource.type == "firestore.googleapis.com/Database" && '
        f'resource.name == "projects/garden-{name}/databases/{database}"'
    )
    return "(default)"


@pytest.mark.parametrize("name", STACKS)
def test_nothing_is_granted_that_the_table_does_not_give_a_reason_for(stacks, name):
    assert granted(stacks[name], name) - documented() == set()


def test_everything_in_the_table_is_granted_somewhere(stacks):
    everything = set().union(*(granted(stacks[name], name) for name in STACKS))
    assert documented() - everything == set()
    assert len(documented()) == 24


def test_no_grant_is_authoritative_or_wide():
    """A binding or a policy would throw out grants of others; the whole project is not ours to grant on."""
    text = "\n".join(path.read_text("utf-8") for path in sorted((TOP / "terraform").glob("*.tf")))
    assert re.findall(r"_iam_(?:binding|policy)\b", text) == []
    assert re.findall(r"\"all(?:Authenticated)?Users|roles/(?:owner|editor|viewer)\b", text) == []
    assert re.findall(r"google_service_account_key", text) == []


@pytest.mark.parametrize("name", STACKS)
def test_every_grant_on_a_subscription_is_made_again_when_the_subscription_is(name, stacks):
    text = "".join((TOP / "terraform" / f"{file}.tf").read_text("utf-8") for file in ("queue", "dataflow"))
    blocks = re.findall(r'^resource "google_pubsub_subscription_iam_member".*?^}', text, re.MULTILINE | re.DOTALL)
    assert len(blocks) == 3
    assert all("replace_triggered_by = [google_pubsub_subscription.worker.id]" in block for block in blocks)
    assert len(stacks[name].of("google_pubsub_subscription_iam_member")) == (5 if name in {"dataflow", "keys"} else 3)


def test_the_roles_of_who_deploys_have_a_reason_each():
    second = TABLE.read_text("utf-8").split("\n## Who deploys")[1]
    rows = re.findall(r"^\| (roles/[\w.]+) \| ([\w' ]+) \| (.{6,}) \|$", second, re.MULTILINE)
    assert len(rows) == 15
    assert len({role for role, _, _ in rows}) == 15
