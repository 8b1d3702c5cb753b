"""What the ledger costs a job: 2,000 jobs of no work, by two workers on PostgreSQL.

The time of a worker's loop for a job, in chunks of four as batches have by default, without the
time in which pictures are read, made and stored: looking for lost rows, finding the next chunk,
claiming it, reading its rows, the signs of life, finishing it, and looking whether the batch is
complete. The mean of both workers, which run at the same time. A job that is done twice stops the
benchmark.

Needs TEST_POSTGRES_URL: `FSYNC=on .ci/with-postgres make bench NAMES=tiny_jobs` starts a server
that flushes every commit to the disk, as in production. TINY_JOBS changes the number.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from benchmarks._database import ROOT, new_database

JOBS = int(os.environ.get("TINY_JOBS", "2000"))
WORKERS = 2
LIMIT = 5.0
"""Milliseconds of a job."""


def benchmarks() -> Iterator[dict[str, object]]:
    if not os.environ.get("TEST_POSTGRES_URL"):
        print("tiny_jobs: needs TEST_POSTGRES_URL (see .ci/with-postgres)", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as folder, new_database() as url:
        environment = os.environ | {
            "ECSPACE_DATA": folder,
            "DATABASE_URL": url,
            "SECRET_KEY": "for this benchmark only",
            "PYTHONPATH": str(ROOT),
            "OMP_NUM_THREADS": "1",
        }
        world = [sys.executable, "benchmarks/_tiny_jobs_world.py"]
        subprocess.run([*world, "fill", str(JOBS)], cwd=ROOT, env=environment, check=True)
        workers = [
            subprocess.Popen(
                [*world, "work", folder, str(WORKERS)],
                cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True,
            )
            for _ in range(WORKERS)
        ]  # fmt: skip
        found = [json.loads(worker.communicate()[0].splitlines()[-1]) for worker in workers]
    done = [job for one in found for job in one["done"]]
    if len(done) != JOBS or len(set(done)) != JOBS:
        raise RuntimeError(f"{len(done)} jobs were done, {len(set(done))} different of {JOBS}")
    overhead = sum(one["overhead"] for one in found) / len(found)
    cpu = sum(one["cpu"] for one in found) / len(found)
    shares = " and ".join(str(len(one["done"])) for one in found)
    print(f"tiny_jobs: {shares} jobs; {cpu:.2f} ms of the worker's CPU each", file=sys.stderr)
    yield {
        "name": f"tiny_jobs/overhead of one of {JOBS:,}, {WORKERS} workers on PostgreSQL",
        "ratio": overhead / LIMIT,
        "ours": overhead,
        "reference": LIMIT,
        "unit": "ms",
    }
