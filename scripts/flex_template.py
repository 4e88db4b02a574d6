"""What the launcher of the Flex Template runs: `gardener beam` with the job's parameters, spelt as Beam spells them."""

import sys

from processor.cli import main
from processor.cli.beam import beam

OURS = {name for option in beam.params for name in option.opts}


def flag(argument):
    """`--min_severity=ERROR` as `--min-severity=ERROR`; what is Beam's stays as it is."""
    name, equals, value = argument.partition("=")
    dashed = name.replace("_", "-")
    return f"{dashed}{equals}{value}" if dashed in OURS else argument


if __name__ == "__main__":
    sys.argv[1:] = ["beam", *map(flag, sys.argv[1:])]
    main()
