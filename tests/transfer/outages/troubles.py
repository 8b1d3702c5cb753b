"""What goes wrong inside a process of tests.transfer.outages.crew; called after Django's set-up."""

from __future__ import annotations

import os
import signal
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace


def killed_before_commit(number: int) -> None:
    """SIGKILL after the file of the `number`-th stimulus has its name, before its row says so.

    Likewise after the numbers of the `number`-th measurement are written, before the commit.
    """
    from metrics.models import Measurement
    from transfer.batches import worker

    keep, create = worker.keep, Measurement.objects.bulk_create
    left = [number]

    def count() -> None:
        left[0] -= 1
        if not left[0]:
            os.kill(os.getpid(), signal.SIGKILL)

    def kept(*arguments):
        found = keep(*arguments)
        count()
        return found

    def created(*arguments, **options):
        found = create(*arguments, **options)
        count()
        return found

    worker.keep = kept
    Measurement.objects.bulk_create = created


def everything_is_old() -> None:
    """Files of this moment count as older than an hour, for `sweep`."""
    from common import media, object_store

    media.ABANDONED = -5
    object_store._ABANDONED = timedelta(seconds=-5)


def instant_pictures(log: str, workers: int) -> None:
    """Make pictures of 8 × 6 pixels without computation, and note each in a file.

    Begin when that many workers are ready.
    """
    from PIL import Image

    from transfer.methods import stylise

    def at_once(method, tasks, *, parameters, **options):
        weight = int(parameters["style_weight"])
        with Path(log).open("a") as file:  # one write of a few bytes: processes do not mix
            file.write("".join(f"{weight} {task.seed}\n" for task in tasks))
        colours = [(weight % 256, weight // 256, task.seed % 256) for task in tasks]
        return [
            SimpleNamespace(
                picture=Image.new("RGB", (8, 6), colour), losses={}, seconds=0.0, error=""
            )
            for colour in colours
        ]

    stylise.stylise = at_once
    ready = Path(log).with_suffix(".ready")
    with ready.open("a") as file:
        file.write("1\n")
    while len(ready.read_text().splitlines()) < workers:
        time.sleep(0.01)
