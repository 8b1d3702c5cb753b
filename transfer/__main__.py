"""`python -m transfer COMMAND`: stylised pictures without a database."""

from __future__ import annotations

import sys

from common.console import run
from transfer.cli import encoders, invert, methods, stylise

COMMANDS = (
    stylise.add_commands,
    invert.add_commands,
    methods.add_commands,
    encoders.add_commands,
)

if __name__ == "__main__":
    sys.exit(run("transfer", "Make stylised pictures.", COMMANDS))
