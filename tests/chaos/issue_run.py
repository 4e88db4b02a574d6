"""A controller that dies on command. Reads jobs from standard input, one JSON object per line.

For every job a child is forked that takes some turns and, if asked to, kills itself with SIGKILL at its n-th point:
before and after every decision it stores; before, during and after every request. The answer line says how many points
there were and whether the child came to its end.
"""

import json
import os
import signal
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import httpx2

from processor.issues.controller import Limits, Reconciler
from processor.issues.plan import IssueSettings
from processor.issues.publish import Wording
from processor.triage import rules
from sinks.github.auth import TokenAuthority
from sinks.github.http import GitHubApi
from sinks.github.tracker import GitHubTracker
from sinks.sqlite.store import SqliteStore


class ShiftedClock:
    def __init__(self, offset_s):
        self.offset = timedelta(seconds=offset_s)

    def now(self):
        return datetime.now(UTC) + self.offset

    def sleep(self, seconds):
        time.sleep(min(seconds, 0.01))


class Reaper:
    """Counts the points and strikes at the one it was given."""

    def __init__(self, kill_at):
        self.kill_at = kill_at
        self.points = 0

    def point(self):
        self.points += 1
        if self.points == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def during(self):
        self.points += 1
        if self.points == self.kill_at:
            threading.Timer(0.02, os.kill, (os.getpid(), signal.SIGKILL)).start()

    def wrap(self, plain, *, with_during):
        def call(*args, **kwargs):
            self.point()
            if with_during:
                self.during()
            found = plain(*args, **kwargs)
            self.point()
            return found

        return call


def work(job):
    reaper = Reaper(job["kill_at"])
    SqliteStore.put_triage = reaper.wrap(SqliteStore.put_triage, with_during=False)
    httpx2.Client.request = reaper.wrap(httpx2.Client.request, with_during=True)
    clock = ShiftedClock(job["offset_s"])
    store = SqliteStore(job["state"])
    api = GitHubApi(job["url"], TokenAuthority("t"), clock=clock, write_gap_s=0.0)
    tracker = GitHubTracker(job["repository"], api=api, clock=clock, settle_s=120.0, body_interval_s=0.0)
    settings = IssueSettings(rules.make(), Wording(redact=str, mask=str))
    limits = Limits(issues_per_hour=job.get("per_hour", 20))
    controller = Reconciler(store, tracker, settings=settings, clock=clock, name=f"w{os.getpid()}", limits=limits)
    for _ in range(job["turns"]):
        controller.turn()
    return reaper.points


def main():
    for line in sys.stdin:
        job = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            points = work(job)
            os.write(writing, str(points).encode())
            os._exit(0)
        os.close(writing)
        _, status = os.waitpid(child, 0)
        points = os.read(reading, 20).decode()
        os.close(reading)
        killed = os.WIFSIGNALED(status)
        sys.stdout.write(json.dumps({"points": int(points or 0), "killed": killed, "status": status}) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
