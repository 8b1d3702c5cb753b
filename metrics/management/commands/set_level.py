"""Compute ArtFID's form of each method of a batch."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from common.atomic import write_text
from common.command import InputCommand
from common.tables import rows_to_csv
from metrics.cli.learnt import add_encoder_options, moments_of
from metrics.cli.set_level import add_layer_option, rows_of
from metrics.measurements.measuring import batch_named
from metrics.measurements.set_levels import measure_set_level


class Command(InputCommand):
    """`manage.py set_level`."""

    help = (
        "Computes ArtFID's form of each method of a batch, from all of its stimuli and styles. The "
        "tables of methods on the page of the EC space and in reports show the newest."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--batch", required=True, metavar="NAME")
        add_encoder_options(parser)
        add_layer_option(parser)
        parser.add_argument("--out", type=Path, metavar="TABLE.csv", help="write the table here")
        parser.add_argument("--json", action="store_true", help="print the table as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Compute, keep, and print the table."""
        batch = batch_named(options["batch"])
        moments = moments_of(options["encoder"], options["weights"], options["device"])
        found = measure_set_level(batch, moments, options["layer"])
        text = rows_to_csv(rows_of(found))
        if options["out"]:
            write_text(text, options["out"])
        if options["json"]:
            self.stdout.write(json.dumps([one.to_json() for one in found], allow_nan=False))
        elif not options["out"]:
            self.stdout.write(text)
