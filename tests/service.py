"""A worker as a process, with its health port and its log, and ways to hurt it."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Service:
    """`gardener run` in a folder, by `program`. `errors` is its log file."""

    def __init__(self, folder, source, state, *arguments, env=None, program=("-m", "processor")):
        self.port = free_port()
        self.errors = Path(folder) / f"worker-{self.port}.log"
        command = [sys.executable, *program, "run", "--source", source, "--state", state]
        command += ["--health-port", str(self.port), "--log-format", "json", *arguments]
        with self.errors.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=folder, stderr=log, env={**os.environ, "PYTHONPATH": str(ROOT), **(env or {})}
            )

    def lines(self, action=None):
        """What it logged so far."""
        found = [json.loads(line) for line in self.errors.read_text("utf-8").splitlines() if line.startswith("{")]
        return [line for line in found if action in (None, line["log_gardener"]["action"])]

    def ask(self, path):
        """Status and body of its health port; 0 while it does not listen."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refusal:
            with refusal:
                return refusal.code, refusal.read().decode()
        except OSError:
            return 0, ""

    def wait_until(self, condition, seconds):
        """Wait for something to become true of this service."""
        ends = time.monotonic() + seconds
        while time.monotonic() < ends:
            if condition(self):
                return
            assert self.process.poll() is None, self.errors.read_text("utf-8")[-3000:]
            time.sleep(0.1)
        raise AssertionError(f"not within {seconds} s:\n{self.errors.read_text('utf-8')[-3000:]}")

    def wait_ready(self, seconds=30):
        self.wait_until(lambda service: service.ask("/readyz")[0] == 200, seconds)

    def rss_mb(self):
        """Resident memory, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text("ascii")
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024

    def terminate(self):
        """SIGTERM: the exit code and the seconds it took."""
        started = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15), time.monotonic() - started

    def kill(self):
        """SIGKILL, whatever it is doing."""
        self.process.kill()
        self.process.wait()


def processes_listening_for(emulator):
    """The process ids of an emulator's server, to pause it."""
    wanted = f"--port={emulator.port}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                words = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if words[0].endswith(b"java") and (
                wanted in words or (b"--port" in words and b"%d" % emulator.port in words)
            ):
                found.append(int(folder.name))
    return found


@contextlib.contextmanager
def paused(emulator):
    """Stop the emulator's process meanwhile: connections stay open, nothing answers."""
    pids = processes_listening_for(emulator)
    assert pids, "the emulator's process was not found"
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def pause(emulator, seconds):
    """Stop the emulator's process for a while."""
    with paused(emulator):
        time.sleep(seconds)
