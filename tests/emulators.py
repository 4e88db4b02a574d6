"""Google's official emulators as session fixtures, each on a free port and stopped with the session.

Import the fixture you need in a `conftest.py`. It gives `Emulator`; set `emulator.env` for the code under test.
Without gcloud or Java the tests are skipped with one line, but with CI set they fail: CI must not pass by skipping.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

_READY_S = 60.0
_ATTEMPTS = 3
_QUIET = {
    "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
    "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
    "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "true",
    # The JVM would take a quarter of the machine; a test's state is far smaller.
    "JAVA_TOOL_OPTIONS": "-Xmx3g",
}


@dataclass(frozen=True)
class Emulator:
    """A running emulator: what code under test must have in its environment, and where it listens."""

    name: str
    variable: str
    host: str
    port: int

    @property
    def address(self):
        return f"{self.host}:{self.port}"

    @property
    def env(self):
        return {self.variable: self.address}


def free_port():
    """A TCP port of the loopback interface that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(name):
    """Start the emulator called `name` ("firestore" or "pubsub") and stop it at the end."""
    with tempfile.TemporaryDirectory(prefix=f"{name}-emulator-") as folder:
        for attempt in range(1, _ATTEMPTS + 1):
            port = free_port()
            process = _start(name, port, Path(folder))
            try:
                if not _is_ready(process, port):
                    if attempt == _ATTEMPTS:
                        pytest.fail(f"the {name} emulator does not start:\n{_log(folder)}")
                    continue
                yield Emulator(name, f"{name.upper()}_EMULATOR_HOST", "127.0.0.1", port)
                return
            finally:
                _stop(process)


def _start(name, port, folder):
    missing = [tool for tool in ("gcloud", "java") if shutil.which(tool) is None]
    if missing:
        reason = f"the {name} emulator needs {' and '.join(missing)}: install google-cloud-cli-{name}-emulator"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    command = ["gcloud", "beta", "emulators", name, "start", f"--host-port=127.0.0.1:{port}"]
    if name == "pubsub":
        data = folder / "data"
        data.mkdir(exist_ok=True)
        command.append(f"--data-dir={data}")
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env={**os.environ, **_QUIET, "CLOUDSDK_CONFIG": str(folder / "config")},
            start_new_session=True,  # gcloud starts bash, which starts java: all of them end with the group
        )


def _is_ready(process, port):
    deadline = time.monotonic() + _READY_S
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=2) as answer:
            if answer.status == 200:
                return True
        time.sleep(0.2)
    return False


def _stop(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(5.0)
    # The group outlives its leader: java may still be leaving, and its state is not worth waiting for.
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _log(folder):
    return (Path(folder) / "log").read_text("utf-8", "replace")[-2000:]


@pytest.fixture(scope="session")
def firestore_emulator():
    with running("firestore") as emulator:
        yield emulator


@pytest.fixture(scope="session")
def pubsub_emulator():
    with running("pubsub") as emulator:
        yield emulator
