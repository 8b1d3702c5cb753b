"""Draw the contact sheet of an encoder: every method in every style, labelled.

    ECSPACE_WEIGHTS=WEIGHTS python docs/methods_figure.py --encoder vgg19-16x --content C.jpg \
        --style S1.jpg --style S2.jpg --kept FOLDER --out docs/methods-vgg19-16x.jpg

--method "ift preset=conservative" draws a method with settings; --together combines two styles in
every picture, with the weights 0.5,0.5, 0.8,0.2 and 0.2,0.8.

An encoder whose weights end before relu4_1 gets the style layers it has, and its deepest style
layer as the content layer. The pictures are stored in FOLDER, without loss, and made only once.
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
from transfer.methods import METHODS, resolve_parameters
from transfer.methods.engine import Task
from transfer.methods.stylise import stylise

MARGIN, LABEL, FONT = 6, 18, 11  # pixels
ACROSS = 7  # methods, by default
QUALITY = 72  # of the JPEG
SHARES = ("0.5,0.5", "0.8,0.2", "0.2,0.8")


def main() -> None:
    """Make the missing pictures, then the sheet."""
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
    parser.add_argument("--levels", type=int, help="of universal, from relu1_1 on")
    parser.add_argument("--across", type=int, default=ACROSS, help="methods side by side")
    parser.add_argument("--together", action="store_true", help="rows are weights of two styles")
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    options.kept.mkdir(parents=True, exist_ok=True)
    encoder = load_encoder(options.encoder, device=choose_device(options.device))
    columns = {
        _label(column, options): _pictures(column, encoder, options)
        for column in options.methods or METHODS
    }
    _sheet(columns, options.across).save(options.out, quality=QUALITY, optimize=True)


def _steps(text: str) -> tuple[str, int]:
    method, _, number = text.partition("=")
    return method, int(number)


def _iterations(column: str, options: argparse.Namespace) -> int:
    return int(dict(options.steps).get(column.split()[0], options.iterations))


def _label(column: str, options: argparse.Namespace) -> str:
    if column == "universal" and options.levels:
        return f"{column}, {options.levels} levels"
    descent = "iterations" in resolve_parameters(column.split()[0], {})
    return f"{column}, {_iterations(column, options)} steps" if descent else column


def _rows(options: argparse.Namespace) -> list[tuple[str, list[Path], dict[str, str]]]:
    """Name, styles and settings of each row."""
    if not options.together:
        return [(style.stem, [style], {}) for style in options.styles]
    names = "+".join(style.stem for style in options.styles)
    return [(f"{names}-{shares}", options.styles, {"style_share": shares}) for shares in SHARES]


def _pictures(column: str, encoder: Encoder, options: argparse.Namespace) -> list[Image.Image]:
    """The method's picture in each style, or at each weight of two styles."""
    settings = _label(column, options).replace(", ", "-").replace(" ", "-")
    rows = _rows(options)
    kept = [
        options.kept / f"{encoder.name}-{name}-{options.size}px-{settings}.png"
        for name, _, _ in rows
    ]
    for path, (_, styles, shares) in zip(kept, rows, strict=True):
        if path.exists():
            continue
        method = column.split()[0]
        parameters, autoencoders = _parameters(column, encoder, options, shares)
        pictures = [read_picture(style) for style in styles]
        content = read_picture(options.content) if METHODS[method].needs_content else pictures[0]
        (result,) = stylise(
            method,
            [Task(content, pictures, seed=0)],
            encoder=encoder,
            parameters=parameters,
            size=options.size,
            autoencoders=autoencoders,
        )
        if result.picture is None:
            sys.exit(f"{column} with {encoder.name}: {result.error}")
        write_png(result.picture, path)
        say(f"{path.name}: {result.seconds:.1f} s")
    return [read_picture(path) for path in kept]


def _parameters(
    column: str, encoder: Encoder, options: argparse.Namespace, shares: dict[str, str]
) -> tuple[dict[str, Any], tuple[Autoencoder, ...]]:
    """The parameters of a column, and the decoders where it needs them."""
    method, *settings = column.split()
    changes: dict[str, Any] = dict(one.split("=", 1) for one in settings) | shares
    if METHODS[method].needs_decoder:
        if method == "universal" and options.levels:
            changes["style_layers"] = STYLE_LAYERS[: options.levels]
        parameters = resolve_parameters(method, changes, encoder=encoder.name)
        device = str(next(encoder.parameters()).device)
        layers = parameters["style_layers"]
        return parameters, load_autoencoders(encoder.name, layers, device=device)
    if "iterations" in resolve_parameters(method, {}):
        changes["iterations"] = _iterations(column, options)
        if "relu4_1" not in encoder.widths:
            changes["style_layers"] = [name for name in STYLE_LAYERS if name in encoder.widths]
            changes["content_layer"] = changes["style_layers"][-1]
    return resolve_parameters(method, changes), ()


def _sheet(columns: dict[str, list[Image.Image]], most: int) -> Image.Image:
    """Blocks of `most` methods, one below the other; in a block one row per style.

    A picture that is higher than those of the first method (by a method without content, in the
    shape of the style) loses its lower end.
    """
    width, height = next(iter(columns.values()))[0].size
    styles = len(next(iter(columns.values())))
    block = LABEL + styles * (height + MARGIN)
    blocks = -(-len(columns) // most)
    across = min(most, len(columns)) * (width + MARGIN) - MARGIN
    sheet = Image.new("RGB", (across, blocks * block), "white")
    draw = ImageDraw.Draw(sheet)
    for number, (label, images) in enumerate(columns.items()):
        x, y = number % most * (width + MARGIN), number // most * block
        draw.text((x, y + 2), label, fill="black", font_size=FONT)
        for row, image in enumerate(images):
            place = (x, y + LABEL + row * (height + MARGIN))
            shown = resize_to_width(image, width)
            sheet.paste(shown.crop((0, 0, width, min(height, shown.height))), place)
    return sheet


if __name__ == "__main__":
    main()
