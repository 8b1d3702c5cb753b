"""Whether pictures made with a candidate for `compact` carry style as well as `vgg19-16x`'s.

`python -m tests.validation.compact --data DIR --weights DIR [--candidate FILE]` stylises BSDS500
test contents by `gatys` with compact, with the candidate and with `vgg19-16x`, a network of the
same size, and measures E at R11, R21 and R31 with `vgg19-caffe`. It prints one JSON object per
network, with E − E of `vgg19-16x` over the same pairs of content and style, and exits 1 where the
last network's mean gap is above 0.12. Neither the contents nor the styles took part in a training.

A smaller run is a quick first look: `--pictures 4 --size 96 --iterations 60`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from safetensors.torch import load_file
from torch import Tensor

from common.pictures import read_picture, resize_to_width, to_tensor, write_png
from metrics.effectiveness.basis import Basis, build
from metrics.effectiveness.divergence import measure
from transfer.encoders import STYLE_LAYERS, encoder_spec, load_encoder
from transfer.encoders.architecture import Encoder
from transfer.encoders.descents import STYLE_SHARE, descent_loss, gradient_error
from transfer.encoders.fingerprint import fingerprint
from transfer.learning.loop import learned
from transfer.methods.engine import Task
from transfer.methods.stylise import stylise

JUDGED = STYLE_LAYERS[:3]
MOST = 0.12
REFERENCE = "vgg19-16x"
BASIS_OF = 40
"""Contents whose mean covariances give the basis of E, at the width of the pictures."""
SHARES = (0.0, 0.5, 0.9, 1.0)
"""Share of the finished picture in its mixtures with noise at which gradients are compared."""


@dataclass(frozen=True)
class Pair:
    """A content and a style."""

    name: str
    content: Image.Image
    style: Image.Image


def pairs(contents: Sequence[Path], styles: Sequence[Path], number: int) -> list[Pair]:
    """Pairs that spread evenly over both lists; no picture is in two."""
    chosen = [
        (contents[i * len(contents) // number], styles[i * len(styles) // number])
        for i in range(number)
    ]
    return [Pair(f"{c.stem}_{s.stem}", read_picture(c), read_picture(s)) for c, s in chosen]


def compact_from(path: Path) -> Encoder:
    """A network of compact's layout from a file of weights, or from a training's checkpoint."""
    if path.suffix == ".checkpoint":
        weights, _ = learned(path, "encoder.convolutions.")
    else:
        weights = load_file(path)
    spec = encoder_spec("compact")
    return Encoder(
        weights,
        name="compact",
        fingerprint=fingerprint(spec, weights),
        convention=spec.convention,
        padding=spec.padding,
    )


def pictures(
    encoder: Encoder, made_from: Sequence[Pair], size: int, iterations: int, keep: Path | None
) -> list[Image.Image]:
    """The stylised pictures; those in `keep` are read, the others are made."""
    folder = keep and keep / f"{encoder.fingerprint.replace(':', '-')}-{size}-{iterations}"
    if folder:
        folder.mkdir(parents=True, exist_ok=True)
    found = []
    for pair in made_from:
        path = folder and folder / f"{pair.name}.png"
        if path and path.exists():
            found.append(read_picture(path))
            continue
        (result,) = stylise(
            "gatys",
            [Task(pair.content, [pair.style], 0)],
            encoder=encoder,
            parameters={"iterations": iterations},
            size=size,
        )
        assert result.picture is not None, result.error
        if path:
            write_png(result.picture, path)
        found.append(result.picture)
    return found


def effects(
    images: Sequence[Image.Image], of: Sequence[Pair], judge: Encoder, basis: Basis
) -> np.ndarray:
    """E1, E2 and E3 (N, 3) of pictures, by `judge`."""
    rows = []
    for image, pair in zip(images, of, strict=True):
        (row,) = measure([image], pair.style, judge, basis, layers=JUDGED, style_width=image.width)
        rows.append([row[layer].value for layer in JUDGED])
    return np.array(rows, dtype=float)


def compare(values: np.ndarray, reference: np.ndarray) -> dict[str, Any]:
    """Mean E, and its difference from the reference's over the same pairs (N, 3)."""
    gaps = values - reference
    error = gaps.std(axis=0, ddof=1) / len(gaps) ** 0.5
    return {
        "E": values.mean(axis=0).round(3).tolist(),
        "gap": gaps.mean(axis=0).round(3).tolist(),
        "standard_error": error.round(3).tolist(),
        "mean_gap": round(float(gaps.mean()), 3),
    }


