"""The command line. `--help` of a command lists what it reads, what it writes and its exit codes.

Exit codes: 0 done, 1 the thing asked for is not there, 2 wrong usage or setting, 3 the state cannot be used,
4 the source cannot be read, 5 an outside part did not answer, 6 the issue tracker refused, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import gc
import sys
from typing import Final

import click

from processor import __version__
from processor.cli import actions, readers, replay, streams
from processor.cli.beam import beam
from processor.cli.demo import demo
from processor.cli.doctor import doctor
from processor.cli.oncall import serve, top
from processor.cli.sections import Grouped
from processor.cli.setup import setup
from processor.cli.shell import completion
from processor.cli.upkeep import forget, migrate
from processor.cli.worklog import worklog
from processor.model.errors import GardenerError

_GC_OBJECTS: Final = 50_000
"""New objects between two searches for reference cycles. What a command loads stays until its end, a worker's batch is
a hundred thousand objects that live until their commit, and neither has cycles; to search them at every 700th object,
as by default, takes a twentieth of a command's start and a tenth of the worker's time."""


def main() -> None:
    """Run a command; a known error becomes a sentence on stderr and its exit code."""
    gc.set_threshold(_GC_OBJECTS)
    streams.forgive()
    try:
        cli(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except click.exceptions.Exit as done:
        sys.exit(done.exit_code)
    except (click.Abort, KeyboardInterrupt):
        click.echo("gardener: stopped", err=True)
        sys.exit(130)
    except BrokenPipeError:
        # The reader (head, less) has closed the pipe; silence the flush at exit.
        sys.stderr.close()
        sys.exit(0)
    except GardenerError as error:
        click.echo(f"gardener: {error}", err=True)
        sys.exit(error.exit_code)


@click.group(cls=Grouped, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="gardener")
def cli() -> None:
    """Turn a stream of log entries into clusters, exact counts and one issue per problem.

    To begin: `gardener replay FILE` on an export of log entries, then `gardener serve`; or `gardener demo`.
    """


for _command in (
    *readers.COMMANDS,
    *actions.COMMANDS,
    *replay.COMMANDS,
    *(demo, serve, top, worklog, doctor, setup, beam, migrate, forget, completion),
):
    cli.add_command(_command)
