"""Measure E and C of the stimuli of a batch."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from common.command import InputCommand
from common.progress import EVERY, Meter
from metrics.measurements import Outcome, batch_named, collection_of, measure
from metrics.statistics import STATISTICS, statistic

_STOPPED = 130  # the exit code of a program that Ctrl-C ended


class Command(InputCommand):
    """`manage.py measure`."""

    help = (
        "Measure every done stimulus of a batch that lacks a base statistic under the instrument "
        "that the options name. Ctrl-C stops it; the same command goes on and measures only what "
        "is missing. Pictures made by other tools are measured like ours."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options; every statistic adds those of its instrument."""
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
                with Meter(unit="picture", every=EVERY) as meter:
                    instrument = kind.open(options, collection, meter.report)
                    outcome = measure(batch, instrument, meter.report)
            except KeyboardInterrupt:
                raise CommandError(
                    "stopped; what was measured is kept, the same command goes on",
                    returncode=_STOPPED,
                ) from None
            self._report(kind.key, outcome)
            failed += len(outcome.failures)
        if failed:
            raise CommandError(
                f"{failed} measurements of batch '{batch.name}' could not be made, see above: mend "
                "the cause, then the same command again",
                returncode=2,
            )

    def _report(self, key: str, outcome: Outcome) -> None:
        for label, reason in outcome.failures:
            self.stderr.write(f"{key} of {label}: {reason}")
        line = f"{key}: {outcome.measured} measured, {outcome.known} known before"
        if outcome.measured:
            line += f", {outcome.seconds_each:.2f} s per picture"
        if outcome.unmade:
            line += f"; {outcome.unmade} stimuli are not made yet"
        self.stderr.write(line)
