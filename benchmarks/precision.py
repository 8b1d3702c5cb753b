"""The effect of a lower precision on the measured style: E of pictures made in it and in float32.

32 pairs by `gatys` that differ in the precision only: four contents in four styles from two seeds.
L-BFGS from noise amplifies rounding, so single pictures differ, but the mean of each E_l must
agree. `ours` is the largest difference of the five means, `reference` the limit.

With `compact`, and with `vgg19-16x` where its weights are found; tf32 is only measured on a GPU.
"""

from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator

import numpy as np
from PIL import Image

from common.device import choose_device
from common.errors import InputError
from metrics.effectiveness.basis import Basis, build
from metrics.effectiveness.divergence import NAMES, measure
from transfer.encoders import load_encoder
from transfer.encoders.architecture import Encoder
from transfer.methods.engine import Task
from transfer.methods.stylise import stylise
from transfer.samples.contents import sample_contents
from transfer.samples.styles import sample_styles

SIZE = 128
ITERATIONS = 50
SEEDS = (0, 1)
MEASURED = 192  # shorter side: relu5_1 then has more places than directions
ALLOWED = 0.05


def benchmarks() -> Iterator[dict[str, object]]:
    device = choose_device("auto")
    contents, styles = (
        [Image.fromarray(sample.pixels) for sample in samples]
        for samples in (sample_contents(), sample_styles())
    )
    for name in ("compact", "vgg19-16x"):
        try:
            encoder = load_encoder(name, device=device)
        except InputError as error:
            print(f"precision: {name} is left out: {error}", file=sys.stderr)
            continue
        basis = build(contents, encoder, size=MEASURED)
        exact = effects("float32", contents, styles, encoder, basis)
        for precision in ("bf16",) if device == "cpu" else ("tf32", "bf16"):
            differences = effects(precision, contents, styles, encoder, basis) - exact
            means = differences.mean(axis=0)
            spread = differences.std(axis=0, ddof=1) / len(differences) ** 0.5
            for label, mean, error in zip(NAMES.values(), means, spread, strict=True):
                print(f"{precision}@{name} {label}: {mean:+.4f} ± {error:.4f}", file=sys.stderr)
            yield {
                "name": f"precision/{precision}@{name} (largest difference of the mean E_l)",
                "ratio": float(abs(means).max() / ALLOWED),
                "ours": float(abs(means).max()),
                "reference": ALLOWED,
                "unit": "E",
            }


def effects(
    precision: str,
    contents: list[Image.Image],
    styles: list[Image.Image],
    encoder: Encoder,
    basis: Basis,
) -> np.ndarray:
    """E1 … E5 of a picture of each content in each style from each seed, one row each."""
    rows = []
    for style in styles:
        tasks = [
            Task(content, [style], seed) for content, seed in itertools.product(contents, SEEDS)
        ]
        made = stylise(
            "gatys",
            tasks,
            encoder=encoder,
            parameters={"iterations": ITERATIONS},
            size=SIZE,
            precision=precision,
        )
        images = [one.picture for one in made if one.picture is not None]
        assert len(images) == len(tasks)
        rows += [
            [effect[layer].value for layer in NAMES]
            for effect in measure(images, style, encoder, basis, style_width=SIZE)
        ]
    return np.array(rows, dtype=np.float64)