def gradient_agreement(
    encoder: Encoder, teacher: Encoder, of: Sequence[Pair], finished: Sequence[Image.Image]
) -> list[float]:
    """Cosine of the two networks' gradients at pictures between noise and finished ones."""
    cosines = []
    for share in SHARES:
        errors = []
        for number, (pair, image) in enumerate(zip(of, finished, strict=True)):
            end = to_tensor(image)
            generator = torch.Generator().manual_seed(number)
            noise = 0.5 + 0.1 * torch.randn(end.shape, generator=generator)
            state = share * end + (1 - share) * noise
            content = to_tensor(resize_to_width(pair.content, image.width))
            style = to_tensor(resize_to_width(pair.style, image.width))
            gradients = [_gradient(one, state, content, style) for one in (encoder, teacher)]
            errors.append(float(gradient_error(*gradients)))
        cosines.append(round(1 - float(np.mean(errors)), 3))
    return cosines


def _gradient(encoder: Encoder, picture: Tensor, content: Tensor, style: Tensor) -> Tensor:
    pixels = picture.clone().requires_grad_()
    weights = torch.tensor([[1.0] + [STYLE_SHARE] * len(STYLE_LAYERS)])
    with torch.no_grad():
        targets = [encoder(one, STYLE_LAYERS) for one in (content, style)]
    loss = descent_loss(encoder(pixels, STYLE_LAYERS), *targets, weights)
    (gradient,) = torch.autograd.grad(loss.sum(), pixels)
    return gradient


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="holds bsds500 and styles50")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--candidate", type=Path, action="append", default=[])
    parser.add_argument("--pictures", type=int, default=8)
    parser.add_argument("--size", type=int, default=192)
    parser.add_argument("--iterations", type=int, default=150)
    parser.add_argument(
        "--keep", type=Path, help="folder for the pictures, which are made only once"
    )
    parser.add_argument("--gradients", action="store_true", help="compare the gradients, too")
    options = parser.parse_args()
    contents = sorted((options.data / "bsds500/images/test").glob("*.jpg"))
    chosen = pairs(contents, sorted((options.data / "styles50").glob("*.jpg")), options.pictures)
    judge = load_encoder("vgg19-caffe", weights=options.weights, deepest=JUDGED[-1])
    teacher = load_encoder(REFERENCE, weights=options.weights)
    networks = {REFERENCE: teacher, "compact": load_encoder("compact")}
    networks |= {str(path): compact_from(path) for path in options.candidate}
    made = {
        name: pictures(encoder, chosen, options.size, options.iterations, options.keep)
        for name, encoder in networks.items()
    }
    references = map(read_picture, contents[:: len(contents) // BASIS_OF])
    basis = build(references, judge, size=options.size, layers=JUDGED)
    reference = effects(made[REFERENCE], chosen, judge, basis)
    met = True
    for name, encoder in networks.items():
        found = compare(effects(made[name], chosen, judge, basis), reference)
        met = found["mean_gap"] >= -MOST
        result = {"encoder": name, "fingerprint": encoder.fingerprint, **found, "met": met}
        if options.gradients and encoder is not teacher:
            result["gradient_cosines"] = gradient_agreement(
                encoder, teacher, chosen, made[REFERENCE]
            )
        sys.stdout.write(json.dumps(result) + "\n")
        sys.stdout.flush()
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
