"""`gardener setup --print`: the deployment as gcloud commands, for people who do not use Terraform.

Promises: standard output is a shell script and nothing else; values to be filled in are listed on stderr. Runs nothing,
reads no state and no settings: it is for an empty project.
"""

from __future__ import annotations

from typing import Final

import click

_PLACEHOLDERS: Final = {
    "OWNER/REPO": "the repository for issues: --repository",
    "IMAGE": "the image by digest, once it is built: --image",
    "TOKEN_FILE": "the file that holds the GitHub token",
}


@click.command()
@click.option("--print", "printing", is_flag=True, help="Print the commands. Required: nothing is ever run.")
@click.option("--project", required=True, metavar="ID", help="Project that runs Log Gardener.")
@click.option("--region", default="europe-west1", show_default=True, metavar="REGION", help="Region of all resources.")
@click.option("--service", default="log-gardener", show_default=True, metavar="NAME", help="Prefix of every resource.")
@click.option(
    "--parent",
    metavar="PARENT",
    help="Source of logs: projects/ID, folders/N, organizations/N or billingAccounts/ID.",
)
@click.option("--repository", metavar="OWNER/REPO", help="Repository for issues.")
@click.option("--image", metavar="IMAGE", help="Image by digest, ...@sha256:...")
@click.option("--alert-email", metavar="ADDRESS", help="Address for alerts; by default they notify nobody.")
@click.option("--viewer", "viewers", multiple=True, metavar="WHO", help="May view: group:a@example.com; repeatable.")
@click.option("--on-call", multiple=True, metavar="ADDRESS", help="May decide: *@sre.example.com; repeatable.")
def setup(
    *,
    printing: bool,
    project: str,
    region: str,
    service: str,
    parent: str | None,
    repository: str | None,
    image: str | None,
    alert_email: str | None,
    viewers: tuple[str, ...],
    on_call: tuple[str, ...],
) -> None:
    """Print the gcloud commands that set everything up in a project, in order. Runs nothing.

    The result equals that of terraform/ with its defaults; docs/deploy.md explains the steps.
    """
    from processor.app.setup.commands import commands
    from processor.app.setup.gcloud import Installation

    if not printing:
        raise click.UsageError("nothing is run for you: add --print, read the commands, then run them")
    named = {"parent": parent, "repository": repository, "image": image, "alert_email": alert_email}
    given = {name: value for name, value in named.items() if value is not None}
    for line in commands(Installation(project, region, service, viewers=viewers, on_call=on_call, **given)):
        click.echo(line)
    absent = {"OWNER/REPO": repository is None, "IMAGE": image is None, "TOKEN_FILE": True}
    for name in (name for name in _PLACEHOLDERS if absent[name]):
        click.echo(f"to fill in: {name}, {_PLACEHOLDERS[name]}", err=True)
