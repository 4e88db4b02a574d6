"""`make bench`: the measurements that need no emulator, one after the other, each in a process of its own.

    python bench/run.py [FOLDER]

FOLDER holds the real input (cloud-run-hour/, loghub/); without it only what makes its own input is run. The
measurements on the emulators: bench/e2e.py, bench/firestore_cost.py; of the page: bench/oncall.py.
"""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "shared" / "data"


def run(name, *arguments):
    print(f"--- bench/{name} {' '.join(map(str, arguments))}", flush=True)
    subprocess.run([sys.executable, HERE / name, *arguments], check=True, cwd=HERE.parent)


def main():
    data = Path(sys.argv[1]) if len(sys.argv) > 1 else DATA
    run("restart.py")
    run("hostile.py")
    if data.is_dir():
        run("accuracy.py", data / "loghub", "--baseline", "--shuffles", "5")
        run("speed.py", data / "cloud-run-hour" / "export.json", data / "loghub")
    else:
        print(f"{data} is not here: accuracy and speed are left out")


if __name__ == "__main__":
    main()
