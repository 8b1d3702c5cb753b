"""Measure E and C of the stimuli of a batch."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError
from tqdm import tqdm

from common.command import InputCommand
from metrics.measurements import Outcome, batch_named, collection_of, measure
from metrics.statistics import STATISTICS, statistic

_STOPPED = 130  # the exit code of a program that Ctrl-C ended
_EVERY = 5.0  # seconds between two lines of progress where there is no terminal


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
                with _Meter(self) as meter:
                    outcome = measure(batch, kind.open(options, collection, meter), meter)
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


class _Meter:
    """A bar on a terminal, plain lines elsewhere; one after the other for every task."""

    def __init__(self, command: InputCommand) -> None:
        self._command = command
        self._bar: tqdm[Any] | None = None
        self._task = ""
        self._said = 0.0

    def __enter__(self) -> _Meter:
        return self

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.close()

    def __call__(self, task: str, done: int, total: int) -> None:
        if self._command.stderr.isatty():
            if self._bar is None or task != self._task:
                if self._bar is not None:
                    self._bar.close()
                self._bar = tqdm(total=total, desc=task, unit="picture")
            self._bar.update(done - self._bar.n)
        elif done == total or time.monotonic() - self._said >= _EVERY:
            self._command.stderr.write(f"{task}: {done} of {total} pictures")
            self._said = time.monotonic()
        self._task = task
