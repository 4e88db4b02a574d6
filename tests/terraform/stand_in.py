# ruff: noqa: N802  # names and arguments of the methods are gRPC's
"""A stand-in for terraform-provider-google: the real schema, no cloud.

Speaks tfplugin6, so that the real terraform binary can validate, plan, apply and test with no network and no
account. Computed values are invented, nothing is created. What the real provider checks in its own code
(patterns, ConflictsWith) is not checked here, apart from documented values and the rules below; a change of an
immutable argument shows as an update. GARDENER_PROVIDER_SCHEMA names the schema file to serve.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import os
import sys
import tempfile
import threading
from concurrent import futures
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import msgpack
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from provider_rules import broken_rule
from tf.gen import (
    grpc_controller_pb2,
    grpc_controller_pb2_grpc,
    grpc_stdio_pb2_grpc,
    tfplugin_pb2,
    tfplugin_pb2_grpc,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

UNKNOWN = msgpack.ExtType(0, b"\x00")
NUMBER = "123456789012"
# As the provider's documentation gives them under "import"
_IDS = {
    "google_pubsub_topic": "projects/{project}/topics/{name}",
    "google_pubsub_subscription": "projects/{project}/subscriptions/{name}",
    "google_secret_manager_secret": "projects/{project}/secrets/{name}",
}
_NAMED_BY = ("name", "account_id", "secret_id", "repository_id", "service", "field", "collection")


def is_unknown(value: Any) -> bool:
    """Terraform's "known after apply": extension 0, or 12 when something is known about it."""
    return isinstance(value, msgpack.ExtType)


def decoded(value: Any) -> Any:
    if value.msgpack:
        return msgpack.unpackb(value.msgpack, raw=False, strict_map_key=False)
    return json.loads(value.json) if value.json else None


def encoded(value: Any) -> Any:
    return tfplugin_pb2.DynamicValue(msgpack=msgpack.packb(value))


def wire_block(block: dict[str, Any]) -> Any:
    """A schema block as tfplugin6 sends it."""
    modes = tfplugin_pb2.Schema.NestedBlock.NestingMode
    return tfplugin_pb2.Schema.Block(
        attributes=[
            tfplugin_pb2.Schema.Attribute(
                name=name,
                type=json.dumps(about["type"]).encode(),
                required=about.get("required", False),
                optional=about.get("optional", False),
                computed=about.get("computed", False),
            )
            for name, about in block.get("attributes", {}).items()
        ],
        block_types=[
            tfplugin_pb2.Schema.NestedBlock(
                type_name=name,
                block=wire_block(about["block"]),
                nesting=modes.Value(about["nesting_mode"].upper()),
                min_items=about.get("min_items", 0),
                max_items=about.get("max_items", 0),
            )
            for name, about in block.get("block_types", {}).items()
        ],
    )


def children(value: Any, about: dict[str, Any]) -> list[Any]:
    """The instances of a nested block that are known."""
    if value is None or is_unknown(value):
        return []
    every = [value] if about["nesting_mode"] == "single" else value
    return [child for child in every if child is not None and not is_unknown(child)]


def complaints(kind: str, block: dict[str, Any], value: dict[str, Any], path: str = "") -> Iterator[str]:
    """What is wrong with a configuration beyond its shape."""
    for name, about in block.get("attributes", {}).items():
        given = value.get(name)
        if given is None or is_unknown(given):
            continue
        if "x_enum" in about and not isinstance(given, list) and given not in about["x_enum"]:
            yield f"{path}{name} = {given!r} is none of {', '.join(about['x_enum'])}"
        if sentence := broken_rule(kind, f"{path}{name}", given):
            yield f"{path}{name} = {given!r} {sentence}"
    for name, about in block.get("block_types", {}).items():
        for child in children(value.get(name), about):
            yield from complaints(kind, about["block"], child, f"{path}{name}.")


def completed(block: dict[str, Any], value: dict[str, Any], make: Callable[[str, Any], Any]) -> dict[str, Any]:
    """A copy in which `make(name, type)` stands for every computed value that is missing."""
    out = dict(value)
    for name, about in block.get("attributes", {}).items():
        if is_unknown(out.get(name)) or (out.get(name) is None and about.get("computed")):
            out[name] = make(name, about["type"])
    for name, about in block.get("block_types", {}).items():
        inner = out.get(name)
        if inner is None or is_unknown(inner):
            continue
        single = about["nesting_mode"] == "single"
        out[name] = (
            completed(about["block"], inner, make)
            if single
            else [completed(about["block"], child, make) for child in inner]
        )
    return out


def inventor(kind: str, config: dict[str, Any], default_project: str) -> Callable[[str, Any], Any]:
    """Makes up computed values for one resource: stable, and recognisable where a test looks at them."""
    given = (config.get(name) for name in _NAMED_BY)
    name = next((one for one in given if isinstance(one, str)), "unnamed")
    project = config.get("project") or config.get("project_id")
    project = project if isinstance(project, str) else default_project
    email = f"{name}@{project}.iam.gserviceaccount.com"
    known = {
        "project": project,
        "project_id": project,
        "number": NUMBER,
        "writer_identity": f"serviceAccount:writer-of-{kind}@gcp-sa-logging.iam.gserviceaccount.com",
        "email": email,
        "member": f"serviceAccount:{email}",
        "id": _IDS.get(kind, f"{kind}/{{name}}").format(project=project, name=name),
    }
    empty = {"number": 0, "bool": False, "list": [], "set": [], "map": {}}

    def make(attribute: str, wanted: Any) -> Any:
        if attribute in known and wanted == "string":
            return known[attribute]
        if wanted == "string":
            return f"{attribute}-of-{name}"
        return empty.get(wanted if isinstance(wanted, str) else wanted[0])

    return make


