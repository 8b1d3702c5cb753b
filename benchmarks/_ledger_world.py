"""An installation with a large ledger, for benchmarks/ledger.py."""

from __future__ import annotations

import json
import os
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TypeVar

import django

T = TypeVar("T")
BATCHES = 10
"""The first half of them done, the first of these measured; the second half waits."""
PICTURES = 20
"""Contents, and as many styles."""
METHODS = ["gatys", "gatys-cov", "cross-layer", "universal", "adain"]
ROUNDS = 40
VIEWS = 7


def main(rows: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.db import connection

    call_command("migrate", verbosity=0)
    before = _size(settings.DATA_DIR)
    _fill(rows // BATCHES)
    size = (_size(settings.DATA_DIR) - before) / rows
    found = {"vendor": connection.vendor, "rows": rows, "bytes": size}
    _measure(rows // BATCHES)
    found |= _work()
    found |= _pages()
    json.dump(found, sys.stdout)


def _fill(rows: int) -> None:
    """Batches of `rows` stimuli each, written by statements of SQL: a million would take long."""
    from django.db import connection

    from transfer.models import Batch, Picture

    shape = {"width": 256, "height": 192}
    pictures = {
        role: [
            Picture.objects.create(
                role=role, name=name, sha256=sha256(name.encode()).hexdigest(), **shape
            )
            for name in (f"{role} {n}" for n in range(PICTURES))
        ]
        for role in ("content", "style")
    }  # fmt: skip
    recipe = {
        "methods": [{"method": method, "parameters": PARAMETERS} for method in METHODS],
        "contents": [picture.sha256 for picture in pictures["content"]],
        "styles": [picture.sha256 for picture in pictures["style"]],
        "size": 256, "encoder": "compact", "sampling": {"rule": "grid"},
    }  # fmt: skip
    names = "', '".join(METHODS)
    pick = (
        f"(ARRAY['{names}'])[n %% {len(METHODS)} + 1]"
        if connection.vendor == "postgresql"
        else "CASE n %% 5 " + " ".join(f"WHEN {i} THEN '{m}'" for i, m in enumerate(METHODS))
        + " END"
    )  # fmt: skip
    uuid, key = {
        "sqlite": ("lower(hex(randomblob(16)))", "lower(hex(randomblob(32)))"),
        "postgresql": ("gen_random_uuid()", "md5(random()::text) || md5(random()::text)"),
    }[connection.vendor]
    content, style = pictures["content"][0].pk, pictures["style"][0].pk
    with connection.cursor() as cursor:
        for number in range(BATCHES):
            batch = Batch.objects.create(name=f"batch {number}", recipe=recipe)
            done = number < BATCHES // 2
            cursor.execute(
                f"""
                INSERT INTO transfer_stimulus (state, attempt, worker, device, seconds, error,
                  chunk, created_at, finished_at, public_id, batch_id, recipe_key, content_id,
                  method, parameters, seed, file, sha256, width, height, losses)
                WITH RECURSIVE numbers(n) AS
                  (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < %s)
                SELECT %s, %s, '', '', 20.5, '', n / 4, CURRENT_TIMESTAMP,
                  {"CURRENT_TIMESTAMP" if done else "NULL"}, {uuid}, %s, {key},
                  {content} + n %% {PICTURES}, {pick}, %s, n, {"'stimuli/00/' ||" if done else ""}
                  {key if done else "''"}, {key if done else "''"}, %s, %s, %s FROM numbers
                """,
                [rows, "done" if done else "pending", int(done), batch.pk,
                 json.dumps(PARAMETERS), 256 if done else None, 192 if done else None,
                 json.dumps(LOSSES if done else {})],
            )  # fmt: skip
        cursor.execute(
            f"INSERT INTO transfer_stimulus_styles (stimulus_id, picture_id) SELECT id, "
            f"{style} + (seed / {PICTURES}) % {PICTURES} FROM transfer_stimulus"
        )
        _tidy(cursor)


def _measure(rows: int) -> None:
    """E and C of the first batch, with their jobs."""
    from django.db import connection

    from metrics.models import MeasuringOrder
    from transfer.models import Batch

    batch = Batch.objects.get(name="batch 0")
    with connection.cursor() as cursor:
        for key, names, reference in (
            ("E", ["E1", "E2", "E3", "E4", "E5"], "link.picture_id"),
            ("C", ["C"], "stimulus.content_id"),
        ):
            order = MeasuringOrder.objects.create(
                batch=batch, statistic=key, settings={}, settings_key=key
            )
            source = (
                "FROM transfer_stimulus AS stimulus JOIN transfer_stimulus_styles AS link ON "
                f"link.stimulus_id = stimulus.id WHERE stimulus.batch_id = {batch.pk}"
            )
            cursor.execute(
                f"""
                INSERT INTO metrics_measurementjob (state, attempt, worker, device, error, chunk,
                  created_at, finished_at, order_id, stimulus_id, reference_id, instrument)
                SELECT 'done', 1, '', 'cpu', '', stimulus.seed / 8, CURRENT_TIMESTAMP,
                  CURRENT_TIMESTAMP, {order.pk}, stimulus.id, {reference}, 'by {key}' {source}
                """
            )
            for name in names:
                cursor.execute(
                    f"""
                    INSERT INTO metrics_measurement (stimulus_id, reference_id, statistic,
                      instrument, value, details, created_at)
                    SELECT stimulus.id, {reference}, '{name}', 'by {key}',
                      (stimulus.seed * 7919 % 1000) / 1000.0, '{{}}', CURRENT_TIMESTAMP {source}
                    """
                )
        _tidy(cursor)


def _tidy(cursor: object) -> None:
    """What autovacuum does in an installation: statistics, and pages that index scans may trust."""
    from django.db import connection

    if connection.vendor == "sqlite":
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")  # type: ignore[attr-defined]
        cursor.execute("ANALYZE")  # type: ignore[attr-defined]
    else:
        cursor.execute("VACUUM ANALYZE")  # type: ignore[attr-defined]


def _work() -> dict[str, float]:
    """Milliseconds to claim a chunk of four rows, and to finish a row; the median of the rounds."""
    from transfer.models import Stimulus

    claims: list[float] = []
    ends: list[float] = []
    for _ in range(ROUNDS):
        lease = _timed(lambda: Stimulus.objects.next_chunk().claim("bench:1"), claims)
        assert lease is not None
        end = partial(lease.finish, lease.rows.first().pk, {"sha256": "0" * 64})
        _timed(end, ends)
        lease.release()
    return {"claim": statistics.median(claims), "finish": statistics.median(ends)}


def _pages() -> dict[str, float]:
    """Milliseconds of pages of a batch with a tenth of the rows, of which all are measured."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.test import Client

    from transfer.models import Batch, Picture

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(User.objects.create_superuser("ada"))
    page = Batch.objects.get(name="batch 0").get_absolute_url()
    waiting = Batch.objects.get(name=f"batch {BATCHES - 1}").get_absolute_url()
    content = Picture.objects.filter(role="content").first()
    style = Picture.objects.filter(role="style").last()
    assert content and style
    found = {}
    for name, address in {
        "batch": page,
        "waiting": waiting,
        "progress": f"{page}progress/",
        "last": f"{page}?page=100000",
        "filtered": f"{page}?method=universal&state=done&page=7",
        "pair": f"{page}?content={content.pk}&style={style.pk}",
        "score": f"{page}?order=-E",
        "list": "/transfer/batches/",
    }.items():
        times: list[float] = []
        for _ in range(VIEWS):
            answer = _timed(partial(client.get, address), times)
            assert answer.status_code == 200, (address, answer.status_code)
        found[name] = statistics.median(times)
        print(f"{name}: first {times[0]:.0f} ms, then {found[name]:.0f} ms", file=sys.stderr)
        if os.environ.get("LEDGER_QUERIES"):
            _explain(client, address)
    return found


def _explain(client: object, address: str) -> None:
    """The slow queries of a page, with their plans."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        client.get(address)  # type: ignore[attr-defined]
    for query in queries.captured_queries:
        if float(query["time"]) < 0.005:
            continue
        print(f"  {query['time']} s: {query['sql'][:700]}", file=sys.stderr)


def _timed(action: Callable[[], T], times: list[float]) -> T:
    start = time.perf_counter()
    result = action()
    times.append(1000 * (time.perf_counter() - start))
    return result


def _size(folder: Path) -> int:
    from django.db import connection

    if connection.vendor == "sqlite":
        return sum(path.stat().st_size for path in Path(folder).glob("ecspace.sqlite3*"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        return int(cursor.fetchone()[0])


PARAMETERS = {
    "iterations": 500, "style_weight": 300.0, "content_layer": "relu4_1", "init": "noise",
    "style_layers": ["relu1_1", "relu2_1", "relu3_1", "relu4_1", "relu5_1"], "history": 100,
}  # fmt: skip
LOSSES = {"content": 1.25, "style": 0.5}

if __name__ == "__main__":
    main(int(sys.argv[1]))
