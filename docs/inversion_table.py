"""Measure the pictures of docs/inversion_figure.py, and compare L-BFGS with Adam on their losses.

    PYTHONPATH=. ECSPACE_WEIGHTS=WEIGHTS python docs/inversion_table.py --style S1.jpg … \
        --kept FOLDER --budget 0.005 --solvers 1000 --out docs/inversion-solvers.jpg

FOLDER holds the pictures of the figure. Tables go to standard output as Markdown, the pictures by
both solvers to the file. All numbers are of the luminance:

size: the distance in pixels at which the autocorrelation of 2 × 2 block means, averaged over
    directions, falls to 1/e; blocks, so that noise from pixel to pixel counts little.
noise: the share of the variance in frequencies above a quarter of a cycle per pixel; of white
    noise 0.80.
likeness: the correlation of 4 × 4 block means with those of the style picture at the same places.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from inversion_figure import EDGE, FONT, LABEL, LAYERS, LOSSES, MARGIN, QUALITY
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from torch import Tensor

from common.console import say
from common.pictures import read_picture, resize_to_width, to_image, to_tensor
from transfer.encoders import load_encoder
from transfer.encoders.architecture import Encoder
from transfer.methods import parameters_object, resolve_parameters
from transfer.methods.engine import Task
from transfer.methods.inversion_engine import descent_of
from transfer.optimise import adam, lbfgs
from transfer.optimise.base import Result

Array = NDArray[np.float64]
SOLVED = ("gram", "moments-2", "moments-4")
LUMINANCE = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", default="vgg19-16x")
    parser.add_argument("--style", type=Path, action="append", required=True, dest="styles")
    parser.add_argument("--kept", type=Path, required=True, help="folder of the pictures")
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--budget", type=float, default=0.01)
    parser.add_argument("--solvers", type=int, default=0, metavar="N",
        help="also compare the solvers after N evaluations each, on the first style")  # fmt: skip
    parser.add_argument("--out", type=Path, help="sheet of the pictures by both solvers")
    options = parser.parse_args()
    _print_pictures(options)
    if options.solvers:
        _print_solvers(options)


def _print_pictures(options: argparse.Namespace) -> None:
    styles = {style.stem: _luminance(style, options.size) for style in options.styles}
    say("| layer | " + " | ".join(LOSSES) + " |\n|" + " --- |" * (len(LOSSES) + 1))
    for layer in LAYERS:
        cells = []
        for loss in LOSSES:
            found = []
            for name, style in styles.items():
                file = f"{options.encoder}-{name}-{layer}-{loss}-{options.size}px"
                picture = _luminance(options.kept / f"{file}-{options.budget:g}.png", options.size)
                found.append((size(picture), noise(picture), likeness(picture, style)))
            cells.append(_cell(found))
        say(f"| {layer} | " + " | ".join(cells) + " |")
    say("styles: " + _cell([(size(one), noise(one), 1.0) for one in styles.values()]))


def _cell(found: Sequence[tuple[float, float, float]]) -> str:
    """Means over the styles."""
    length, fine, alike = np.mean(np.array(found), axis=0)
    return f"{length:.1f} · {fine:.2f} · {alike:+.2f}".replace("-", "−")


def _luminance(path: Path, width: int) -> Array:
    picture = resize_to_width(read_picture(path), width)
    grey: Array = np.asarray(picture, dtype=np.float64) @ LUMINANCE
    return grey


def block_means(grey: Array, side: int) -> Array:
    """(H, W) → (H // side, W // side); an incomplete last block is left out."""
    height, width = (length // side for length in grey.shape)
    cut = grey[: height * side, : width * side]
    means: Array = cut.reshape(height, side, width, side).mean(axis=(1, 3))
    return means


def size(grey: Array) -> float:
    """Pixels until the autocorrelation falls to 1/e; NaN if it does not within half a picture."""
    blocks = block_means(grey, 2)
    blocks = blocks - blocks.mean()
    shape = [2 * length for length in blocks.shape]
    power = np.abs(np.fft.rfft2(blocks, shape)) ** 2
    overlap = np.abs(np.fft.rfft2(np.ones_like(blocks), shape)) ** 2
    found = np.fft.irfft2(power, shape) / np.maximum(np.fft.irfft2(overlap, shape), 1)
    rows, columns = (np.fft.fftfreq(length, 1 / length) for length in shape)
    distance = np.hypot(rows[:, None], columns[None, :]).round().astype(int)
    reach = min(blocks.shape) // 2
    profile = np.array([found[distance == lag].mean() for lag in range(reach)]) / found[0, 0]
    for lag in range(1, reach):
        if profile[lag] < 1 / math.e:
            part = (profile[lag - 1] - 1 / math.e) / (profile[lag - 1] - profile[lag])
            return float(2 * (lag - 1 + part))
    return math.nan


def noise(grey: Array) -> float:
    """The share of the variance above a quarter of a cycle per pixel."""
    power = np.abs(np.fft.fft2(grey - grey.mean())) ** 2
    rows, columns = (np.fft.fftfreq(length) for length in grey.shape)
    fine = np.hypot(rows[:, None], columns[None, :]) > 0.25
    return float(power[fine].sum() / power.sum())


def likeness(grey: Array, style: Array) -> float:
    """The correlation of block means at the same places."""
    ours, theirs = block_means(grey, 4).ravel(), block_means(style, 4).ravel()
    return float(np.corrcoef(ours, theirs)[0, 1])


def _print_solvers(options: argparse.Namespace) -> None:
    """Losses at the start and after equal evaluations; size and noise of the results."""
    encoder = load_encoder(options.encoder)
    picture = to_tensor(resize_to_width(read_picture(options.styles[0]), options.size))
    head = ("layer", "loss", "start", "by Adam", "by L-BFGS", "Adam's picture", "L-BFGS's picture")
    say("| " + " | ".join(head) + " |\n|" + " --- |" * len(head))
    rows: list[list[Image.Image]] = []
    for layer in LAYERS:
        rows.append([])
        for loss in SOLVED:
            first, *runs = _solve(layer, loss, picture, encoder, options.solvers)
            pictures = [to_image(run.images[0].clamp(0, 1)) for run in runs]
            greys = [np.asarray(one, dtype=np.float64) @ LUMINANCE for one in pictures]
            rows[-1] += pictures
            cells = [f"{first:.3g}", *(f"{run.losses[0]:.3g}" for run in runs)]
            cells += [f"{size(grey):.1f} · {noise(grey):.2f}" for grey in greys]
            say(f"| {layer} | {loss} | " + " | ".join(cells) + " |")
    if options.out:
        _sheet(rows).save(options.out, quality=QUALITY, optimize=True)


def _solve(
    layer: str, loss: str, picture: Tensor, encoder: Encoder, evaluations: int
) -> tuple[float, Result, Result]:
    """The loss at the start; the results of Adam and of L-BFGS."""
    name, _, number = loss.partition("-")
    changes: dict[str, object] = {"loss": name, "layer": layer}
    values = resolve_parameters("inversion", changes | ({"moments": number} if number else {}))
    parameters = parameters_object("inversion", values)
    task = Task(picture, [picture], 0)
    objective, begun = descent_of(parameters, [task], encoder, "float32")
    start = begun.x.clone()
    by_adam = adam.minimise(objective, start, iterations=evaluations - 1, rate=parameters.rate)
    # A step of L-BFGS takes one evaluation, seldom two.
    by_lbfgs = lbfgs.minimise(objective, start, iterations=evaluations * 95 // 100)
    return float(objective(start, [0])[0]), by_adam, by_lbfgs


def _sheet(rows: Sequence[Sequence[Image.Image]]) -> Image.Image:
    """Layers from top to bottom; of each loss first Adam's picture, then that of L-BFGS."""
    width, height = rows[0][0].size
    across, down = width + MARGIN, height + MARGIN
    sheet = Image.new("RGB", (EDGE + len(rows[0]) * across, LABEL + len(rows) * down), "white")
    draw = ImageDraw.Draw(sheet)
    for row, (layer, pictures) in enumerate(zip(LAYERS, rows, strict=True)):
        draw.text((0, LABEL + row * down), layer, fill="black", font_size=FONT)
        for column, one in enumerate(pictures):
            sheet.paste(one, (EDGE + column * across, LABEL + row * down))
    for column in range(len(rows[0])):
        label = f"{SOLVED[column // 2]}, {('Adam', 'L-BFGS')[column % 2]}"
        draw.text((EDGE + column * across, 2), label, fill="black", font_size=FONT)
    return sheet


if __name__ == "__main__":
    torch.set_num_threads(1)
    main()
