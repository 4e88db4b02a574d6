"""Play the demo: the worker on generated entries as they become due, and on-call's actions at their times."""

from __future__ import annotations

import json
import threading
from collections import deque
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from processor.app import wiring
from processor.app.clock import SystemClock
from processor.app.config import Settings
from processor.app.demo import story
from processor.model import ReceivedMessage, Status
from processor.triage.incidents import incidents
from processor.triage.operate import Wish, carry_out
from processor.views.search import searched, terms

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from processor.model import Cluster, Totals
    from processor.model.ports import Store

WHO: Final = "demo"
STATE_FILE: Final = "garden.db"
ISSUES: Final = "issues"
_PRESENT: Final = (Status.OPEN, Status.ACKNOWLEDGED)
_LOOK_S: Final = 5.0
_TAIL_S: Final = 12.0
"""Seconds after the last entry, for the issues to be updated."""


def settings_in(state: Path, issues: Path) -> Settings:
    """Return settings for a five-minute run: the shipped rules and thresholds, with short dwell times.

    The most urgent clusters wait a minute: an outage has to be recognised before its clusters get issues.
    """
    return Settings(
        source="file:demo?follow",  # an endless source: issues are kept up to date meanwhile
        state=f"sqlite:{state}",
        issues=f"folder:{issues}",
        worker="demo",
        flush_seconds=1.0,
        reconcile_seconds=_LOOK_S,
        dwell={"P0": "1m", "P1": "0m", "P2": "0m", "P3": "0m"},
    )


class Demo:
    """A run of the demo. `speed` 1 takes five minutes, 60 five seconds; `tell` is called with each act's sentence."""

    def __init__(self, state: Path, issues: Path, *, speed: float, tell: Callable[[int, str], None]) -> None:
        self.settings = settings_in(state, issues)
        self._tell = tell
        # At a higher speed the demo ends now, so that no entry lies in the future.
        begin = datetime.now(UTC) - timedelta(seconds=(story.LENGTH_S + _TAIL_S) * (1 - 1 / speed))
        self._clock = SystemClock(begin=begin, speed=speed)
        self._begin = begin
        self._source = _DueEntries(begin, self._clock)
        self._parts = wiring.make_worker(self.settings, source=self._source, clock=self._clock)
        self._failed: list[Exception] = []

    def play(self) -> Totals:
        """Play it to its end, or until `stop`. Raises the errors of the worker and of on-call's actions."""
        acting = threading.Thread(target=self._act_all, name="demo-on-call", daemon=True)
        acting.start()
        try:
            totals = self._parts.worker.run()
        finally:
            self._parts.store.close()
        acting.join()
        if self._failed:
            raise self._failed[0]
        return totals

    def stop(self) -> None:
        """End it early; safe from a signal handler."""
        self._parts.worker.stop()
        self._clock.wake()

    def _act_all(self) -> None:
        try:
            for act in story.ACTS:
                self._clock.sleep((self._begin + timedelta(seconds=act.at_s) - self._clock.now()).total_seconds())
                if self._clock.woken:
                    return
                self._tell(act.at_s, act.says)
                if act.action:
                    self._carry_out(act)
        except Exception as error:  # noqa: BLE001  # raised again where the demo is played
            self._failed.append(error)
            self.stop()

    def _carry_out(self, act: story.Act) -> None:
        store = wiring.open_store(self.settings, must_exist=True)
        try:
            for cluster in self._meant(act, store):
                carry_out(store, Wish(cluster.id, act.action, note=act.says), now=self._clock.now(), who=WHO)
        finally:
            store.close()

    def _meant(self, act: story.Act, store: Store) -> list[Cluster]:
        everything = store.clusters()
        words = terms(act.search)
        found = {one.id for one in everything if all(term.fits(one, searched(one)) for term in words)}
        if act.incident:
            for incident in incidents(everything, self._clock.now()):
                if incident.ids & found:
                    found |= incident.ids
        return [one for one in everything if one.id in found and one.triage.status in _PRESENT]


class _DueEntries:
    """See `processor.model.ports.Source`: the demo's entries, each at its time."""

    def __init__(self, begin: datetime, clock: SystemClock) -> None:
        self._left = deque(story.entries(begin))
        self._begin = begin
        self._clock = clock
        self._ends = begin + timedelta(seconds=story.LENGTH_S + _TAIL_S)

    def pull(self, max_messages: int, timeout_s: float) -> Sequence[ReceivedMessage]:
        """See `Source.pull`."""
        found: list[ReceivedMessage] = []
        passed_s = (self._clock.now() - self._begin).total_seconds()
        while self._left and len(found) < max_messages and self._left[0][0] <= passed_s:
            at_s, entry = self._left.popleft()
            found.append(ReceivedMessage(json.dumps(entry).encode(), f"{at_s:.6f}", source="demo"))
        if not found:
            next_s = self._left[0][0] - passed_s if self._left else timeout_s
            self._clock.sleep(max(min(timeout_s, next_s), 0.0))
        return found

    def ack(self, messages: Sequence[ReceivedMessage]) -> None:
        """Do nothing: generated entries need no acknowledgement; see `Source.ack`."""

    def release(self, messages: Sequence[ReceivedMessage]) -> None:
        """Do nothing: the demo is over by then; see `Source.release`."""

    def exhausted(self) -> bool:
        """See `Source.exhausted`."""
        return not self._left and self._clock.now() >= self._ends

    def close(self) -> None:
        """See `Source.close`."""
