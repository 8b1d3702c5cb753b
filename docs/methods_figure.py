"""Draws the figure of all methods: one row per encoder, one column per method, labelled.

    python docs/methods_figure.py --content C.jpg --style S.jpg --out docs/methods.png \
        --encoder compact --encoder vgg19-16x --encoder vgg19-caffe

An encoder whose weights end before relu4_1 gets the style layers it has, and its deepest style
layer as the content layer. Each picture is kept beside the figure's name and made only once.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from transfer.console import say
from transfer.device import choose_device
from transfer.encoders import STYLE_LAYERS, load_encoder
from transfer.encoders.architecture import Encoder
from transfer.methods import METHODS
from transfer.pictures import read_picture, resize_to_width, write_png
from transfer.stylise import Job, stylise

MARGIN, LABEL = 6, 20  # pixels


def main() -> None:
    """Make what is missing, then the figure."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--content", type=Path, required=True)
    parser.add_argument("--style", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--encoder", action="append", required=True, dest="encoders")
    parser.add_argument("--method", action="append", dest="methods", help="all by default")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--iterations", type=int, default=300)
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    methods = options.methods or [key for key in METHODS if not METHODS[key].needs_decoder]
    job = Job(read_picture(options.content), [read_picture(options.style)], seed=0)
    rows = {}
    for name in options.encoders:
        encoder = load_encoder(name, device=choose_device(options.device))
        rows[name] = [_picture(method, encoder, job, options) for method in methods]
    write_png(_figure(rows, methods), options.out)


def _picture(method: str, encoder: Encoder, job: Job, options: argparse.Namespace) -> Image.Image:
    kept = options.out.with_name(f"{options.out.stem}-{encoder.name}-{method}.png")
    if kept.exists():
        return read_picture(kept)
    parameters: dict[str, Any] = {"iterations": options.iterations}
    if "relu4_1" not in encoder.widths:
        parameters["style_layers"] = [name for name in STYLE_LAYERS if name in encoder.widths]
        parameters["content_layer"] = parameters["style_layers"][-1]
    (outcome,) = stylise(method, [job], encoder=encoder, parameters=parameters, size=options.size)
    if outcome.image is None:
        sys.exit(f"{method} with {encoder.name}: {outcome.error}")
    say(f"{method} with {encoder.name}: {outcome.seconds:.0f} s")
    write_png(outcome.image, kept)
    return outcome.image


def _figure(rows: dict[str, list[Image.Image]], methods: list[str]) -> Image.Image:
    width, height = next(iter(rows.values()))[0].size
    across, down = width + MARGIN, height + MARGIN + LABEL
    figure = Image.new("RGB", (across * len(methods), down * len(rows)), "white")
    draw = ImageDraw.Draw(figure)
    for row, (encoder, images) in enumerate(rows.items()):
        for column, (method, image) in enumerate(zip(methods, images, strict=True)):
            x, y = column * across, row * down
            draw.text((x + 4, y + 4), f"{method}, {encoder}", fill="black", font_size=12)
            figure.paste(resize_to_width(image, width), (x, y + LABEL))
    return figure


if __name__ == "__main__":
    main()
