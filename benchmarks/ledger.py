"""What the ledger costs: claiming, and finishing, one row among many that wait (SQLite).

The time of `next_chunk`, `claim` and `finish` for a chunk of one row, with 100,000 rows, half of
them done, against the limit of 10 ms for the claim. Every commit reaches the disk, as in an
installation. On standard error: bytes of a row with its indices.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LIMITS = {"claim": 10.0, "finish": 5.0}
"""Milliseconds."""


def benchmarks() -> Iterator[dict[str, object]]:
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "ECSPACE_DATA": folder,
            "SECRET_KEY": "for this benchmark only",
            "PYTHONPATH": str(ROOT),
        }
        done = subprocess.run(
            [sys.executable, "benchmarks/_ledger_world.py"],
            cwd=ROOT, env=environment, check=True, capture_output=True, text=True,
        )  # fmt: skip
    found = json.loads(done.stdout)
    print(f"ledger: {found['bytes']:.0f} bytes of a row with its indices", file=sys.stderr)
    for name, limit in LIMITS.items():
        yield {
            "name": f"ledger/{name} of one row among {found['rows']:,}",
            "ratio": found[name] / limit,
            "ours": found[name],
            "reference": limit,
            "unit": "ms",
        }
