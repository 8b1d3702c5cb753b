"""Make a batch of stimuli on this machine: every content in every style by every method."""

from __future__ import annotations

import os
import signal
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from common.command import InputCommand
from common.errors import InputError
from common.formats import without_suffix
from common.media import sweep_temporary
from common.name_value import names_and_values
from common.processes import Environment, Pool, places
from common.progress import Meter
from transfer.batches.launch import Order, launch
from transfer.batches.measuring_provider import provider
from transfer.batches.presence import present, tell_reaped
from transfer.batches.recipes import AUTO
from transfer.batches.tasks import enqueue_waiting, make_and_follow
from transfer.encoders import DEFAULT_ENCODER
from transfer.methods import find_method
from transfer.methods.style_weights import RANGES
from transfer.models import Batch, Picture, Stimulus
from transfer.models.ledger import Progress

_STOPPED = 130  # the exit code of a program that Ctrl-C ended
_PATIENCE = 1.0  # seconds between checks of rows that other workers hold
_LOOK = 0.5  # seconds between looks at the rows while other processes work
_END = 20.0  # seconds in which an interrupted process gives its rows back


class Command(InputCommand):
    """Makes and measures a batch of stimuli."""

    help = (
        "Make a batch of stimuli: every content in every style by every method, and measure them. "
        "Ctrl-C stops it; the same command continues and does only what is missing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare the options."""
        add = parser.add_argument
        add("--name", required=True, help="name of the batch")
        add("--methods", required=True, nargs="+", metavar="KEY", help="methods (transfer methods)")
        add("--contents", nargs="+", default=[], metavar="NAME",
            help="content pictures by name (* and ? allowed) or SHA-256; default: all")  # fmt: skip
        add("--styles", nargs="+", default=[], metavar="NAME", help="style pictures, likewise")
        add("--size", type=int, default=256, metavar="PX", help="width (default: %(default)s)")
        add("--iterations", type=int, metavar="N", help="default: each method's own")
        add("--style-weight", type=float, nargs="+", default=[], metavar="W",
            help="one or more weights; every method that has one is run at each")  # fmt: skip
        add("--set", dest="parameters", nargs="+", action="extend", default=[],
            metavar="NAME=VALUE",
            help="any parameter: NAME for all methods, METHOD.NAME for one")  # fmt: skip
        add("--style-share", metavar="W,W",
            help="combine several styles in every stimulus, with weights that add up to 1, in "
            "every assignment of styles to weights (short for --set style_share)")  # fmt: skip
        add("--weights", choices=RANGES,
            help="instead: the twenty style weights of the paper's experiment, 50…1950 or "
            "2291…9813 (lists in the authors' repository); α from 0.025 to 0.975 where a method "
            "has that; aggressive methods always use the latter")  # fmt: skip
        add("--samples", type=int, metavar="N",
            help="draw N combinations per method instead of the full grid")  # fmt: skip
        add("--seed", type=int, default=0, metavar="N")
        add("--encoder", default=DEFAULT_ENCODER, metavar="NAME", help="default: %(default)s")
        add("--precision", default=AUTO,
            help="float32, tf32, bf16 or auto: the fastest on this machine, written into the "
            "recipe (default: %(default)s)")  # fmt: skip
        add("--threads", type=int, metavar="N",
            help="CPU threads of a process; part of the recipe (default: 1)")  # fmt: skip
        add("--processes", type=int, metavar="N",
            help="how many work at once (default: one for each GPU, or without a GPU for each "
            f"core; PROCESSES: {settings.PROCESSES})")  # fmt: skip
        add("--chunk", type=int, default=4, metavar="N",
            help="stimuli made together; part of the recipe (default: %(default)s)")  # fmt: skip
        add("--retry", action="store_true", help="try failed stimuli again")
        add("--no-measure", dest="measure", action="store_false",
            help="do not measure the stimuli; manage.py measure does it later")  # fmt: skip
        add("--queue", action="store_true", help="launch only; workers make the stimuli")

    def handle(self, **options: Any) -> None:
        """Launch the batch and make its missing stimuli."""
        number = options["processes"]
        if number is not None and number < 1:
            raise InputError(f"--processes {number} cannot be used: use a whole number from 1")
        batch = launch(_order(options))
        if options["retry"]:
            batch.stimuli.retry()
        measuring = provider() if options["measure"] else None
        if measuring is not None:
            measuring.request(batch, None)
        if options["queue"]:
            enqueue_waiting(batch)
            waiting = batch.stimuli.progress().pending
            self.stderr.write(f"{waiting} stimuli wait for a worker (manage.py worker)")
            return
        sweep_temporary()
        # SIGTERM ends the work as Ctrl-C does: the rows are released.
        before = signal.signal(signal.SIGTERM, signal.default_int_handler)
        try:
            progress = self._make(batch, places(number, settings.PROCESSES))
        except KeyboardInterrupt:
            progress = batch.stimuli.progress()
            raise CommandError(
                f"stopped with {progress.done} of {progress.total} images done; the same command "
                "continues",
                returncode=_STOPPED,
            ) from None
        finally:
            signal.signal(signal.SIGTERM, before)
        self._report(batch, progress)
        if measuring is not None:
            measuring.measure_here(batch)
        if progress.failed:
            raise CommandError(
                f"{progress.failed} of {progress.total} stimuli failed, see above: fix the cause, "
                "then repeat the command with --retry",
                returncode=1,
            )

    def _make(self, batch: Batch, found: list[Environment]) -> Progress:
        batch.stimuli.reap()
        progress = batch.stimuli.progress()
        with Meter(progress.total, progress.ended) as meter:
            waiting = batch.stimuli.filter(state=Stimulus.State.PENDING)
            chunks = waiting.order_by().values("chunk").distinct().count()
            if min(len(found), chunks) > 1:
                self._make_in_processes(batch, found[:chunks], meter)
                progress = batch.stimuli.progress()
            if progress.open:
                with present("generate"):
                    progress = self._make_here(batch, meter)
        return progress

    def _make_here(self, batch: Batch, meter: Meter) -> Progress:
        """Make what is left in this process, or say why that is not possible."""
        progress = batch.stimuli.progress()
        while progress.open:
            if not make_and_follow(batch.stimuli.next_chunk(), meter.step):
                time.sleep(_PATIENCE)  # other workers hold the rest
                tell_reaped(batch.stimuli.reap())
            progress = batch.stimuli.progress()
            meter.update(progress.ended)
        return progress

    def _make_in_processes(self, batch: Batch, found: list[Environment], meter: Meter) -> None:
        words = ["worker", "--drain", "--verbosity", "0", "--interval", str(_LOOK)]
        words += ["--batch", str(batch.pk), "--parent", str(os.getpid())]
        pool = Pool([*settings.MANAGE, *words], found, self.stderr.write)
        try:
            while pool.watch():
                time.sleep(_LOOK)
                meter.update(batch.stimuli.progress().ended)
        except BaseException:
            # Twice: the second signal makes a worker release the chunk that it works on.
            pool.stop(signal.SIGTERM)
            time.sleep(_LOOK)
            pool.stop(signal.SIGTERM)
            raise
        finally:
            pool.end(_END)

    def _report(self, batch: Batch, progress: Progress) -> None:
        self.stderr.write(f"batch '{batch.name}': {progress.done} of {progress.total} images done")
        for row in batch.stimuli.filter(state=Stimulus.State.FAILED).select_related("content"):
            self.stderr.write(f"failed: {row.label}: {row.error}")


def _order(options: dict[str, Any]) -> Order:
    return Order(
        name=options["name"],
        methods=options["methods"],
        contents=_contents(options["methods"], _names(options["contents"])),
        styles=Picture.objects.matching("style", _names(options["styles"])),
        size=options["size"],
        iterations=options["iterations"],
        style_weights=options["style_weight"],
        weights=options["weights"],
        settings=_settings(options),
        seed=options["seed"],
        encoder=options["encoder"],
        samples=options["samples"],
        precision=options["precision"],
        threads=options["threads"],
        chunk=options["chunk"],
    )


def _contents(methods: list[str], names: list[str]) -> list[Picture]:
    """The content pictures, unless no method needs any and none was named."""
    if not names and not any(find_method(method).needs_content for method in methods):
        return []
    return Picture.objects.matching("content", names)


def _settings(options: dict[str, Any]) -> dict[str, str]:
    settings = names_and_values(options["parameters"])
    if options["style_share"] is None:
        return settings
    if "style_share" in settings:
        raise InputError("style_share was given twice: give it once")
    return settings | {"style_share": options["style_share"]}


def _names(patterns: list[str]) -> list[str]:
    """The names of pictures from names of files."""
    return [without_suffix(pattern) for pattern in patterns]
