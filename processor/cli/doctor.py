"""`gardener doctor`: find what is wrong with the set-up and print the command that fixes it."""

from __future__ import annotations

import json
import sys
from typing import Final

import click
from msgspec.structs import asdict

from processor.cli import options
from processor.model import Grade

_SIGNS: Final = {Grade.WELL: "ok     ", Grade.SKIPPED: "skipped", Grade.WARNING: "warning", Grade.PROBLEM: "PROBLEM"}


@click.command()
@click.option("--source", metavar="SOURCE", help=options.SOURCE_HELP)
@options.state
@click.option("--issues", metavar="ISSUES", help=options.ISSUES_HELP)
@options.as_json
def doctor(config: str | None, as_json: bool, **flags: str | None) -> None:
    """Check every configured part and print, for each problem, the command that fixes it.

    Exits with 0 when nothing is wrong (warnings are allowed), else with 1. One document is written to Firestore and
    deleted again; nothing else is changed.
    """
    from processor.app import doctor_checks as wiring_doctor
    from processor.app.config import load
    from processor.app.doctor import examine
    from processor.text.terminal import plain

    found = list(examine(wiring_doctor.make_checks(load(flags, config))))
    if as_json:
        click.echo(json.dumps([asdict(finding) for finding in found]))
    else:
        for finding in found:
            click.echo(f"{_SIGNS[finding.grade]}  {finding.part}: {plain(finding.text)}")
            if finding.mend:
                click.echo(f"         fix: {plain(finding.mend)}")
    if any(finding.grade is Grade.PROBLEM for finding in found):
        sys.exit(1)
