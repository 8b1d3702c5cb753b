"""Make a batch of stimuli in this process: every content in every style by every method."""

from __future__ import annotations

import signal
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from common.command import InputCommand
from common.errors import InputError
from common.formats import without_suffix
from common.media import sweep_temporary
from common.name_value import names_and_values
from common.progress import Meter
from transfer.batches.launch import Order, launch
from transfer.batches.measuring_provider import provider
from transfer.batches.tasks import enqueue_waiting, make_and_follow
from transfer.encoders import DEFAULT_ENCODER
from transfer.methods import find_method
from transfer.methods.style_weights import RANGES
from transfer.models import Batch, Picture, Stimulus
from transfer.models.ledger import Progress

_STOPPED = 130  # the exit code of a program that Ctrl-C ended
_PATIENCE = 1.0  # seconds between checks of rows that other workers hold


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
        add("--precision", default="float32", help="float32, tf32 or bf16")
        add("--threads", type=int, metavar="N", help="CPU threads; default: all of this machine")
        add("--chunk", type=int, default=4, metavar="N",
            help="stimuli made together; part of the recipe (default: %(default)s)")  # fmt: skip
        add("--retry", action="store_true", help="try failed stimuli again")
        add("--no-measure", dest="measure", action="store_false",
            help="do not measure the stimuli; manage.py measure does it later")  # fmt: skip
        add("--queue", action="store_true", help="launch only; workers make the stimuli")

    def handle(self, **options: Any) -> None:
        """Launch the batch and make its missing stimuli."""
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
            progress = self._make(batch)
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

    def _make(self, batch: Batch) -> Progress:
        batch.stimuli.reap()
        progress = batch.stimuli.progress()
        with Meter(progress.total, progress.ended) as meter:
            while progress.open:
                if not make_and_follow(batch.stimuli.next_chunk(), meter.step):
                    time.sleep(_PATIENCE)  # other workers hold the rest
                    batch.stimuli.reap()
                progress = batch.stimuli.progress()
                meter.update(progress.ended)
        return progress

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
