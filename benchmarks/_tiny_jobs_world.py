"""An installation with many tiny jobs, and its workers, for benchmarks/tiny_jobs.py."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import django


def fill(jobs: int) -> None:
    """Launch a batch of `jobs` stimuli in chunks of four, as batches have by default."""
    from django.core.management import call_command
    from PIL import Image

    from transfer.batches.import_pictures import picture_from_file
    from transfer.batches.launch import Order, launch

    call_command("migrate", verbosity=0)
    found = {"content": [], "style": []}
    for number, role in enumerate(("content", "content", "style", "style")):
        path = Path(os.environ["ECSPACE_DATA"]) / f"{number}.png"
        Image.new("RGB", (64, 48), (90, 90, 60 * number)).save(path)
        found[role].append(picture_from_file(path, role))
    # Two contents in two styles at each weight are a chunk.
    launch(
        Order(
            name="tiny", methods=["gatys"], contents=found["content"], styles=found["style"],
            size=64, chunk=4, style_weights=[float(n) for n in range(1, jobs // 4 + 1)],
        )
    )  # fmt: skip


def work(folder: str, workers: int) -> None:
    """Work until nothing waits; write which jobs were done, and milliseconds of each."""
    from django.core.management import call_command
    from PIL import Image

    from transfer.batches import worker
    from transfer.methods import stylise

    done: list[str] = []
    moments: list[tuple[float, float]] = []
    own = [0.0]  # seconds in which files were read and stored
    keep, read = worker.keep, worker.read_picture

    def at_once(method, tasks, *, parameters, **options):  # type: ignore[no-untyped-def]
        weight = int(parameters["style_weight"])
        moments.append((time.perf_counter(), time.process_time()))
        done.extend(f"{weight} {task.seed}" for task in tasks)
        return [
            SimpleNamespace(
                picture=Image.new("RGB", (8, 6), (weight % 256, weight // 256, number)),
                losses={}, seconds=0.0, error="",
            )
            for number, _ in enumerate(tasks)
        ]  # fmt: skip

    def timed(action):  # type: ignore[no-untyped-def]
        def run(*arguments):  # type: ignore[no-untyped-def]
            start = time.perf_counter()
            found = action(*arguments)
            own[0] += time.perf_counter() - start
            return found

        return run

    worker.keep, worker.read_picture = timed(keep), timed(read)
    worker.save_png, stylise.stylise = timed(worker.save_png), at_once
    Path(folder, f"ready-{os.getpid()}").touch()
    while len(list(Path(folder).glob("ready-*"))) < workers:
        time.sleep(0.01)
    call_command("worker", "--drain", "--processes", "1", "--interval", "0.05",
                 "--only", "stimuli", verbosity=0)  # fmt: skip
    (first, first_cpu), (last, last_cpu) = moments[0], moments[-1]
    jobs = len(done) * (len(moments) - 1) / len(moments)  # from the first chunk to the last
    overhead = 1000 * (last - first - own[0]) / jobs
    cpu = 1000 * (last_cpu - first_cpu) / jobs
    json.dump({"done": done, "overhead": overhead, "cpu": cpu}, sys.stdout)


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    if sys.argv[1] == "fill":
        fill(int(sys.argv[2]))
    else:
        work(sys.argv[2], int(sys.argv[3]))
