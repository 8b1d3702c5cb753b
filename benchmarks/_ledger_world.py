"""An installation with a large ledger, for benchmarks/ledger.py."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

import django

T = TypeVar("T")
ROWS = 100_000
ROUNDS = 40


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    before = _size(settings.DATA_DIR)
    _fill()
    size = (_size(settings.DATA_DIR) - before) / ROWS
    claim, finish = _work()
    found = {"rows": ROWS, "bytes": size, "claim": claim, "finish": finish}
    json.dump(found, sys.stdout)


def _fill() -> None:
    from django.db import connection, transaction
    from django.utils import timezone

    from transfer.models import Batch, Picture, Stimulus

    size = {"sha256": "0" * 64, "width": 256, "height": 192}
    content = Picture.objects.create(role="content", name="sea", **size)
    batches = [Batch.objects.create(name=f"batch {n}", recipe={}) for n in range(10)]
    link = Stimulus.styles.through
    with transaction.atomic():
        for batch in batches:
            done = batch.pk <= batches[4].pk
            ended = {"state": "done", "file": f"stimuli/00/{'0' * 64}.png"} if done else {}
            rows = Stimulus.objects.bulk_create(
                [
                    Stimulus(
                        batch=batch, recipe_key=f"{n:064}", chunk=n, content=content,
                        method="gatys", parameters=PARAMETERS, losses=LOSSES,
                        finished_at=timezone.now() if done else None, **ended,
                    )
                    for n in range(ROWS // len(batches))
                ],
                batch_size=500,
            )  # fmt: skip
            link.objects.bulk_create(
                [link(stimulus=row, picture=content) for row in rows], batch_size=500
            )
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        cursor.execute("ANALYZE")


def _work() -> tuple[float, float]:
    """Milliseconds to claim a chunk, and to finish its row; the median of the rounds."""
    from transfer.models import Stimulus

    claims, ends = [], []
    for _ in range(ROUNDS):
        lease = _timed(lambda: Stimulus.objects.next_chunk().claim("bench:1"), claims)
        assert lease is not None
        end = partial(lease.finish, lease.rows.get().pk, {"sha256": "0" * 64})
        _timed(end, ends)
    return statistics.median(claims), statistics.median(ends)


def _timed(action: Callable[[], T], times: list[float]) -> T:
    start = time.perf_counter()
    result = action()
    times.append(1000 * (time.perf_counter() - start))
    return result


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in Path(folder).glob("ecspace.sqlite3*"))


PARAMETERS = {
    "iterations": 500, "style_weight": 300.0, "content_layer": "relu4_1", "init": "noise",
    "style_layers": ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"], "history": 100,
}  # fmt: skip
LOSSES = {"content": 1.25, "style": 0.5}

if __name__ == "__main__":
    main()
