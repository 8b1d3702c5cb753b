"""Draws the examples of the method cards, and measures what a picture costs.

    PYTHONPATH=. python docs/method_examples.py --kept FOLDER

Bundled pictures in bundled styles with the encoder in the repository: it needs no download, and
anyone can run it again. It writes static/transfer/methods/KEY.jpg and transfer/methods/costs.json.
Pictures are kept in FOLDER and made only once; --method KEY makes those of one method.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from common.atomic import write_bytes
from common.console import say
from common.pictures import read_picture, resize_to_width, write_png
from transfer.decoders import Autoencoder, loaded_autoencoders
from transfer.encoders import DEFAULT_ENCODER, load_encoder
from transfer.encoders.architecture import Encoder
from transfer.methods import METHODS, resolve_parameters
from transfer.methods.cards import COSTS, FOLDER, YARDSTICK, measured_costs
from transfer.methods.engine import Task
from transfer.methods.stylise import stylise
from transfer.samples.contents import sample_contents
from transfer.samples.styles import sample_styles

ROOT = Path(__file__).resolve().parents[1]
EXAMPLES = ROOT / "static" / "transfer" / "methods"
PAIRS = (("coffee", "hatching"), ("temple", "stained-glass"), ("cat", "swirls"))
SIZE, SMALL, MARGIN = 192, 64, 4  # widths of results, of contents and styles, and gaps, in pixels
STEPS = 100  # of descents
TIMED, SHARE = 256, 50  # width at which costs are measured, and the part of the steps that is run
QUALITY = 75  # of the JPEG


def main() -> None:
    """Make what is missing, then every strip, then the table of costs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kept", type=Path, required=True, help="folder for the pictures")
    parser.add_argument("--method", action="append", dest="methods", choices=METHODS)
    options = parser.parse_args()
    options.kept.mkdir(parents=True, exist_ok=True)
    EXAMPLES.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)  # processor time of one thread can be compared on a busy machine
    encoder = load_encoder(DEFAULT_ENCODER)
    methods = options.methods or list(METHODS)
    for method in methods:
        results = [_made(method, *pair, encoder, options.kept) for pair in PAIRS]
        _strip(results).save(EXAMPLES / f"{method}.jpg", quality=QUALITY, optimize=True)
    _write_costs(methods, encoder)


def _made(method: str, content: str, style: str, encoder: Encoder, kept: Path) -> Image.Image:
    """The picture of a pair, made where it is missing."""
    path = kept / f"{method}-{content}-{style}.png"
    if not path.exists():
        parameters = resolve_parameters(method, {}, encoder=encoder.name)
        if "iterations" in parameters:
            parameters["iterations"] = STEPS
        write_png(_picture(method, parameters, content, style, encoder, SIZE), path)
        say(path.name)
    return read_picture(path)


def _picture(
    method: str,
    parameters: dict[str, Any],
    content: str,
    style: str,
    encoder: Encoder,
    size: int,
) -> Image.Image:
    autoencoders: tuple[Autoencoder, ...] = ()
    if METHODS[method].needs_decoder:
        autoencoders = loaded_autoencoders(encoder.name, parameters["style_layers"])
    given = _sample(content if METHODS[method].needs_content else style)
    (result,) = stylise(
        method,
        [Task(given, [_sample(style)], seed=0)],
        encoder=encoder,
        parameters=parameters,
        size=size,
        autoencoders=autoencoders,
    )
    if result.picture is None:
        sys.exit(f"{method}: {result.error}")
    return result.picture


@cache
def _sample(name: str) -> Image.Image:
    (found,) = [one for one in (*sample_contents(), *sample_styles()) if one.name == name]
    return Image.fromarray(found.pixels)


def _strip(results: list[Image.Image]) -> Image.Image:
    """Each result with its content and style beside it, small."""
    blocks = list(_blocks(results))
    width = sum(block.width for block in blocks) + MARGIN * 4 * (len(blocks) - 1)
    strip = Image.new("RGB", (width, max(block.height for block in blocks)), "white")
    left = 0
    for block in blocks:
        strip.paste(block, (left, 0))
        left += block.width + MARGIN * 4
    return strip


def _blocks(results: list[Image.Image]) -> Iterator[Image.Image]:
    height = SIZE * 2 // 3
    for (content, style), result in zip(PAIRS, results, strict=True):
        block = Image.new("RGB", (SMALL + MARGIN + SIZE, height), "white")
        half = (height - MARGIN) // 2
        for number, name in enumerate((content, style)):
            small = _sample(name).copy()
            small.thumbnail((SMALL, half))
            block.paste(small, ((SMALL - small.width) // 2, number * (half + MARGIN)))
        shown = resize_to_width(result, SIZE)
        top = max(0, (shown.height - height) // 2)
        block.paste(shown.crop((0, top, SIZE, top + height)), (SMALL + MARGIN, 0))
        yield block


def _write_costs(methods: Sequence[str], encoder: Encoder) -> None:
    """Add the costs of `methods`; those of others stay.

    Costs are relative to a method that was measured in the same run.
    """
    seconds = {}
    for method in dict.fromkeys((*methods, YARDSTICK)):
        times = [_seconds(method, encoder) for _ in range(2)]  # the first one loads and draws
        seconds[method] = min(times)
        say(f"{method}: {seconds[method]:.2f} s")
    known = measured_costs().get("methods", {})
    new = {method: float(f"{one / seconds[YARDSTICK]:.2g}") for method, one in seconds.items()}
    costs = known | new
    table = {
        "encoder": encoder.name,
        "size": TIMED,
        "how": f"descents from one in {SHARE} of their steps",
        "methods": {method: costs[method] for method in METHODS if method in costs},
    }
    write_bytes((json.dumps(table, indent=1) + "\n").encode(), FOLDER / COSTS)


def _seconds(method: str, encoder: Encoder) -> float:
    """Processor seconds of a picture with the method's defaults, from a part of its steps."""
    parameters = resolve_parameters(method, {}, encoder=encoder.name)
    whole = {"iterations", "outer_steps"} & set(parameters)
    shortened = {name: max(1, parameters[name] // SHARE) for name in whole}
    if "outer_steps" in parameters:  # rounds of `gal`: one round with a part of its feature steps
        rounds = parameters["outer_steps"] / SHARE
        shortened["feature_iterations"] = max(1, round(rounds * parameters["feature_iterations"]))
    if "budget" in parameters:
        shortened["budget"] = parameters["budget"] / SHARE
    began = time.process_time()
    _picture(method, parameters | shortened, *PAIRS[0], encoder, TIMED)
    return (SHARE if shortened else 1) * (time.process_time() - began)


if __name__ == "__main__":
    main()
