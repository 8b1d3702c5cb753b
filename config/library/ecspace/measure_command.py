"""The command `measure`: base statistics of stylised pictures by the reference basis."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.console import write_json
from common.device import add_device_option
from common.errors import InputError
from transfer.encoders.registry import DEFAULT_ENCODER

if TYPE_CHECKING:
    from common.console import Subparsers


def add_commands(subparsers: Subparsers) -> None:
    """Add `measure`."""
    parser = subparsers.add_parser(
        "measure", help="E1 … E5 and C of stylised pictures; higher is better"
    )
    add = parser.add_argument
    add("images", nargs="+", type=Path, metavar="IMAGE", help="stylised pictures of one pair")
    add("--content", type=Path, metavar="FILE", help="what they show; needed for C")
    add("--style", type=Path, metavar="FILE", help="what they are painted like; needed for E")
    add("--encoder", default=DEFAULT_ENCODER, metavar="NAME", help="default: %(default)s")
    add("--weights", type=Path, metavar="FILE|DIR", help="the encoder's weights")
    add("--basis", default="reference", metavar="reference|FILE", help="of E; default: the "
        "reference basis, the scale of the site")  # fmt: skip
    add("--groundtruth", type=Path, metavar="F.mat", help="human boundaries of the content")
    add("--detector", metavar="NAME", help="the boundary detector of C")
    add_device_option(parser)
    add("--json", action="store_true", help="answer in JSON")
    parser.set_defaults(answer=_measure)


def _measure(options: argparse.Namespace) -> None:
    if options.content is None and options.style is None:
        raise InputError("nothing to compare with: give --content, --style or both")
    from ecspace.measuring import STATISTICS, measure  # torch

    rows: list[dict[str, Any]] = [
        {"image": str(image)}
        | measure(
            image,
            content=options.content,
            style=options.style,
            encoder=options.encoder,
            weights=options.weights,
            basis=options.basis,
            annotations=options.groundtruth,
            detector=options.detector,
            device=options.device,
        )
        for image in options.images
    ]
    if options.json:
        write_json(rows)
        return
    print("image", *STATISTICS, sep="\t")  # noqa: T201
    for row in rows:
        cells = ("-" if row[name] is None else f"{row[name]:.4f}" for name in STATISTICS)
        print(row["image"], *cells, sep="\t")  # noqa: T201
