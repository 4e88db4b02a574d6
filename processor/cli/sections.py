"""The list of commands by purpose, and a suggestion for a mistyped command."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from collections.abc import Mapping

SECTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "Look": (
        "clusters", "show", "top", "serve", "worklog", "rejected", "explain", "assign", "what-if",
    ),
    "Act": (
        "acknowledge", "mute", "resolve", "reopen", "undo", "priority", "assignee", "merge", "split", "forget",
    ),
    "Run": ("replay", "run", "demo", "beam"),
    "Set up": ("setup", "doctor", "config", "migrate", "completion"),
}  # fmt: skip
"""The purpose of each command, in the order of the list."""


class Grouped(click.Group):
    """A group that lists its commands by section."""

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write a list for each section; commands without a section come last."""
        listed = {name for names in SECTIONS.values() for name in names}
        sections = {**SECTIONS, "Other": tuple(name for name in self.list_commands(ctx) if name not in listed)}
        width = max(map(len, self.commands), default=0)
        limit = formatter.width - width - 6
        for title, names in sections.items():
            rows = [
                (name.ljust(width), self.commands[name].get_short_help_str(limit))
                for name in names
                if name in self.commands and not self.commands[name].hidden
            ]
            if rows:
                with formatter.section(title):
                    formatter.write_dl(rows)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; for an unknown name, suggest the nearest."""
        if args and not args[0].startswith("-") and args[0] not in self.commands:
            near = difflib.get_close_matches(args[0], self.commands, n=1, cutoff=0.5)
            said = f"did you mean `{near[0]}`?" if near else "`gardener --help` lists them."
            raise click.UsageError(f"No such command {args[0]!r}: {said}", ctx)
        return super().resolve_command(ctx, args)
