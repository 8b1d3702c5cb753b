"""Fit the votes of studies on the statistics of their stimuli, and keep the model."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from common.command import InputCommand
from common.errors import InputError
from common.lookup import unknown
from common.tables import read_csv
from metrics.cli.calibration import add_fit_options, fit_options, summary
from metrics.models import Calibration
from studies.models import Study


class Command(InputCommand):
    """`manage.py calibrate`."""

    help = (
        "Fit people's preferences on differences of base statistics. The same votes and options "
        "give the calibration that is there already."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--study", action="append", required=True, metavar="NAME", help="once for each study"
        )
        parser.add_argument("--target", choices=("E", "C"), help="default: the study's kind")
        parser.add_argument("--name", default="", help="what to call the calibration")
        parser.add_argument(
            "--statistics",
            type=Path,
            metavar="STATISTICS.csv",
            help="instead of what was measured here: for votes on stimuli of others",
        )
        for key in ("E", "C"):
            parser.add_argument(
                f"--instrument-{key.lower()}",
                metavar="NAME",
                help=f"the instrument of {key}, where several measured the stimuli",
            )
        add_fit_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Fit, keep, and say what came out."""
        studies = [_study(name) for name in options["study"]]
        named = {"E": options["instrument_e"], "C": options["instrument_c"]}
        given = options["statistics"]
        kept = Calibration.objects.calibrate(
            studies,
            options["target"] or studies[0].kind,
            name=options["name"],
            instruments={key: name for key, name in named.items() if name},
            statistics=given and read_csv(given, "statistics"),
            **fit_options(options),
        )
        self.stdout.write(f"calibration: {kept.name}")
        for line in summary(kept.exported):
            self.stdout.write(line)


def _study(name: str) -> Study:
    study = Study.objects.filter(name=name).first()
    if study is None:
        raise InputError(unknown("study", name, Study.objects.values_list("name", flat=True)[:10]))
    return study
