"""Judge statistics by the votes of studies: which one do people agree with?"""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from common.command import InputCommand
from common.errors import InputError
from common.lookup import unknown
from common.tables import read_csv
from metrics.cli.referee import add_referee_options, referee_options, summary, write_judgement
from metrics.measurements.refereeing import judge_statistics
from studies.models import Study


class Command(InputCommand):
    """`manage.py referee`."""

    help = (
        "Which statistic do people agree with? Judges every statistic that the stimuli of studies "
        "were measured with, or those of a table, by the studies' votes."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        parser.add_argument(
            "--study", action="append", required=True, metavar="NAME", help="once for each study"
        )
        parser.add_argument(
            "--table",
            type=Path,
            metavar="STATISTICS.csv",
            help="judge the columns of this table instead of the stored measurements",
        )
        add_referee_options(parser, target=False)
        parser.add_argument("--out", type=Path, metavar="DIR", help="write tables and figures here")
        parser.add_argument("--json", action="store_true", help="print the answer as JSON")
        parser.set_defaults(out_is_folder=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Judge, write, and print a summary."""
        studies = [_study(name) for name in options["study"]]
        table = options["table"]
        judgement = judge_statistics(
            studies, statistics=table and read_csv(table, "statistics"), **referee_options(options)
        )
        if options["out"]:
            write_judgement(judgement, options["out"])
        if options["json"]:
            self.stdout.write(json.dumps(judgement.to_json(), allow_nan=False, ensure_ascii=False))
            return
        for line in summary(judgement):
            self.stdout.write(line)


def _study(name: str) -> Study:
    study = Study.objects.named(name)
    if study is None:
        raise InputError(unknown("study", name, Study.objects.values_list("name", flat=True)[:10]))
    return study
