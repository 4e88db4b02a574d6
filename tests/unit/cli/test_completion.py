"""Shell completion and the manual page are made from the commands themselves."""

import click
import pytest

from processor.cli import cli
from processor.cli.shell import SHELLS, manual, script


@pytest.mark.parametrize("shell", SHELLS)
def test_every_shell_gets_a_script_that_asks_this_program(shell):
    assert "_GARDENER_COMPLETE" in script(cli, shell)


def test_an_unknown_shell_is_refused_with_the_known_ones():
    with pytest.raises(click.UsageError, match="no completion for tcsh; choose one of bash, zsh, fish"):
        script(cli, "tcsh")


def test_the_manual_names_every_visible_command():
    text = manual(cli)

    assert [name for name, one in cli.commands.items() if not one.hidden and f"\n.SS {name} " not in text] == []
