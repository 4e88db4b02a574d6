"""A progress bar for long input, on stderr, only on a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from rich.progress import Task

    from processor.model import Checkpoint, Committed
    from processor.model.ports import Source


class Progress:
    """Shows how much of a source has been read, or only activity if its size is unknown; silent for pipes."""

    def __init__(self, source: Source, *, visible: bool) -> None:
        self._bar = None
        self._source = source
        self._messages = 0
        if visible and sys.stderr.isatty():
            from rich.console import Console
            from rich.progress import BarColumn, ProgressColumn, TimeRemainingColumn
            from rich.progress import Progress as RichProgress
            from rich.text import Text

            class Position(ProgressColumn):
                """Bytes read, and the total if known."""

                def render(self, task: Task) -> Text:
                    of = f" of {task.total:,.0f}" if task.total is not None else ""
                    return Text(f"{task.completed:,.0f}{of} bytes, {task.fields['entries']:,} entries")

            self._bar = RichProgress(
                Position(), BarColumn(), TimeRemainingColumn(), console=Console(stderr=True), transient=True
            )
            self._bar.add_task("replay", total=getattr(source, "size", None), entries=0)

    def __enter__(self) -> Self:
        """Start drawing."""
        if self._bar is not None:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the bar."""
        if self._bar is not None:
            self._bar.stop()

    def observe(self, checkpoint: Checkpoint, _committed: Committed) -> None:
        """Advance after a committed checkpoint."""
        self._messages += checkpoint.totals.ingested
        if self._bar is not None:
            for task in self._bar.task_ids:
                self._bar.update(task, completed=getattr(self._source, "position", 0), entries=self._messages)
