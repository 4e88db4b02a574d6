"""A progress bar for long input, on stderr, only where a person looks at it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from processor.model import Checkpoint, Committed
    from processor.model.ports import Source


class Progress:
    """Shows how much of a file is read; silent for pipes, small terminals and `--json`."""

    def __init__(self, *, visible: bool) -> None:
        self._bar = None
        self._source: Source | None = None
        self._messages = 0
        if visible and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
            from rich.progress import Progress as RichProgress

            self._bar = RichProgress(
                TextColumn("{task.completed:,.0f} of {task.total:,.0f} bytes"),
                BarColumn(),
                TextColumn("{task.fields[entries]:,} entries"),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
            )

    def __enter__(self) -> Self:
        """Start drawing."""
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.stop()

    def follow(self, source: Source) -> None:
        """The source whose position is shown, if it has a size."""
        self._source = source
        if self._bar is not None:
            self._bar.add_task("replay", total=getattr(source, "size", None), entries=0)

    def observe(self, checkpoint: Checkpoint, _committed: Committed) -> None:
        """One more checkpoint is committed."""
        self._messages += checkpoint.totals.ingested
        if self._bar is not None:
            for task in self._bar.task_ids:
                self._bar.update(task, completed=getattr(self._source, "position", 0), entries=self._messages)
