"""Processor time of all statistics that are installed for 300 stimuli at 256 px, without gPb.

Measured on 30 of them (3 contents × 5 styles × 2 methods) after each instrument is opened, and
scaled to 300 with 30 references: opening counts once. The reference is the time that the referee's
acceptance allows, 15 minutes on two cores.
"""

from __future__ import annotations

import hashlib
import tempfile
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.timing import one_thread
from metrics.statistics import OTHER_STATISTICS, STATISTICS
from metrics.statistics.base import Collection, Sample, Statistic

SIZE, ALLOWED = 256, 15 * 60 * 2
CONTENTS, STYLES, METHODS, ASKED = 3, 5, 2, 300


def benchmarks() -> Iterator[dict[str, object]]:
    # C is measured by its usual detector; the other detectors, gPb among them, are left out.
    kinds = {
        key: kind
        for key, kind in (STATISTICS | OTHER_STATISTICS).items()
        if not key.startswith("C-") and not kind.lacks()
    }
    with tempfile.TemporaryDirectory() as folder, one_thread():
        samples = _samples(Path(folder))
        total = 0.0
        for key, kind in kinds.items():
            opening, measuring = _seconds(kind, samples[kind.reference], Path(folder))
            scaled = opening + measuring * ASKED / (CONTENTS * STYLES * METHODS)
            total += scaled
            yield _row(f"statistic {key}, {ASKED} stimuli at {SIZE} px", scaled)
    yield _row(f"{len(kinds)} statistics × {ASKED} stimuli at {SIZE} px without gPb", total)


def _row(name: str, seconds: float) -> dict[str, object]:
    return {
        "name": f"{name}: processor time ÷ 15 min on 2 cores",
        "ratio": seconds / ALLOWED,
        "ours": seconds,
        "reference": ALLOWED,
        "unit": "s",
    }


def _seconds(kind: type[Statistic], samples: list[Sample], folder: Path) -> tuple[float, float]:
    """Processor seconds of opening the instrument, and of measuring all samples."""
    contents = sorted(folder.glob("content*.png"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in contents)).hexdigest()
    data = folder / "data"
    data.mkdir(exist_ok=True)
    collection = Collection(contents, digest, SIZE, data)
    start = time.process_time()
    options = {"basis": "reference"} if kind.key == "E" else {}
    settings = kind.settings(options, collection)
    instrument = kind.open(settings, collection, lambda *progress: None)
    opened = time.process_time()
    for answer in instrument.measure_many(samples):
        if isinstance(answer, Exception):
            raise answer
    return opened - start, time.process_time() - opened


def _samples(folder: Path) -> dict[str, list[Sample]]:
    """Samples against contents and against styles; those of one reference follow each other."""
    for number in range(CONTENTS):
        _picture(number).save(folder / f"content{number}.png")
    for number in range(STYLES):
        _picture(100 + number).save(folder / f"style{number}.png")
    found: dict[str, list[Sample]] = {"content": [], "style": []}
    for content, style, method in product(range(CONTENTS), range(STYLES), range(METHODS)):
        image = folder / f"stimulus{content}-{style}-{method}.png"
        _picture(1000 + content * 100 + style * 10 + method).save(image)
        for role, number in (("content", content), ("style", style)):
            found[role].append(Sample(image, SIZE, folder / f"{role}{number}.png"))
    for each in found.values():
        each.sort(key=lambda sample: sample.reference.name)
    return found


def _picture(seed: int) -> Image.Image:
    """Smooth blobs with fine noise: edges for the boundaries, texture for the styles."""
    rng = np.random.default_rng(seed)
    coarse = Image.fromarray(rng.integers(0, 256, (12, 12, 3), dtype=np.uint8))
    smooth = np.asarray(coarse.resize((SIZE, SIZE), Image.Resampling.BICUBIC), dtype=float)
    noisy = smooth + rng.normal(0, 12, smooth.shape)
    return Image.fromarray(noisy.clip(0, 255).astype(np.uint8))
