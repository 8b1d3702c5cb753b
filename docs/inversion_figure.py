"""Draw the pictures of style representation by inversion: layers × losses, one block per style.

    ECSPACE_WEIGHTS=WEIGHTS python docs/inversion_figure.py --encoder vgg19-16x \
        --style S1.jpg --style S2.jpg --kept FOLDER --out docs/inversion.jpg --budget 0.01

Like figures 1.3 to 1.7 of "Style Representation" (thesis chapter). The pictures are stored in
FOLDER, without loss, and made only once, so a stopped command can be repeated.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from PIL import Image, ImageDraw

from common.console import say
from common.device import choose_device
from common.pictures import read_picture, resize_to_width, to_image, to_tensor, write_png
from transfer.encoders import load_encoder
from transfer.encoders.architecture import Encoder
from transfer.methods import parameters_object, resolve_parameters
from transfer.methods.engine import Task
from transfer.methods.resumable import invert

LAYERS = ("relu1_1", "relu1_2", "relu2_1", "relu2_2")
LOSSES = ("gram", "moments-1", "moments-2", "moments-3", "moments-4", "mmd")
MARGIN, LABEL, EDGE, GAP, FONT = 4, 16, 44, 12, 10  # pixels
QUALITY = 80  # of the JPEG


def main() -> None:
    """Make the missing pictures, then the sheet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--encoder", default="vgg19-16x")
    parser.add_argument("--style", type=Path, action="append", required=True, dest="styles")
    parser.add_argument("--kept", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--size", type=int, default=96)
    parser.add_argument("--budget", type=float, default=0.01)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--only-draw", action="store_true", help="make nothing")
    options = parser.parse_args()
    options.kept.mkdir(parents=True, exist_ok=True)
    if not options.only_draw:
        encoder = load_encoder(options.encoder, device=choose_device(options.device))
        for style in options.styles:
            for layer in LAYERS:
                for loss in LOSSES:
                    _make(style, layer, loss, encoder, options)
    _sheet(options).save(options.out, quality=QUALITY, optimize=True)


def _file(style: Path, layer: str, loss: str, options: argparse.Namespace) -> Path:
    folder: Path = options.kept
    name = f"{options.encoder}-{style.stem}-{layer}-{loss}-{options.size}px-{options.budget:g}.png"
    return folder / name


def _make(
    style: Path, layer: str, loss: str, encoder: Encoder, options: argparse.Namespace
) -> None:
    out = _file(style, layer, loss, options)
    if out.exists():
        return
    name, _, number = loss.partition("-")
    changes: dict[str, object] = {"loss": name, "layer": layer, "budget": options.budget}
    values = resolve_parameters("inversion", changes | ({"moments": number} if number else {}))
    picture = to_tensor(resize_to_width(read_picture(style), options.size))
    checkpoint = out.with_suffix(".checkpoint")
    result, steps = invert(
        parameters_object("inversion", values),
        Task(picture, [picture], 0),
        encoder,
        checkpoint=checkpoint,
        recipe=values | {"style": style.stem, "size": options.size},
        progress=lambda done: None,
    )
    if result.picture is None:
        say(f"{out.name}: {result.error}")
        return
    write_png(to_image(result.picture), out)
    checkpoint.unlink(missing_ok=True)
    say(f"{out.name}: {steps} steps, loss {result.losses['total']:.3g}")


def _sheet(options: argparse.Namespace) -> Image.Image:
    """One block per style, below each other: layers from top to bottom, losses side by side."""
    blocks = [_block(style, options) for style in options.styles]
    height = sum(block.height + GAP for block in blocks) - GAP
    sheet = Image.new("RGB", (max(block.width for block in blocks), height), "white")
    top = 0
    for block in blocks:
        sheet.paste(block, (0, top))
        top += block.height + GAP
    return sheet


def _block(style: Path, options: argparse.Namespace) -> Image.Image:
    """Of a tall style, the upper square."""
    original = resize_to_width(read_picture(style), options.size)
    width, height = original.width, min(original.height, original.width)
    shown = (0, 0, width, height)
    columns = ("style", *LOSSES)
    size = (EDGE + len(columns) * (width + MARGIN), LABEL + len(LAYERS) * (height + MARGIN))
    block = Image.new("RGB", size, "white")
    block.paste(original.crop(shown), (EDGE, LABEL))
    draw = ImageDraw.Draw(block)
    for number, label in enumerate(columns):
        left = EDGE + number * (width + MARGIN)
        draw.text((left, 2), label, fill="black", font_size=FONT)
        for row, layer in enumerate(LAYERS):
            top = LABEL + row * (height + MARGIN)
            if number == 0:
                draw.text((0, top), layer, fill="black", font_size=FONT)
            elif (file := _file(style, layer, label, options)).exists():
                block.paste(read_picture(file).crop(shown), (left, top))
    return block


if __name__ == "__main__":
    main()
