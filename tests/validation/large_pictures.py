"""Every boundary detector on a picture of 4 megapixels: finite strengths in [0, 1], time, memory.

`python -m tests.validation.large_pictures` prints one JSON object per detector and exits 1 where
one fails. `gpb` takes minutes and 4 GB. Each detector runs in a process of its own, whose peak is
shown.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from PIL import Image, ImageDraw

from metrics.boundaries.detectors import detector, installed

WIDTH, HEIGHT = 2450, 1640


def picture(width: int, height: int) -> Image.Image:
    """Overlapping discs of many colours and sizes, with grain."""
    random = np.random.default_rng(0)
    flat = Image.new("RGB", (width, height), "grey")
    draw = ImageDraw.Draw(flat)
    for _ in range(200):
        x, y = random.uniform(0, (width, height))
        radius = random.uniform(0.01, 0.2) * height
        draw.ellipse(
            (x - radius, y - radius, x + radius, y + radius),
            fill=tuple(random.integers(0, 256, 3).tolist()),
        )
    grain = random.normal(0, 12, (height, width, 1))
    return Image.fromarray((np.asarray(flat) + grain).clip(0, 255).astype(np.uint8))


def check(name: str, width: int, height: int) -> dict[str, object]:
    """The result of a detector on the picture."""
    image = picture(width, height)
    began = time.perf_counter()
    strength = detector(name)(image)
    took = time.perf_counter() - began
    met = (
        strength.shape == (height, width)
        and bool(np.isfinite(strength).all())
        and bool(0 <= strength.min() < strength.max() <= 1)
    )
    return {
        "name": name,
        "pixels": width * height,
        "least": float(strength.min()),
        "most": float(strength.max()),
        "seconds": round(took, 1),
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
        "wanted": "finite strengths in [0, 1], not all the same",
        "met": met,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "detectors",
        nargs="*",
        metavar="DETECTOR",
        help="all that are installed, where none is named",
    )
    met = True
    for name in parser.parse_args().detectors or installed():
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as process:
            result = process.submit(check, name, WIDTH, HEIGHT).result()
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()
        met = met and bool(result["met"])
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
