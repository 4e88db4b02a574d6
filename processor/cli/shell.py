"""`gardener completion`: shell completion of commands and options, and the manual page."""

from __future__ import annotations

import click

SHELLS = ("bash", "zsh", "fish")


@click.command()
@click.argument("shell", type=click.Choice([*SHELLS, "man"]))
def completion(shell: str) -> None:
    """Print the completion of commands and options for a shell, or the manual page for `man`.

    The wheel installs them all under share/. From a checkout: `eval "$(gardener completion bash)"` in ~/.bashrc, the
    same with zsh in ~/.zshrc; `gardener completion fish > ~/.config/fish/completions/gardener.fish`.
    """
    whole = click.get_current_context().find_root().command
    if isinstance(whole, click.Group):
        click.echo(manual(whole) if shell == "man" else script(whole, shell), nl=False)


def script(cli: click.Group, shell: str) -> str:
    """Return the script that makes a shell complete this program."""
    from click.shell_completion import get_completion_class

    made = get_completion_class(shell)
    if made is None:
        raise click.UsageError(f"no completion for {shell}; choose one of {', '.join(SHELLS)}")
    source = made(cli, {}, "gardener", "_GARDENER_COMPLETE").source_vars()
    return made.source_template % source + "\n"


def manual(cli: click.Group) -> str:
    """Return the manual page, made from the help of every command."""
    from processor import __version__
    from processor.cli.sections import SECTIONS

    lines = [
        f'.TH GARDENER 1 "" "Log Gardener {__version__}" "User Commands"',
        ".SH NAME", "gardener \\- log entries to clusters, exact counts and one issue per problem",
        ".SH SYNOPSIS", ".B gardener", ".I COMMAND", "[OPTIONS] [ARGUMENTS]",
        ".SH DESCRIPTION", _roff(cli.help or ""),
    ]  # fmt: skip
    for title, names in SECTIONS.items():
        lines.append(f".SH {title.upper()}")
        for name in names:
            if name in cli.commands:
                lines += _manual_of(name, cli.commands[name])
    lines += [
        ".SH EXIT STATUS", "0 done, 1 the thing asked for is not there, 2 wrong usage or setting,",
        "3 the state cannot be used, 4 the source cannot be read, 5 an outside part did not answer,",
        "6 the issue tracker refused, 130 stopped by Ctrl\\-C.",
        ".SH FILES", ".I gardener.toml", "in the working directory: settings, see",
        ".B gardener config", "for all of them.",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _manual_of(name: str, command: click.Command) -> list[str]:
    ctx = click.Context(command, info_name=name)
    usage = " ".join(command.collect_usage_pieces(ctx))
    lines = [f".SS {name} {_roff(usage)}", _roff(command.help or "")]
    for param in command.params:
        record = param.get_help_record(ctx)
        if record is not None:
            lines += [".TP", f".B {_roff(record[0])}", _roff(record[1])]
    return lines


def _roff(text: str) -> str:
    """Return text for troff: nothing in it is a request."""
    kept = text.replace("\\", "\\e").replace("-", "\\-").replace("\b\n", "")
    return "\n".join(f"\\&{line}" if line.startswith((".", "'")) else line for line in kept.splitlines())
