"""Learn a referee from the votes of a study."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from common.command import InputCommand
from common.errors import InputError
from common.lookup import unknown
from metrics.calibration.learnt.model_file import write_learnt
from metrics.cli.learnt import add_encoder_options, add_learning_options, moments_of, summary
from metrics.measurements.learning import folder_of, learn_from
from studies.models import Study


class Command(InputCommand):
    """`manage.py learn`."""

    help = (
        "Learns from the votes of a study which stimuli people prefer, by features of an encoder, "
        "and says whether it only knows the methods. The page Referee and reports show the newest."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument("--study", required=True, metavar="NAME")
        add_encoder_options(parser)
        add_learning_options(parser)
        parser.add_argument(
            "--out",
            type=Path,
            metavar="DIR",
            help="write learnt.json and learnt.safetensors here too",
        )
        parser.add_argument("--json", action="store_true", help="print the answer as JSON")
        parser.set_defaults(out_is_folder=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Learn, keep, and print a summary."""
        study = Study.objects.named(options["study"])
        if study is None:
            names = Study.objects.values_list("name", flat=True)[:10]
            raise InputError(unknown("study", options["study"], names))
        moments = moments_of(options["encoder"], options["weights"], options["device"])
        learnt = learn_from(
            study,
            moments,
            self._counted,
            include_simulated=options["include_simulated"],
            any_instrument=options["any_instrument"],
            seed=options["seed"],
        )
        if options["out"]:
            write_learnt(learnt, options["out"])
        if options["json"]:
            self.stdout.write(json.dumps(learnt.to_json(), allow_nan=False, ensure_ascii=False))
            return
        for line in (*summary(learnt), f"kept in {folder_of(study)}"):
            self.stdout.write(line)

    def _counted(self, done: int, of: int) -> None:
        if done % 100 == 0 and done < of:
            self.stderr.write(f"{done} of {of} stimuli")
