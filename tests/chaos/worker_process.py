"""A real worker in a process that may be killed at any instruction: `worker_process.py PROJECT DELIVERIES ENTRIES`.

DELIVERIES holds one entry a line. Line numbers are acknowledged by appending them to DELIVERIES.acked; what is not
there comes again after a restart. DELIVERIES.begun says which process has begun to pull.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from processor.app.clock import SystemClock
from processor.ingest.worker import FlushPolicy, Worker
from processor.mining.masker import Masker
from processor.mining.miners import Miners
from processor.model import ReceivedMessage
from sinks.firestore.store import FirestoreStore


class ListSource:
    """See `processor.model.ports.Source`."""

    def __init__(self, path):
        acked = path.with_suffix(".acked")
        self._acks = os.open(acked, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        # A kill may leave half a number; it ends without a newline and is not taken for one.
        numbers = acked.read_text("ascii").split("\n")[:-1]
        done = {number for number in numbers if number.endswith(";")}
        lines = path.read_text("utf-8").splitlines()
        self._waiting = [
            ReceivedMessage(line.encode(), f"m{number}", f"{number};")
            for number, line in enumerate(lines)
            if f"{number};" not in done
        ]
        self._left = len(self._waiting)
        self._begun = path.with_suffix(".begun")

    def pull(self, max_messages, timeout_s):  # the protocol has it
        """See `Source.pull`."""
        if self._begun is not None:
            self._begun.write_text(str(os.getpid()), "ascii")
            self._begun = None
        part, self._waiting = self._waiting[:max_messages], self._waiting[max_messages:]
        return part

    def ack(self, messages):
        """See `Source.ack`."""
        os.write(self._acks, "".join(f"\n{message.ack_id}\n" for message in messages).encode())
        self._left -= len(messages)

    def release(self, messages):
        """See `Source.release`."""

    def exhausted(self):
        """See `Source.exhausted`."""
        return self._left == 0

    def close(self):
        """See `Source.close`."""
        os.close(self._acks)


def main():
    project, path, flush_entries = sys.argv[1], Path(sys.argv[2]), int(sys.argv[3])
    store = FirestoreStore(project)
    worker = Worker(
        ListSource(path),
        store,
        miners=Miners(),
        masker=Masker(),
        clock=SystemClock(),
        name=f"{path.stem}-{os.getpid()}",
        pace=FlushPolicy(flush_seconds=1.0, flush_entries=flush_entries),
        executor=ThreadPoolExecutor(1),
    )
    worker.run()
    store.close()


if __name__ == "__main__":
    main()
