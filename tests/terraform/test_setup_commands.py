"""`gardener setup --print` makes what Terraform makes."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from gcloud_commands import Command, assert_known, command_tree, parsed

from processor.app.setup.commands import commands
from processor.app.setup.gcloud import Installation
from processor.app.telemetry import METRICS
from processor.model.errors import ConfigError

COMMON: dict[str, Any] = {"project": "garden-organization", "region": "europe-west1", "parent": "organizations/42"}
IMAGE = "europe-west1-docker.pkg.dev/garden-organization/log-gardener/gardener@sha256:" + "0" * 64
ON_CALL = ("one@example.com", "*@sre.example.com")
VIEWERS = ("group:on-call@example.com", "user:one@example.com")


@pytest.fixture(scope="module")
def printed() -> list[Command]:
    more: dict[str, Any] = {"repository": "o/r", "image": IMAGE, "alert_email": "on-call@example.com"}
    every = commands(Installation(**COMMON, **more, viewers=VIEWERS, on_call=ON_CALL))
    return [parsed(command) for command in every]


@pytest.fixture(scope="module")
def applied(stacks):
    return stacks["organization"]


def ending(printed: list[Command], *verb: str) -> list[Command]:
    return [one for one in printed if " ".join(verb) in " ".join(one.words)]


def test_the_same_apis_are_enabled(printed, applied):
    (enable,) = ending(printed, "services enable")
    # gcloud has no command for Firestore's rules
    wanted = {one["service"] for one in applied.of("google_project_service")} - {"firebaserules.googleapis.com"}
    assert set(enable.words[2:]) == wanted


def test_the_same_sink_with_the_same_filter_and_exclusions(printed, applied):
    (sink,) = ending(printed, "sinks create")
    (wanted,) = applied.of("google_logging_organization_sink")
    assert sink.words[3:] == (wanted["name"], wanted["destination"])
    assert sink.one("log-filter") == wanted["filter"]
    assert "include-children" in sink.flags
    assert sink.one("organization") == wanted["org_id"]
    left_out = dict(re.fullmatch(r"\^;\^name=(.*?);filter=(.*)", text).groups() for text in sink.flags["exclusion"])
    assert left_out == {one["name"]: one["filter"] for one in wanted["exclusions"] if one["name"] != "chatty"}


def test_the_same_topics_and_subscriptions(printed, applied):
    assert {one.name for one in ending(printed, "topics create")} == {
        one["name"] for one in applied.of("google_pubsub_topic")
    }
    days = {"7d": "604800s", "31d": "2678400s"}
    made = {}
    for one in ending(printed, "subscriptions create"):
        made[one.name] = {
            "topic": one.one("topic"),
            "ack_deadline_seconds": int(one.one("ack-deadline")),
            "message_retention_duration": days[one.one("message-retention-duration")],
            "backoff": (one.one("min-retry-delay"), one.one("max-retry-delay")),
            "never_expires": one.one("expiration-period") == "never",
            "dead": (one.flags.get("dead-letter-topic"), one.flags.get("max-delivery-attempts")),
        }
    wanted = {}
    for one in applied.of("google_pubsub_subscription"):
        dead = one["dead_letter_policy"]
        wanted[one["name"]] = {
            "topic": one["topic"].rsplit("/", 1)[1],
            "ack_deadline_seconds": one["ack_deadline_seconds"],
            "message_retention_duration": one["message_retention_duration"],
            "backoff": (one["retry_policy"][0]["minimum_backoff"], one["retry_policy"][0]["maximum_backoff"]),
            "never_expires": one["expiration_policy"][0]["ttl"] == "",
            "dead": ([dead[0]["dead_letter_topic"].rsplit("/", 1)[1]], [str(dead[0]["max_delivery_attempts"])])
            if dead
            else (None, None),
        }
    assert made == wanted


def test_the_same_indexes_exemptions_and_expiry(printed, applied):
    def collection(one: Command) -> str:
        return one.one("collection-group")

    orders = {"ascending": "ASCENDING", "descending": "DESCENDING"}
    indexes = set()
    for one in ending(printed, "indexes composite create"):
        fields = (re.fullmatch(r"field-path=(\w+),order=(\w+)", text).groups() for text in one.flags["field-config"])
        indexes.add((collection(one), tuple((name, orders[order]) for name, order in fields)))
    assert indexes == {
        (one["collection"], tuple((field["field_path"], field["order"]) for field in one["fields"]))
        for one in applied.of("google_firestore_index")
    }
    exempt = {(collection(one), one.name) for one in ending(printed, "fields update")}
    expiring = {(collection(one), one.name) for one in ending(printed, "ttls update")}
    fields = applied.of("google_firestore_field")
    assert exempt == {(one["collection"], one["field"]) for one in fields}
    assert expiring == {(one["collection"], one["field"]) for one in fields if one["ttl_config"]}


def test_the_same_database_and_backups(printed, applied):
    (made,) = ending(printed, "databases create")
    (database,) = applied.of("google_firestore_database")
    assert {"delete-protection", "enable-pitr"} <= set(made.flags)
    assert made.one("location") == database["location_id"]
    assert database["delete_protection_state"] == "DELETE_PROTECTION_ENABLED"
    (backup,) = ending(printed, "schedules create")
    assert (backup.one("recurrence"), backup.one("retention")) == ("daily", "7d")


def test_the_same_accounts_secret_and_images(printed, applied):
    assert {one.name for one in ending(printed, "service-accounts create")} == {
        one["account_id"] for one in applied.of("google_service_account")
    }
    assert [one.name for one in ending(printed, "secrets create")] == [
        one["secret_id"] for one in applied.of("google_secret_manager_secret")
    ]
    (images,) = ending(printed, "repositories create")
    assert images.name == applied.of("google_artifact_registry_repository")[0]["repository_id"]
    assert "immutable-tags" in images.flags


def test_the_same_grants(printed, applied):
    def member(text: str) -> str:
        text = re.sub(r"\$\(gcloud projects describe \S+ --format='value\(projectNumber\)'\)", "123456789012", text)
        return text if not text.startswith("$(gcloud logging sinks describe") else "the sink's writer"

    made = [(member(one.one("member")), one.one("role")) for one in printed if "add-iam-policy-binding" in one.words]
    wanted = []
    for kind, _, values in applied.resources:
        if "_iam_member" in kind:
            writer = "gcp-sa-logging" in values["member"]
            wanted.append(("the sink's writer" if writer else values["member"], values["role"]))
    assert sorted(made) == sorted(wanted)
    conditions = {one.one("condition") for one in ending(printed, "projects add-iam-policy-binding")}
    (granted,) = {one["condition"][0]["expression"] for one in applied.of("google_project_iam_member")}
    expression = granted.replace("databases/gardener", "databases/(default)")
    assert conditions == {f"^;^title=only the database of Log Gardener;expression={expression}"}


def test_the_same_programs_with_the_same_settings(printed, applied):
    (pool,) = ending(printed, "worker-pools deploy")
    (wanted,) = applied.of("google_cloud_run_v2_worker_pool")
    container = wanted["template"][0]["containers"][0]
    assert (pool.one("image"), pool.one("args")) == (container["image"], ",".join(container["args"]))
    assert pool.one("service-account") == wanted["template"][0]["service_account"]
    given = dict(pair.split("=", 1) for pair in pool.one("set-env-vars").split(","))
    plain = {one["name"] for one in container["env"] if one["value"]} - {
        "GARDENER_GITHUB_APP_ID",
        "GARDENER_GITHUB_INSTALLATION_ID",
    }
    assert set(given) == plain
    (page,) = ending(printed, "beta run deploy")
    (service,) = applied.of("google_cloud_run_v2_service")
    text = page.one("set-env-vars").removeprefix("^;^")
    text = text.replace(
        "$(gcloud projects describe garden-organization --format='value(projectNumber)')", "123456789012"
    )
    wanted_env = {one["name"]: one["value"] for one in service["template"][0]["containers"][0]["env"]}
    wanted_env["GARDENER_STATE"] = wanted_env["GARDENER_STATE"].removesuffix("/gardener")
    assert dict(pair.split("=", 1) for pair in text.split(";")) == wanted_env
    assert page.one("args").split(",") == service["template"][0]["containers"][0]["args"]
    assert "iap" in page.flags
    assert "no-allow-unauthenticated" in page.flags


def test_the_same_alerts(printed, applied):
    made = {}
    for one in ending(printed, "policies create"):
        policy = json.loads(one.one("policy"))
        (condition,) = policy["conditions"]
        spelled = ("conditionThreshold", "conditionAbsent", "conditionMatchedLog")
        about = next(condition[kind] for kind in spelled if kind in condition)
        texts = (about["filter"], about.get("duration"), policy["documentation"]["content"], policy["severity"])
        made[policy["displayName"]] = (*texts, about.get("thresholdValue"))
    wanted = {}
    for policy in applied.of("google_monitoring_alert_policy"):
        (condition,) = policy["conditions"]
        kinds = ("condition_threshold", "condition_absent", "condition_matched_log")
        about = next(condition[kind] for kind in kinds if condition.get(kind))[0]
        texts = (about["filter"], about.get("duration"), policy["documentation"][0]["content"], policy["severity"])
        wanted[policy["display_name"]] = (*texts, about.get("threshold_value"))
    assert made == wanted
    assert len(made) == 7


def test_the_same_dashboard_with_a_chart_for_each_alert_and_each_metric(printed, applied):
    (made,) = ending(printed, "dashboards create")
    (wanted,) = applied.of("google_monitoring_dashboard")
    assert json.loads(made.one("config")) == json.loads(wanted["dashboard_json"])
    assert "{name}" not in wanted["dashboard_json"]
    charts = [tile["widget"]["xyChart"]["dataSets"] for tile in json.loads(made.one("config"))["mosaicLayout"]["tiles"]]
    series = [one["timeSeriesQuery"] for (one,) in charts]
    shown = {text for one in series if (text := one.get("timeSeriesFilter", {}).get("filter"))}
    watched = {
        about["filter"]
        for policy in applied.of("google_monitoring_alert_policy")
        for kind in ("condition_threshold", "condition_absent")
        for about in policy["conditions"][0].get(kind) or ()
    }
    key = r'resource\.labels\.\w+="[^"]+"|metric\.type="[^"]+"'
    assert {tuple(re.findall(key, one)) for one in shown} == {tuple(re.findall(key, one)) for one in watched}
    queries = " ".join(one["prometheusQuery"] for one in series if "prometheusQuery" in one)
    assert [metric.name for metric in METRICS if metric.name not in queries] == []


def test_the_chart_of_an_existing_topic_shows_that_topic(stacks):
    (made,) = stacks["existing"].of("google_monitoring_dashboard")
    assert 'topic_id=\\"all-logs\\"' in made["dashboard_json"]
    assert "garden-guest-entries" not in made["dashboard_json"]


def test_a_project_sink_needs_no_children_and_an_absent_address_no_channel():
    every = [parsed(one) for one in commands(Installation("garden-project", "us-central1"))]
    (sink,) = ending(every, "sinks create")
    assert sink.one("project") == "garden-project"
    assert "include-children" not in sink.flags
    assert ending(every, "channels create") == []
    assert all("notification-channels" not in one.flags for one in every)
    assert "github:OWNER/REPO" in ending(every, "worker-pools deploy")[0].one("set-env-vars")


def test_an_installation_of_another_name_has_the_database_that_terraform_gives_it(stacks):
    every = [parsed(one) for one in commands(Installation("garden-folder", "europe-west1", "garden-two"))]
    (wanted,) = stacks["folder"].of("google_firestore_database")
    (made,) = ending(every, "databases create")
    assert made.one("database") == wanted["name"] == "garden-two"
    assert all(one.one("database") == "garden-two" for one in every if "database" in one.flags)
    (pool,) = ending(every, "worker-pools deploy")
    assert f"GARDENER_STATE={stacks['folder'].outputs['state']}," in pool.one("set-env-vars")
    (granted,) = {one["condition"][0]["expression"] for one in stacks["folder"].of("google_project_iam_member")}
    assert all(granted in one.one("condition") for one in ending(every, "projects add-iam-policy-binding"))


def test_a_billing_account_is_a_parent_without_children():
    about = Installation("garden-project", "europe-west1", parent="billingAccounts/012345-ABCDEF-678901")
    every = [parsed(one) for one in commands(about)]
    (sink,) = ending(every, "sinks create")
    assert sink.one("billing-account") == "012345-ABCDEF-678901"
    assert "include-children" not in sink.flags
    (grant,) = [one for one in ending(every, "topics add-iam-policy-binding") if "sinks describe" in one.one("member")]
    assert "--billing-account=012345-ABCDEF-678901" in grant.one("member")
    assert ending(every, "metrics-scopes create") == []


def test_alerts_see_the_project_of_a_sink_that_lies_elsewhere():
    def scopes(parent):
        about = Installation("garden-project", "europe-west1", parent=parent)
        return [one.words[-1] for one in ending([parsed(one) for one in commands(about)], "metrics-scopes create")]

    assert scopes("projects/other-project") == ["projects/other-project"]
    assert scopes("projects/garden-project") == scopes("") == scopes("folders/42") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"project": "x; rm -rf /"},
        {"project": ""},
        {"region": "$(reboot)"},
        {"name": "Log Gardener"},
        {"parent": "organization/42"},
        {"parent": "billingAccounts/012345"},
        {"on_call": ["one@example.com$(reboot)"]},
    ],
)
def test_a_name_that_google_would_refuse_is_refused_with_its_form(wrong):
    with pytest.raises(ConfigError, match=r" is not "):
        Installation(**({"project": "garden-project", "region": "europe-west1"} | wrong))


def test_values_reach_the_shell_as_words_whatever_they_hold():
    hostile = "o/r'; touch /tmp/x; echo '$(reboot)"
    (pool,) = ending(
        [parsed(one) for one in commands(Installation(**COMMON, repository=hostile))], "worker-pools deploy"
    )
    assert f"GARDENER_ISSUES=github:{hostile}," in pool.one("set-env-vars")


@pytest.fixture(scope="module")
def gcloud_tree() -> dict[str, Any]:
    return command_tree() or pytest.skip("there is no gcloud with a command tree on PATH")


def test_gcloud_knows_every_command_and_flag(printed, gcloud_tree):
    for command in printed:
        assert_known(command, gcloud_tree)


def test_gcloud_knows_the_commands_that_terraform_tells_people_to_type(stacks, gcloud_tree):
    told = [line for stack in stacks.values() for line in re.findall(r"gcloud [^\n]+", stack.outputs["next_steps"])]
    assert len(told) >= 6
    for line in told:
        assert_known(parsed(line), gcloud_tree)
