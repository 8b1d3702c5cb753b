"""The command `annotations`."""

from __future__ import annotations

import argparse
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.annotations import read_annotations
from common.console import say, write_json
from common.errors import InputError
from metrics.boundaries.annotation_file import write_annotations
from metrics.boundaries.annotation_sources import Drawing, read_drawings
from metrics.boundaries.rasterise import RULE

if TYPE_CHECKING:
    from common.console import Subparsers


def add_commands(subparsers: Subparsers) -> None:
    """Add `annotations`."""
    parser = subparsers.add_parser(
        "annotations",
        help="convert boundary pictures, label maps, COCO or labelme files to BSDS500 annotations",
        epilog=f"Rule: {RULE}.",
    )
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE", help="one for each person")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="F.mat|DIR",
        help="an annotation file, or a folder for one file per picture, with the picture's name",
    )
    parser.add_argument(
        "--labels", action="store_true", help="pictures are label maps, not boundary maps"
    )
    parser.add_argument("--image", metavar="NAME", help="only this picture of COCO files")
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    parser.set_defaults(answer=_convert)


def _convert(options: argparse.Namespace) -> None:
    pictures = _by_picture(options)
    rows: list[dict[str, Any]] = []
    for path, drawings in sorted(pictures.items()):
        if not any(drawing.boundaries.any() for drawing in drawings):
            raise InputError(f"{path.name} would hold no boundary: check the source")
        write_annotations(drawings, path)
        written = read_annotations(path).boundaries  # checks that the file can be read back
        people, height, width = written.shape
        shares = written.mean(axis=(1, 2)).tolist()
        rows.append(
            {
                "out": str(path),
                "people": people,
                "width": width,
                "height": height,
                "boundary_shares": shares,
            }
        )
    if options.json:
        write_json({"rule": RULE, "annotations": rows})
        return
    for row in rows:
        share = max(row["boundary_shares"])
        say(f"{row['out']}: {row['people']} people, at most {share:.1%} boundary")


def _by_picture(options: argparse.Namespace) -> dict[Path, list[Drawing]]:
    """Output file → the drawings of the people."""
    found = [_chosen(path, options) for path in options.files]
    if options.out.suffix.lower() == ".mat":
        several = next((f for f in found if len(f) > 1), None)
        if several:
            names = ", ".join(sorted(several)[:5])
            raise InputError(
                f"there are {len(several)} pictures ({names}, …): name one with --image, or a "
                "folder with --out"
            )
        return {options.out: [drawing for each in found for drawing in each.values()]}
    people: dict[Path, list[Drawing]] = defaultdict(list)
    for each in found:
        for name, drawing in each.items():
            people[options.out / f"{name}.mat"].append(drawing)
    return people


def _chosen(path: Path, options: argparse.Namespace) -> dict[str, Drawing]:
    drawings = read_drawings(path, labels=options.labels)
    if options.image:
        name = Path(options.image)
        drawings = {key: each for key, each in drawings.items() if key in (str(name), name.stem)}
    if not drawings:
        wanted = f" of '{options.image}'" if options.image else ""
        raise InputError(f"{path} holds no annotation{wanted}")
    return drawings
