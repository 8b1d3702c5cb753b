"""Pictures per hour of C by gPb: `manage.py measure` on all cores against one process without jobs.

Both measure the same eight pictures of 481 × 321 pixels with human annotations, in one run. The
reference uses the threads that its libraries take by themselves. Rates count from the first picture
of each process on, so neither start-up is in them; the numbers must be the same to the bit.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]


def benchmarks() -> Iterator[dict[str, object]]:
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as folder:
        environment = os.environ | {
            "ECSPACE_DATA": folder,
            "SECRET_KEY": "for this benchmark only",
            "PYTHONPATH": str(ROOT),
        }
        _world("make", environment)
        before = _world("loop", environment)
        command = [sys.executable, "manage.py", "measure", "--batch", "bench"]
        command += ["--statistics", "C", "--detector", "gpb", "--processes", str(cores)]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, stderr=subprocess.DEVNULL)
        after = _world("results", environment)
    if before["values"] != after["values"]:
        raise ValueError(f"other numbers: {before['values']} and {after['values']}")
    ours, reference = per_hour(after["times"], cores), per_hour(before["times"], 1)
    yield {
        "name": f"measuring/gpb@{cores} processes (pictures per hour, ours ÷ one process)",
        "ratio": ours / reference,
        "ours": ours,
        "reference": reference,
        "unit": "pictures/h",
    }


def per_hour(times: list[float], processes: int) -> float:
    """The rate of pictures finished at `times`, in seconds, after the first of each process."""
    times = sorted(times)
    return 3600 * (len(times) - processes) / (times[-1] - times[processes - 1])


def _world(action: str, environment: dict[str, str]) -> Any:
    done = subprocess.run(
        [sys.executable, "benchmarks/_measuring_world.py", action],
        cwd=ROOT, env=environment, check=True, capture_output=True, text=True,
    )  # fmt: skip
    return json.loads(done.stdout) if done.stdout.strip() else None
