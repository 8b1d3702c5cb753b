"""A large ledger: claiming and finishing a row, and the pages of a batch with its gallery.

LEDGER_ROWS stimuli (100,000 by default) in ten batches, of which five are done and one is measured;
on SQLite, and on PostgreSQL if TEST_POSTGRES_URL names a server. Milliseconds, the median of
several, against the limits below; every commit reaches the disk, as in an installation:
`FSYNC=on LEDGER_ROWS=1000000 .ci/with-postgres make bench NAMES=ledger`. Pages are whole responses,
asked for again, of a batch that holds a tenth of the rows. On standard error: bytes of a row with
its indices, and the first response. LEDGER_QUERIES=1 prints the queries that take longest.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext

from benchmarks._database import ROOT, new_database

ROWS = int(os.environ.get("LEDGER_ROWS", "100000"))
LIMITS = {
    "claim": (10.0, "claim of a chunk"),
    "finish": (5.0, "finish of a row"),
    "batch": (100.0, "page of a measured batch"),
    "waiting": (100.0, "page of a waiting batch"),
    "progress": (100.0, "progress of a batch"),
    "last": (200.0, "gallery, last page"),
    "filtered": (200.0, "gallery, one method"),
    "pair": (200.0, "gallery, one pair"),
    "score": (200.0, "gallery, by score"),
    "list": (200.0, "list of batches"),
}
"""Name → milliseconds, and what is timed."""


def benchmarks() -> Iterator[dict[str, object]]:
    for vendor in ("sqlite", "postgresql"):
        if vendor == "sqlite" or os.environ.get("TEST_POSTGRES_URL"):
            yield from measured(vendor)


def measured(vendor: str) -> Iterator[dict[str, object]]:
    """One run against one database."""
    database = nullcontext("") if vendor == "sqlite" else new_database()
    with tempfile.TemporaryDirectory() as folder, database as url:
        environment = os.environ | {
            "ECSPACE_DATA": folder,
            "DATABASE_URL": url,
            "SECRET_KEY": "for this benchmark only",
            "PYTHONPATH": str(ROOT),
        }
        done = subprocess.run(
            [sys.executable, "benchmarks/_ledger_world.py", str(ROWS)],
            cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
    found = json.loads(done.stdout)
    print(f"ledger/{vendor}: {found['bytes']:.0f} bytes of a row with its indices", file=sys.stderr)
    for name, (limit, what) in LIMITS.items():
        yield {
            "name": f"ledger/{vendor}/{what} among {found['rows']:,} rows",
            "ratio": found[name] / limit,
            "ours": found[name],
            "reference": limit,
            "unit": "ms",
        }