class Provider(tfplugin_pb2_grpc.ProviderServicer):
    """Answers Terraform from the schema alone."""

    def __init__(self, schema: dict[str, Any]):
        self._schema = schema
        self._project = ""

    def _block(self, table: str, kind: str) -> dict[str, Any]:
        block: dict[str, Any] = self._schema[table][kind]["block"]
        return block

    def GetProviderSchema(self, request, context):
        answer = tfplugin_pb2.GetProviderSchema.Response(
            provider=tfplugin_pb2.Schema(block=wire_block(self._schema["provider"]["block"]))
        )
        for table, target in (
            ("resource_schemas", answer.resource_schemas),
            ("data_source_schemas", answer.data_source_schemas),
        ):
            for kind, entry in self._schema[table].items():
                target[kind].CopyFrom(tfplugin_pb2.Schema(version=entry["version"], block=wire_block(entry["block"])))
        answer.server_capabilities.plan_destroy = True
        return answer

    def ValidateProviderConfig(self, request, context):
        return tfplugin_pb2.ValidateProviderConfig.Response()

    def ValidateResourceConfig(self, request, context):
        block = self._block("resource_schemas", request.type_name)
        found = complaints(request.type_name, block, decoded(request.config) or {})
        diagnostics = [tfplugin_pb2.Diagnostic(severity=tfplugin_pb2.Diagnostic.ERROR, summary=one) for one in found]
        return tfplugin_pb2.ValidateResourceConfig.Response(diagnostics=diagnostics)

    def ValidateDataResourceConfig(self, request, context):
        return tfplugin_pb2.ValidateDataResourceConfig.Response()

    def ConfigureProvider(self, request, context):
        self._project = decoded(request.config)["project"]
        return tfplugin_pb2.ConfigureProvider.Response()

    def UpgradeResourceState(self, request, context):
        return tfplugin_pb2.UpgradeResourceState.Response(upgraded_state=encoded(json.loads(request.raw_state.json)))

    def ReadResource(self, request, context):
        return tfplugin_pb2.ReadResource.Response(new_state=request.current_state)

    def PlanResourceChange(self, request, context):
        prior, proposed = decoded(request.prior_state), decoded(request.proposed_new_state)
        if proposed is not None and prior is None:
            block = self._block("resource_schemas", request.type_name)
            proposed = completed(block, proposed, lambda _name, _type: UNKNOWN)
        return tfplugin_pb2.PlanResourceChange.Response(planned_state=encoded(proposed), legacy_type_system=True)

    def ApplyResourceChange(self, request, context):
        planned = decoded(request.planned_state)
        if planned is not None:
            block = self._block("resource_schemas", request.type_name)
            planned = completed(block, planned, inventor(request.type_name, planned, self._project))
        return tfplugin_pb2.ApplyResourceChange.Response(new_state=encoded(planned), legacy_type_system=True)

    def ReadDataSource(self, request, context):
        config = decoded(request.config)
        block = self._block("data_source_schemas", request.type_name)
        return tfplugin_pb2.ReadDataSource.Response(
            state=encoded(completed(block, config, inventor(request.type_name, config, self._project)))
        )

    def GetFunctions(self, request, context):
        return tfplugin_pb2.GetFunctions.Response()

    def StopProvider(self, request, context):
        return tfplugin_pb2.StopProvider.Response()


class Controller(grpc_controller_pb2_grpc.GRPCControllerServicer):
    """Terraform's way to end a plugin."""

    def __init__(self, done: threading.Event):
        self._done = done

    def Shutdown(self, request, context):
        self._done.set()
        return grpc_controller_pb2.Empty()


class Stdio(grpc_stdio_pb2_grpc.GRPCStdioServicer):
    """Terraform asks for the plugin's output; there is none."""

    def StreamStdio(self, request, context):
        return iter(())


def certificate() -> tuple[bytes, grpc.ServerCredentials]:
    """A certificate for this one start: (DER for the handshake line, credentials for the server)."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now, day = dt.datetime.now(dt.UTC), dt.timedelta(days=1)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - day)
        .not_valid_after(now + day)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain = signed.public_bytes(serialization.Encoding.PEM)
    return signed.public_bytes(serialization.Encoding.DER), grpc.ssl_server_credentials([(pem, chain)])


def main() -> None:
    schema = json.loads(Path(os.environ["GARDENER_PROVIDER_SCHEMA"]).read_text("utf-8"))
    done = threading.Event()
    server = grpc.server(futures.ThreadPoolExecutor(8))
    provider = Provider(next(iter(schema["provider_schemas"].values())))
    tfplugin_pb2_grpc.add_ProviderServicer_to_server(provider, server)
    grpc_controller_pb2_grpc.add_GRPCControllerServicer_to_server(Controller(done), server)
    grpc_stdio_pb2_grpc.add_GRPCStdioServicer_to_server(Stdio(), server)
    with tempfile.TemporaryDirectory() as directory:
        der, credentials = certificate()
        server.add_secure_port(f"unix://{directory}/plugin", credentials)
        server.start()
        line = base64.b64encode(der).decode().rstrip("=")
        sys.stdout.write(f"1|6|unix|{directory}/plugin|grpc|{line}\n")
        sys.stdout.flush()
        done.wait()
        server.stop(0.1)


if __name__ == "__main__":
    main()
