"""The worklog's finished and next steps, each derived from the state. Pure.

Promises: a box is ticked only when the state shows that it is true; a next step is named only when the state shows
that it is open, and says how to take it. Nothing here is log text.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from processor.model import Priority, Status
from processor.views.worklog.facts import Stage
from processor.views.worklog.problems import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from processor.views.worklog.facts import Item, Worklog


class Box(NamedTuple):
    """One line with a checkbox."""

    done: bool
    text: str


def boxes(log: Worklog) -> tuple[Box, ...]:
    """Return the stages of the work, from collecting to a finished document."""
    awaited, reported, failed = log.of(Stage.AWAITED), log.of(Stage.REPORTED), log.of(Stage.GIVEN_UP)
    awaited += log.of(Stage.WAITING)
    variants = len(log.of(Stage.VARIANT))
    waiting = f" {variants:,} {'waits as a variant' if variants == 1 else 'wait as variants'}," if variants else ""
    owed = sum(item.owed for item in reported)
    undecided = [item for item in log.items if item.cluster.triage.priority is None]
    kept = log.totals.rejected
    return (
        Box(log.totals.ingested > 0, f"Log collection: {log.totals.ingested:,} entries, each accounted for"),
        Box(not kept, f"Decoding: {f'{kept:,} entries are in quarantine' if kept else 'every entry was decoded'}"),
        Box(True, f"Worklog created: {len(log.items):,} clusters, state as of {log.at:%Y-%m-%d %H:%M} UTC"),
        Box(
            not undecided, f"Priorities: decided for {len(log.items) - len(undecided):,} of {len(log.items):,} clusters"
        ),
        Box(
            not awaited and not failed,
            f"Issue creation: {len(reported):,} clusters have their issue, {len(awaited):,} await one,"
            f" {len(log.of(Stage.BELOW)):,} are below their threshold, {len(log.of(Stage.COVERED)):,} are covered by an"
            f" incident,{waiting} {len(log.of(Stage.SETTLED)):,} settled, {len(log.of(Stage.MUTED)):,} muted,"
            f" {len(failed):,} given up",
        ),
        Box(not owed, f"Issue updates: {f'{owed:,} comments are pending' if owed else 'no comment is pending'}"),
        Box(
            not awaited and not failed and not owed and not undecided and not kept,
            "Worklog final: every reference is in place and nothing is pending",
        ),
    )


def next_steps(log: Worklog) -> tuple[str, ...]:
    """Return the open work, the most urgent first."""
    return tuple(_steps(log))


def _steps(log: Worklog) -> Iterator[str]:
    places = numbers(log)

    def named(items: Iterable[Item]) -> str:
        found = [str(number) for number in sorted({places[item.cluster.id] for item in items})]
        shown = ", ".join(found[:12]) + (f" and {len(found) - 12} more" if len(found) > 12 else "")  # noqa: PLR2004
        return f"cluster{'s' if len(found) > 1 else ''} {shown}"

    handled = [(item, item.cluster.triage) for item in log.items]
    urgent = [
        item
        for item, triage in handled
        if item.priority <= Priority.P1
        and triage.status is Status.OPEN
        and not triage.assigned_to
        and not triage.quiet
        and item.stage not in (Stage.COVERED, Stage.VARIANT)
    ]
    if urgent:
        yield f"Look at {named(urgent)}: P0 or P1, and nobody is on it: it is neither acknowledged nor assigned."
    if back := [item for item, triage in handled if triage.regressions and triage.status is Status.OPEN]:
        yield f"Find out why {named(back)} came back after being settled."
    if awaited := log.of(Stage.AWAITED):
        yield (
            f"Open the issues of {named(awaited)}: the worker does it when it runs with"
            " `--issues github:OWNER/REPO` or `--issues folder:PATH`."
        )
    if waiting := log.of(Stage.WAITING):
        yield f"Wait for the issues of {named(waiting)}, or raise `issues_per_hour`: this hour's are opened."
    if owing := [item for item in log.items if item.owed]:
        yield f"Let the worker run: comments are pending on {named(owing)}."
    if failed := log.of(Stage.GIVEN_UP):
        yield f"See why the issues of {named(failed)} were given up; the reason is written there."
    if quiet := [item for item, triage in handled if triage.quiet and triage.status is Status.OPEN]:
        yield f"Resolve {named(quiet)} if the cause is gone: silent for so long that chance does not explain it."
    if log.totals.rejected:
        yield f"Read the {log.totals.rejected:,} entries in quarantine and why: `gardener rejected`."
