"""Draws the contact sheet of an encoder: every method in every style, labelled.

    ECSPACE_WEIGHTS=WEIGHTS python docs/methods_figure.py --encoder vgg19-16x --content C.jpg \
        --style S1.jpg --style S2.jpg --kept FOLDER --out docs/methods-vgg19-16x.jpg

An encoder whose weights end before relu4_1 gets the style layers it has, and its deepest style
layer as the content layer. The pictures are kept in FOLDER, without loss, and made only once.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from common.console import say
from common.device import choose_device
from common.pictures import read_picture, resize_to_width, write_png
from transfer.decoders import Autoencoder, load_autoencoders
from transfer.encoders import STYLE_LAYERS, load_encoder
from transfer.encoders.architecture import Encoder
from transfer.methods import METHODS
from transfer.methods.engine import Task
from transfer.methods.stylise import stylise

MARGIN, LABEL = 6, 18  # pixels
ACROSS = 7  # methods
QUALITY = 72  # of the JPEG


def main() -> None:
    """Make what is missing, then the sheet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", required=True)
    parser.add_argument("--content", type=Path, required=True)
    parser.add_argument("--style", type=Path, action="append", required=True, dest="styles")
    parser.add_argument("--kept", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--method", action="append", dest="methods", help="all by default")
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--iterations", type=int, default=300)
    parser.add_argument(
        "--steps", type=_steps, action="append", default=[], help="METHOD=N instead of that"
    )
    parser.add_argument(
        "--levels", type=int, default=len(STYLE_LAYERS), help="of universal, from relu1_1 on"
    )
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    options.kept.mkdir(parents=True, exist_ok=True)
    encoder = load_encoder(options.encoder, device=choose_device(options.device))
    columns = {
        _label(method, options): _pictures(method, encoder, options)
        for method in options.methods or METHODS
    }
    _sheet(columns).save(options.out, quality=QUALITY, optimize=True)


def _steps(text: str) -> tuple[str, int]:
    method, _, number = text.partition("=")
    return method, int(number)


def _iterations(method: str, options: argparse.Namespace) -> int:
    return int(dict(options.steps).get(method, options.iterations))


def _label(method: str, options: argparse.Namespace) -> str:
    if METHODS[method].needs_decoder:
        return f"{method}, {options.levels} levels"
    return f"{method}, {_iterations(method, options)} steps"


def _pictures(method: str, encoder: Encoder, options: argparse.Namespace) -> list[Image.Image]:
    """The method's picture in each style."""
    settings = f"{options.size}px-{_label(method, options).rpartition(', ')[2].replace(' ', '-')}"
    kept = [
        options.kept / f"{encoder.name}-{method}-{style.stem}-{settings}.png"
        for style in options.styles
    ]
    missing = [number for number, path in enumerate(kept) if not path.exists()]
    if missing:
        content = read_picture(options.content)
        tasks = [Task(content, [read_picture(options.styles[one])], seed=0) for one in missing]
        parameters, autoencoders = _parameters(method, encoder, options)
        results = stylise(
            method,
            tasks,
            encoder=encoder,
            parameters=parameters,
            size=options.size,
            autoencoders=autoencoders,
        )
        for one, result in zip(missing, results, strict=True):
            if result.picture is None:
                sys.exit(f"{method} with {encoder.name}: {result.error}")
            write_png(result.picture, kept[one])
        say(f"{method} with {encoder.name}: {sum(one.seconds for one in results):.0f} s")
    return [read_picture(path) for path in kept]


def _parameters(
    method: str, encoder: Encoder, options: argparse.Namespace
) -> tuple[dict[str, Any], tuple[Autoencoder, ...]]:
    """What differs from the method's defaults, and the decoders where it needs them."""
    if METHODS[method].needs_decoder:
        layers = STYLE_LAYERS[: options.levels]
        device = str(next(encoder.parameters()).device)
        autoencoders = load_autoencoders(encoder.name, layers, device=device)
        return {"style_layers": layers}, autoencoders
    parameters: dict[str, Any] = {"iterations": _iterations(method, options)}
    if "relu4_1" not in encoder.widths:
        parameters["style_layers"] = [name for name in STYLE_LAYERS if name in encoder.widths]
        parameters["content_layer"] = parameters["style_layers"][-1]
    return parameters, ()


def _sheet(columns: dict[str, list[Image.Image]]) -> Image.Image:
    """A block of ACROSS methods under the other; in a block one row per style."""
    width, height = next(iter(columns.values()))[0].size
    styles = len(next(iter(columns.values())))
    block = LABEL + styles * (height + MARGIN)
    blocks = -(-len(columns) // ACROSS)
    across = min(ACROSS, len(columns)) * (width + MARGIN) - MARGIN
    sheet = Image.new("RGB", (across, blocks * block), "white")
    draw = ImageDraw.Draw(sheet)
    for number, (label, images) in enumerate(columns.items()):
        x, y = number % ACROSS * (width + MARGIN), number // ACROSS * block
        draw.text((x, y + 4), label, fill="black", font_size=8)
        for row, image in enumerate(images):
            place = (x, y + LABEL + row * (height + MARGIN))
            sheet.paste(resize_to_width(image, width), place)
    return sheet


if __name__ == "__main__":
    main()
