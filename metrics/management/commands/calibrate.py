"""Fit the votes of studies to the statistics of their stimuli, and store the model."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from common.command import InputCommand
from common.errors import InputError
from common.lookup import unknown
from common.tables import read_csv
from metrics.cli.calibration import add_fit_options, fit_options, summary
from metrics.measurements.fitting import fit_calibration
from studies.models import Study


class Command(InputCommand):
    """`manage.py calibrate`."""

    help = (
        "Fit people's preferences to differences of base statistics. The same votes and options "
        "give the stored calibration again."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--study", action="append", required=True, metavar="NAME", help="once for each study"
        )
        parser.add_argument("--target", choices=("E", "C"), help="default: the study's kind")
        parser.add_argument("--name", default="", help="the name of the calibration")
        parser.add_argument(
            "--statistics",
            type=Path,
            metavar="STATISTICS.csv",
            help="fit to this table instead of the stored measurements",
        )
        for key in ("E", "C"):
            parser.add_argument(
                f"--instrument-{key.lower()}",
                metavar="NAME",
                help=f"the instrument of {key} (default: the one that measured most stimuli)",
            )
        add_fit_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Fit, store, and print a summary."""
        studies = [_study(name) for name in options["study"]]
        named = {"E": options["instrument_e"], "C": options["instrument_c"]}
        given = options["statistics"]
        calibration = fit_calibration(
            studies,
            options["target"] or studies[0].kind,
            name=options["name"],
            instruments={key: name for key, name in named.items() if name},
            statistics=given and read_csv(given, "statistics"),
            **fit_options(options),
        )
        self.stdout.write(f"calibration: {calibration.name}")
        for line in summary(calibration.exported):
            self.stdout.write(line)


def _study(name: str) -> Study:
    study = Study.objects.named(name)
    if study is None:
        raise InputError(unknown("study", name, Study.objects.values_list("name", flat=True)[:10]))
    return study
