"""Write the report of an EC space as a folder of HTML, figures, CSV and JSON files."""

from __future__ import annotations

from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings

from common.command import InputCommand
from metrics.ecspace.grid import BINS
from metrics.measurements.measuring import batch_named
from metrics.presentation.choosing import TARGETS, choose
from metrics.presentation.scored_space import ScoredSpace
from metrics.presentation.scoring import Scoring, scoring
from metrics.report.report import Report, batches_of
from transfer.models import Batch


class Command(InputCommand):
    """`manage.py report`."""

    help = (
        "Write the EC space of finished stimuli and the models that score them: a page that opens "
        "without the site, figures, tables and models."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--batch",
            action="append",
            metavar="NAME",
            help="default: the batches whose stimuli the models' votes compare",
        )
        for target in ("e", "c"):
            parser.add_argument(
                f"--{target}-model",
                default="",
                metavar="NAME",
                help=f"a calibration or wacv2020-{target.upper()} (default: the newest that scores "
                "the stimuli)",
            )
        parser.set_defaults(out_is_folder=True)
        parser.add_argument("--bins", choices=BINS, default="independent")
        parser.add_argument(
            "--any-instrument",
            action="store_true",
            help="accept statistics of another encoder or detector than a model was fitted to",
        )
        parser.add_argument(
            "--out", type=Path, metavar="DIR", help="default: reports/BATCH in the data folder"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the report and print its path."""
        named = options["batch"] or []
        names = [named] if isinstance(named, str) else named
        asked = [batch_named(name) for name in names]
        keys = {target: options[f"{target.lower()}_model"] for target in TARGETS}
        scorings, batches = _chosen(keys, asked, options["any_instrument"])
        folder = options["out"] or settings.DATA_DIR / "reports" / f"batch-{batches[0].pk}"
        report = Report(ScoredSpace(batches, scorings, options["bins"]))
        page = report.write(Path(folder))
        if report.simulated:
            self.stdout.write("the votes behind this report are simulated")
        self.stdout.write(f"report: {page}")


def _chosen(
    keys: dict[str, str], batches: list[Batch], any_instrument: bool
) -> tuple[dict[str, Scoring], list[Batch]]:
    """The models and the batches of the report.

    Raises:
        InputError: nothing fits together.

    """
    if any_instrument:
        scorings = {
            target: replace(scoring(target, key), any_instrument=True)
            for target, key in keys.items()
        }
        return scorings, batches or batches_of(scorings)
    choice = choose(keys, batches)
    choice.check()
    return choice.scorings, choice.batches
