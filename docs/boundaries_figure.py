"""Draw boundaries: `gpb` beside its authors' own output, and its boundaries in the stimuli of all
methods.

    python docs/boundaries_figure.py originals --data BSDS500 --picture 101027 --picture 163096 \
        --kept FOLDER --out docs/boundaries-originals.jpg
    python docs/boundaries_figure.py stimuli --data BSDS500 --picture 101084 --kept FOLDER \
        --stimuli STIMULI --named 'vgg19-16x-*-73-256px-*.png' --out docs/boundaries-methods.jpg

The first shows a picture, our boundaries and the authors', with the C of both. The second uses the
files of a folder whose names match, the first * being the method, as stored by
docs/methods_figure.py; the picture is their content. Boundary maps are stored in FOLDER and
computed only once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from scipy.io import loadmat

from common.annotations import read_annotations
from common.pictures import read_picture, resize_to_width
from metrics.boundaries.benchmark import count, even_thresholds
from metrics.boundaries.coherence import THRESHOLDS
from metrics.boundaries.detectors import detector
from metrics.boundaries.maps import read_map, write_map
from metrics.boundaries.summary import best

WIDTH, MARGIN, LABEL = 200, 4, 16  # pixels
QUALITY = 75  # of the JPEG
DETECTOR = "gpb"
Map = NDArray[np.floating]
Cell = tuple[str, list[Image.Image]]
"""The text over the pictures, and the pictures."""


def main() -> None:
    """Make the missing maps, then the sheet."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=("originals", "stimuli"))
    parser.add_argument("--data", type=Path, required=True, help="BSDS500, with ucm2")
    parser.add_argument("--picture", action="append", required=True, dest="pictures")
    parser.add_argument("--kept", type=Path, required=True, help="folder for the maps")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--stimuli", type=Path, help="folder of stimuli")
    parser.add_argument(
        "--named", default="*.png", help="their names, the first * being the method"
    )
    parser.add_argument("--across", type=int, default=5, help="stimuli in a row")
    options = parser.parse_args()
    options.kept.mkdir(parents=True, exist_ok=True)
    if options.what == "originals":
        _sheet(list(_originals(options)), 2, upright=False).save(options.out, quality=QUALITY)
        return
    if options.stimuli is None:
        parser.error("stimuli needs --stimuli FOLDER")
    cells = list(_stimuli(options))
    _sheet(cells, options.across, upright=True).save(options.out, quality=QUALITY)


def _originals(options: argparse.Namespace) -> Iterator[Cell]:
    for name in options.pictures:
        picture, truth = _picture(options, name), _truth(options, name)
        ours = _map(options.kept / f"{name}.png", picture)
        theirs = loadmat(options.data / "ucm2" / "test" / f"{name}.mat")["ucm2"][2::2, 2::2]
        label = f"{name}: C {_c(ours, truth):.2f} ours, {_c(theirs, truth):.2f} the authors'"
        yield label, [picture, _drawn(ours), _drawn(theirs)]


def _stimuli(options: argparse.Namespace) -> Iterator[Cell]:
    (name,) = options.pictures
    content, truth = _picture(options, name), _truth(options, name)
    before, after, *_ = options.named.split("*")
    found = [("content", name, content)]
    for path in sorted(options.stimuli.glob(options.named)):
        method = path.name.removeprefix(before).partition(after)[0]
        found.append((method, f"{name}-{path.stem}", read_picture(path)))
    if len(found) == 1:
        sys.exit(f"no file in {options.stimuli} has a name like {options.named}")
    for method, kept, image in found:
        whole = image.resize(content.size, Image.Resampling.BILINEAR)
        boundaries = _map(options.kept / f"{kept}.png", whole)
        yield f"{method}: C {_c(boundaries, truth):.2f}", [image, _drawn(boundaries)]


def _picture(options: argparse.Namespace, name: str) -> Image.Image:
    return read_picture(options.data / "images" / "test" / f"{name}.jpg")


def _truth(options: argparse.Namespace, name: str) -> NDArray[np.bool_]:
    return read_annotations(options.data / "groundTruth" / "test" / f"{name}.mat").boundaries


def _map(path: Path, image: Image.Image) -> Map:
    if not path.exists():
        write_map(detector(DETECTOR)(image), path)
    return read_map(path)


def _c(boundaries: Map, truth: NDArray[np.bool_]) -> float:
    return best(count(boundaries, truth, even_thresholds(THRESHOLDS))).f


def _drawn(boundaries: Map) -> Image.Image:
    """Stronger boundaries are darker; lines are widened, to remain visible in reduced pictures."""
    wide = np.pad(boundaries, 1)
    thick = np.max([wide[1:-1, 1:-1], wide[:-2, 1:-1], wide[1:-1, :-2]], axis=0)
    return Image.fromarray(np.rint(255 * (1 - thick)).astype(np.uint8)).convert("RGB")


def _sheet(cells: list[Cell], across: int, *, upright: bool) -> Image.Image:
    """Cells in rows, the pictures of a cell side by side or, `upright`, below each other."""
    cells = [(label, [resize_to_width(one, WIDTH) for one in images]) for label, images in cells]
    strips = [
        _strip(cells[start : start + across], across, upright=upright)
        for start in range(0, len(cells), across)
    ]
    sheet = Image.new("RGB", (strips[0].width, sum(one.height for one in strips)), "white")
    top = 0
    for strip in strips:
        sheet.paste(strip, (0, top))
        top += strip.height
    return sheet


def _strip(cells: list[Cell], across: int, *, upright: bool) -> Image.Image:
    """One row of cells, with the height of its highest picture."""
    height = max(image.height for _, images in cells for image in images) + MARGIN
    many = len(cells[0][1])
    wide, high = (1, many) if upright else (many, 1)
    width = wide * (WIDTH + MARGIN) + MARGIN
    strip = Image.new("RGB", (across * width, high * height + LABEL + MARGIN), "white")
    draw = ImageDraw.Draw(strip)
    for number, (label, images) in enumerate(cells):
        draw.text((number * width, 2), label, fill="black", font_size=11)
        for place, image in enumerate(images):
            x, y = (0, place * height) if upright else (place * (WIDTH + MARGIN), 0)
            strip.paste(image, (number * width + x, LABEL + y))
    return strip


if __name__ == "__main__":
    main()
