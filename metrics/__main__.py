"""`python -m metrics COMMAND`: measure and calibrate without a database."""

from __future__ import annotations

import sys

from common.console import run
from metrics.cli import (
    boundaries,
    boundary_annotations,
    calibration,
    ecspace,
    effectiveness,
    learnt,
    referee,
    set_level,
    statistics,
)

COMMANDS = (
    effectiveness.add_commands,
    boundaries.add_commands,
    boundary_annotations.add_commands,
    calibration.add_commands,
    ecspace.add_commands,
    referee.add_commands,
    learnt.add_commands,
    set_level.add_commands,
    statistics.add_commands,
)

if __name__ == "__main__":
    sys.exit(run("metrics", "Measure stylised pictures and calibrate the measures.", COMMANDS))
