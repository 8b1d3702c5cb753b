"""Pictures per hour of the whole machine: `gatys` here against neural-style 0.5.7.

Both have the same cores, network (random weights), content, style, start and sum of losses, at
256 px. neural-style makes one picture at a time with all cores, as it does by itself, in `STEPS`
evaluations. Here every core has a process of one thread, in the precision that `auto` becomes; each
makes a picture with as many steps as it takes for the judge's loss to be as low as neural-style's.
The same pictures are made by one process alone, with all cores and with one. Wall time of the
descents; all take turns, and the quickest turn of each counts.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from common.threads import ONE_THREAD

ROOT = Path(__file__).resolve().parents[1]
STEPS = 100
LAYOUTS = ("compact", "vgg19")
TURNS = 2
TOLERANCE = 1.001
"""Other numbers of threads round differently."""
MOST = 2.0
"""Our steps, as a multiple of the rival's, after which it is given up."""


def benchmarks() -> Iterator[dict[str, object]]:
    cores = len(os.sched_getaffinity(0))
    for layout in LAYOUTS:
        wanted = _run([["rival", layout, str(STEPS)]], {})[0]["loss"]
        steps = _steps_to(layout, wanted)
        print(
            f"{layout}: {steps} steps here, {STEPS} there, to a loss of {wanted:.4f}",
            file=sys.stderr,
        )
        ours = ["ours", layout, str(steps)]
        sides: dict[str, tuple[list[list[str]], dict[str, str]]] = {
            "ours": ([ours] * cores, ONE_THREAD),
            "neural-style": ([["rival", layout, str(STEPS)]], {}),
            f"one process of {cores} threads": ([ours], {}),
            "one process of one thread": ([ours], ONE_THREAD),
        }
        rates: dict[str, float] = {}
        for _ in range(TURNS):
            for side, (roles, more) in sides.items():
                made = _run(roles, more)
                if side != "neural-style" and max(one["loss"] for one in made) > TOLERANCE * wanted:
                    raise ValueError(f"{side}: the losses are {made}, and not {wanted} or lower")
                rate = 3600 * len(roles) / max(one["seconds"] for one in made)
                rates[side] = max(rate, rates.get(side, 0.0))
        for side in sides:
            if side != "ours":
                yield {
                    "name": f"throughput/gatys@{layout} (pictures per hour, ours ÷ {side})",
                    "ratio": rates["ours"] / rates[side],
                    "ours": rates["ours"],
                    "reference": rates[side],
                    "unit": "pictures/h",
                }


def _steps_to(layout: str, wanted: float) -> int:
    """Our first step whose loss is no higher than `wanted`."""
    most = round(MOST * STEPS)
    done = subprocess.run(
        _command(["until", layout, str(most), repr(wanted)]),
        cwd=ROOT, env=_environment(ONE_THREAD), check=True, capture_output=True, text=True,
    )  # fmt: skip
    step: int | None = json.loads(done.stdout.splitlines()[-1])
    if step is None:
        raise ValueError(f"the loss is not as low as {wanted} after {most} steps")
    return step


def _run(roles: Sequence[Sequence[str]], more: dict[str, str]) -> list[dict[str, float]]:
    """Start processes, let them begin at once when all are ready, and read their results."""
    processes = [
        subprocess.Popen(
            _command(role), cwd=ROOT, env=_environment(more), text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=sys.stderr,
        )
        for role in roles
    ]  # fmt: skip
    try:
        for one in processes:
            assert one.stdout
            while (line := one.stdout.readline()).strip() != "ready":
                if not line:
                    raise ValueError("a process ended before it was ready")
        for one in processes:
            assert one.stdin
            one.stdin.write("go\n")
            one.stdin.flush()
        found = []
        for one in processes:
            said, _ = one.communicate()
            found.append(json.loads(said.splitlines()[-1]))
        return found
    finally:
        for one in processes:
            one.kill()


def _command(role: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", "benchmarks._throughput_world", *role]


def _environment(more: dict[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in ONE_THREAD}
    return kept | more
