"""The command `gardener worklog`: the document of a period, from the state alone."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from processor.cli import options

if TYPE_CHECKING:
    from processor.views.worklog.facts import Period


@click.command()
@options.state
@click.option("--since", metavar="DAY", help="From this UTC day on, such as 2025-09-13.")
@click.option("--until", metavar="DAY", help="Up to and including this UTC day.")
@click.option("--service", default="", metavar="NAME", help="Only this service.")
@click.option("--out", metavar="FILE", help="Write it to this file, atomically, instead of printing it.")
@options.as_json
def worklog(
    config: str | None,
    state: str | None,
    since: str | None,
    until: str | None,
    service: str,
    out: str | None,
    as_json: bool,
) -> None:
    """Write the worklog: the events of a period, cluster by cluster, with issues, open work and totals.

    Changes nothing.

    Everything in it comes from the state; samples are redacted as in issues, but shown with their values. Days are
    whole UTC days, which the state keeps for ninety days.
    """
    from processor.app import publishing, wiring
    from processor.views.worklog import as_json as worklog_json
    from processor.views.worklog import markdown as worklog_page
    from processor.views.worklog.writer import read, write

    period = _period(since, until)
    settings = options.reading(state, config)
    store = wiring.open_store(settings, must_exist=True)
    made = read(store, wiring.make_policy(settings), period=period, service=service)
    store.close()
    redact = publishing.make_wording(settings).shown
    if as_json:
        text = json.dumps(worklog_json.as_json(made, redact), ensure_ascii=False, indent=2) + "\n"
    else:
        text = worklog_page.markdown(made, redact)
    if out is None:
        click.echo(text, nl=False)
    else:
        write(Path(out), text)


def _period(since: str | None, until: str | None) -> Period:
    from processor.views.worklog.facts import Period

    first, last = _day("--since", since), _day("--until", until)
    if first and last and last < first:
        raise click.BadParameter(f"{until} is before {since}; the last day comes after the first", param_hint="--until")
    return Period(first, last)


def _day(option: str, text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
    except ValueError:
        raise click.BadParameter(f"{text!r} is not a day such as 2025-09-13", param_hint=option) from None
