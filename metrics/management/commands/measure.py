"""Measure base statistics of the stimuli of a batch."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from argparse import ArgumentParser
from collections import Counter
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from common.command import InputCommand
from common.errors import InputError
from common.lookup import unknown
from common.progress import EVERY, Meter
from metrics.measurements.here import measure_here, work_for
from metrics.measurements.measuring import batch_named, collection_of
from metrics.measurements.orders import settings_for_model, start
from metrics.measurements.tasks import enqueue_waiting
from metrics.models import Calibration, MeasurementJob, MeasuringOrder
from metrics.statistics import STATISTICS, every_statistic, statistic
from transfer.models import Batch, Stimulus

_STOPPED = 130  # the exit code of a program that Ctrl-C ended
_State = MeasurementJob.State


class Command(InputCommand):
    """`manage.py measure`."""

    help = (
        "Measure each finished stimulus of a batch that lacks a base statistic under the chosen "
        "instrument. Ctrl-C stops the command; the same command measures what is "
        "still missing. Imported stimuli are measured like generated ones."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options; each statistic adds those of its instrument."""
        chosen = parser.add_mutually_exclusive_group(required=True)
        chosen.add_argument("--batch", metavar="NAME")
        # A process that another `measure` started: orders to work on, by their primary keys.
        chosen.add_argument("--work", nargs="+", type=int, help=argparse.SUPPRESS)
        parser.add_argument(
            "--statistics",
            nargs="+",
            metavar="KEY",
            help=f"some of {', '.join(every_statistic())} (default: {', '.join(STATISTICS)})",
        )
        parser.add_argument(
            "--model",
            metavar="NAME",
            help="measure with the instruments that this calibration was fitted to, so that it "
            "can score the stimuli",
        )
        parser.add_argument(
            "--processes",
            type=int,
            metavar="N",
            help="how many measure at once, each on one core "
            f"(default: {settings.PROCESSES}, from PROCESSES)",
        )
        parser.add_argument(
            "--queue", action="store_true", help="only let the jobs wait: workers measure"
        )
        for key in STATISTICS:
            statistic(key).add_options(parser)

    def handle(self, **options: Any) -> None:
        """Let the jobs wait, then measure them."""
        # SIGTERM ends the work as Ctrl-C does: the rows are released.
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            if options["work"]:
                work_for(list(MeasuringOrder.objects.filter(pk__in=options["work"])), os.getppid())
            else:
                self._measure(batch_named(options["batch"]), options)
        except KeyboardInterrupt:
            raise CommandError(
                "stopped; finished measurements are kept, the same command measures the rest",
                returncode=_STOPPED,
            ) from None
        finally:
            signal.signal(signal.SIGTERM, before)

    def _measure(self, batch: Batch, options: dict[str, Any]) -> None:
        processes = settings.PROCESSES if options["processes"] is None else options["processes"]
        if processes < 1:
            raise InputError(f"--processes {processes} cannot be used: use a whole number from 1")
        if not batch.stimuli.filter(state=Stimulus.State.DONE).exists():
            raise InputError(
                f"no stimulus of batch '{batch.name}' is done: make them with manage.py generate"
            )
        # A bar needs the stream itself: Django's adds a line break to each part.
        stream = sys.stderr if self.stderr.isatty() else self.stderr
        with Meter(stream=stream, unit="picture", every=EVERY) as meter:
            orders = self._orders(batch, options, meter)
            if options["queue"]:
                self._enqueue(orders)
                return
            waiting = [set(_open(order)) for order in orders]
            measure_here(orders, processes, meter.report)
        for order, ids in zip(orders, waiting, strict=True):
            self._report(order, ids)
        self._refuse_incomplete(batch, orders)

    def _orders(self, batch: Batch, options: dict[str, Any], meter: Meter) -> list[MeasuringOrder]:
        """Check the instruments by opening them, then let their jobs wait."""
        collection = collection_of(batch)
        if options["model"]:
            chosen = settings_for_model(_calibration(options["model"]))
            if options["statistics"]:
                raise InputError("--model says what is measured: leave --statistics out")
        else:
            keys = dict.fromkeys(options["statistics"] or STATISTICS)
            chosen = {key: statistic(key).settings(options, collection) for key in keys}
        if not options["queue"]:
            for key, each in chosen.items():
                statistic(key).open(each, collection, meter.report)
        return [start(batch, key, each) for key, each in chosen.items()]

    def _enqueue(self, orders: list[MeasuringOrder]) -> None:
        for order in orders:
            enqueue_waiting(order)
        waiting = sum(order.jobs.progress().pending for order in orders)
        self.stderr.write(f"{waiting} measurements wait for a worker (manage.py worker)")

    def _report(self, order: MeasuringOrder, waited: set[int]) -> None:
        """Say what has become of the jobs of an order that waited when the command began."""
        failed = order.jobs.filter(state=_State.FAILED).select_related("stimulus__content")
        for job in failed:
            self.stderr.write(f"{order.statistic} of {job.label}: {job.error}")
        seconds = order.jobs.filter(state=_State.DONE).values_list("pk", "seconds")
        measured = [each for pk, each in seconds if pk in waited and each is not None]
        known = len(seconds) - len(measured)
        line = f"{order.statistic}: {len(measured)} measured, {known} known before"
        if measured:
            line += f", {sum(measured) / len(measured):.2f} s per picture"
        if unmade := order.batch.stimuli.exclude(state=Stimulus.State.DONE).count():
            line += f"; {unmade} stimuli are not made yet"
        self.stderr.write(line)

    def _refuse_incomplete(self, batch: Batch, orders: list[MeasuringOrder]) -> None:
        jobs = MeasurementJob.objects.filter(order__in=orders)
        reasons = Counter(jobs.filter(state=_State.PENDING).values_list("error", flat=True))
        failed = jobs.filter(state=_State.FAILED).count()
        said = [f"{number} wait: {reason}" for reason, number in reasons.items()]
        if failed:
            said.append(f"{failed} failed for the reasons above: correct them")
        if said:
            raise CommandError(
                f"measurements of batch '{batch.name}': {'; '.join(said)}, and repeat the command",
                returncode=2,
            )


def _open(order: MeasuringOrder) -> list[int]:
    return list(
        order.jobs.filter(state__in=(_State.PENDING, _State.RUNNING)).values_list("pk", flat=True)
    )


def _calibration(name: str) -> Calibration:
    rows = Calibration.objects.all()
    found = rows.filter(pk=int(name)) if name.isdecimal() else rows.filter(name=name)
    if len(found[:2]) > 1:
        numbers = ", ".join(str(row.pk) for row in found)
        raise InputError(f"several calibrations are named '{name}': use one of {numbers}")
    row = found.first()
    if row is None:
        raise InputError(unknown("calibration", name, rows.values_list("name", flat=True)[:10]))
    return row
