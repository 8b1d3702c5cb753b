"""The command `ecspace`: everything that works on files, the site, and its management."""

from __future__ import annotations

import sys

from common.console import run
from ecspace import measure_command, site_command
from metrics.cli import (
    boundaries,
    boundary_annotations,
    calibration,
    ecspace,
    effectiveness,
    referee,
    statistics,
)
from transfer.cli import encoders, invert, methods, stylise

DESCRIPTION = "Make stylised pictures, measure them, and calibrate the measures by people's votes."
COMMANDS = (
    # In the order of one pass: make, measure, calibrate, look, serve.
    stylise.add_commands,
    measure_command.add_commands,
    calibration.add_commands,
    ecspace.add_commands,
    referee.add_commands,
    site_command.add_commands,
    methods.add_commands,
    encoders.add_commands,
    invert.add_commands,
    statistics.add_commands,
    effectiveness.add_commands,
    boundaries.add_commands,
    boundary_annotations.add_commands,
)


def main() -> None:
    """Run the command of `sys.argv` and exit with its code."""
    sys.exit(run("ecspace", DESCRIPTION, COMMANDS))
