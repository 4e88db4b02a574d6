"""`make dev`: everything on one machine, with nothing but the emulators."""

import json
import re
import shutil
import subprocess
import sys
import urllib.request

import pytest
from service import ROOT


@pytest.mark.skipif(not (shutil.which("gcloud") and shutil.which("java")), reason="the emulators need gcloud and Java")
def test_the_worker_counts_examples_and_the_page_shows_them():
    command = [sys.executable, str(ROOT / "scripts" / "emulators"), "--dev", "--rate", "20", "--seconds", "40"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT) as script:
        heard = []
        for line in script.stdout:
            heard.append(line)
            if "on-call page" in line:
                break
        page = re.search(r"http://\S+/", heard[-1])[0]
        logged = []
        for line in script.stderr:
            logged.append(line)
            if '"checkpoint"' in line and json.loads(line)["log_gardener"]["counted"]:
                break
        with urllib.request.urlopen(page, timeout=20) as answer:  # noqa: S310  # our own page
            shown = answer.read().decode()
        script.terminate()
        script.communicate(timeout=60)

    assert sum(line.startswith("export ") for line in heard) == 2
    assert logged
    assert "<table" in shown or "<ul" in shown
