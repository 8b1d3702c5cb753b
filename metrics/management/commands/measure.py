"""Measure base statistics of the stimuli of a batch."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from common.command import InputCommand
from common.progress import EVERY, Meter
from metrics.measurements.measuring import (
    MeasuringResult,
    batch_named,
    collection_of,
    measure,
)
from metrics.statistics import STATISTICS, statistic

_STOPPED = 130  # the exit code of a program that Ctrl-C ended


class Command(InputCommand):
    """`manage.py measure`."""

    help = (
        "Measure each finished stimulus of a batch that lacks a base statistic under the chosen "
        "instrument. Ctrl-C stops the command; the same command measures what is "
        "still missing. Imported stimuli are measured like generated ones."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options; each statistic adds those of its instrument."""
        parser.add_argument("--batch", required=True, metavar="NAME")
        parser.add_argument(
            "--statistics",
            nargs="+",
            default=list(STATISTICS),
            metavar="KEY",
            help=f"some of {', '.join(STATISTICS)} (default: all)",
        )
        for key in STATISTICS:
            statistic(key).add_options(parser)

    def handle(self, **options: Any) -> None:
        """Measure statistic by statistic."""
        chosen = [statistic(key) for key in dict.fromkeys(options["statistics"])]
        batch = batch_named(options["batch"])
        collection = collection_of(batch)
        failed = 0
        for kind in chosen:
            try:
                # A bar needs the stream itself: Django's adds a line break to each part.
                stream = sys.stderr if self.stderr.isatty() else self.stderr
                with Meter(stream=stream, unit="picture", every=EVERY) as meter:
                    instrument = kind.open(options, collection, meter.report)
                    result = measure(batch, kind, instrument, meter.report)
            except KeyboardInterrupt:
                raise CommandError(
                    "stopped; finished measurements are kept, the same command measures the rest",
                    returncode=_STOPPED,
                ) from None
            self._report(kind.key, result)
            failed += len(result.failures)
        if failed:
            raise CommandError(
                f"{failed} measurements of batch '{batch.name}' failed for the reasons "
                "above: correct them and repeat the command",
                returncode=2,
            )

    def _report(self, key: str, result: MeasuringResult) -> None:
        for label, reason in result.failures:
            self.stderr.write(f"{key} of {label}: {reason}")
        line = f"{key}: {result.measured} measured, {result.known} known before"
        if result.measured:
            line += f", {result.seconds_each:.2f} s per picture"
        if result.unmade:
            line += f"; {result.unmade} stimuli are not made yet"
        self.stderr.write(line)
