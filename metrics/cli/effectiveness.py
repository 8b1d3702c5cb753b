"""The commands `basis` and `effectiveness`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.arguments import pixels
from common.console import say, write_json
from common.device import add_device_option, choose_device
from common.errors import InputError
from common.formats import is_picture_name
from common.pictures import read_picture
from common.progress import progress_of
from metrics.effectiveness.known_bases import PAPER_SIZE, REFERENCE, REFERENCE_SIZE
from transfer import encoders
from transfer.encoders.layout import STYLE_LAYERS
from transfer.encoders.registry import DEFAULT_ENCODER

if TYPE_CHECKING:
    from PIL.Image import Image

    from common.console import Subparsers
    from metrics.effectiveness.basis import Basis
    from metrics.effectiveness.divergence import Effect
    from transfer.encoders.architecture import Encoder


def add_commands(subparsers: Subparsers) -> None:
    """Add `basis` and `effectiveness`."""
    basis = subparsers.add_parser("basis", help="make the basis of E from content pictures")
    source = basis.add_mutually_exclusive_group(required=True)
    source.add_argument("--images", type=Path, metavar="DIR", help="content pictures")
    source.add_argument(
        "--covariances", type=Path, metavar="FILE", help="mean covariances of features"
    )
    source.add_argument(
        "--bundled",
        action="store_true",
        help=f"the reference basis: of {REFERENCE}",
    )
    basis.add_argument(
        "--size",
        type=pixels,
        metavar="PX",
        help=f"shorter side (default: 512, the paper's; with --bundled {REFERENCE_SIZE})",
    )
    basis.add_argument("--out", type=Path, required=True, metavar="FILE.safetensors")
    _add_encoder(basis)
    basis.set_defaults(answer=_make_basis)

    effect = subparsers.add_parser(
        "effectiveness", help="E1 … E5 of stylised pictures; higher is better"
    )
    effect.add_argument("--style", type=Path, required=True, metavar="FILE")
    effect.add_argument(
        "--image", type=Path, required=True, action="append", metavar="FILE", dest="images"
    )
    effect.add_argument(
        "--basis",
        type=Path,
        metavar="FILE.safetensors",
        help="default: the reference basis of the encoder, which `manage.py measure` uses as well",
    )
    effect.add_argument(
        "--layers", type=layer_names, metavar="NAME,…", help=f"some of {', '.join(STYLE_LAYERS)}"
    )
    effect.add_argument(
        "--style-size",
        type=pixels,
        metavar="PX",
        help="first resize the style to this width, which the pictures were made at",
    )
    _add_encoder(effect)
    effect.set_defaults(answer=_measure)


def _add_encoder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--encoder", default=DEFAULT_ENCODER, metavar="NAME", help="default: %(default)s"
    )
    parser.add_argument("--weights", type=Path, metavar="FILE|DIR", help="the encoder's weights")
    add_device_option(parser)
    parser.add_argument("--json", action="store_true", help="answer in JSON")


def layer_names(text: str) -> list[str]:
    """Parse names of layers: relu1_1, R11 and E1 are the same layer."""
    short = {
        alias: layer
        for number, layer in enumerate(STYLE_LAYERS, start=1)
        for alias in (f"R{number}1", f"E{number}")
    }
    return [short.get(name, name) for name in text.replace(",", " ").split()]


def picture_files(folder: Path) -> list[Path]:
    """The picture files of a folder, sorted by name; subfolders are not searched.

    Raises:
        InputError: `folder` is not a folder, or holds no picture.

    """
    if not folder.is_dir():
        raise InputError(f"{folder} is not a folder: name a folder of content pictures")
    files = sorted(file for file in folder.iterdir() if is_picture_name(file))
    if not files:
        raise InputError(f"no picture in {folder}: it needs files such as .jpg or .png")
    return files


def _make_basis(options: argparse.Namespace) -> None:
    from metrics.effectiveness.basis import build, from_covariances  # torch
    from metrics.effectiveness.basis_file import read_basis, write_basis
    from metrics.effectiveness.reference import build_reference

    if not options.out.absolute().parent.is_dir():  # checked before the long computation
        raise InputError(f"cannot write {options.out}: the folder does not exist, make it first")
    encoder = encoders.load_encoder(
        options.encoder, weights=options.weights, device=choose_device(options.device)
    )
    if options.covariances:
        given = read_basis(options.covariances)
        given.check(encoder)
        if options.size:
            given = from_covariances(
                {layer: one.covariance for layer, one in given.layers.items()},
                size=options.size,
                encoder=given.encoder,
                pictures=given.pictures,
                made_from=given.made_from,
            )
        basis = replace(given, encoder=encoder.name, encoder_fingerprint=encoder.fingerprint)
    elif options.bundled:
        basis = build_reference(encoder, options.size or REFERENCE_SIZE)
    else:
        files = picture_files(options.images)
        basis = build(
            _read_all(files),
            encoder,
            size=options.size or PAPER_SIZE,
            made_from=f"{len(files)} pictures of {options.images.resolve().name}",
        )
    write_basis(basis, options.out)
    if options.json:
        write_json(
            {
                "out": str(options.out),
                "encoder": basis.encoder,
                "encoder_fingerprint": basis.encoder_fingerprint,
                "size": basis.size,
                "pictures": basis.pictures,
                "ranks": basis.ranks(),
                "fingerprint": basis.fingerprint,
            }
        )
    else:
        ranks = ", ".join(f"{layer} {rank}" for layer, rank in basis.ranks().items())
        say(f"{options.out}: {basis.encoder} at {basis.size} px, ranks {ranks}")


def _read_all(files: Sequence[Path]) -> Iterator[Image]:
    yield from (read_picture(file) for file in progress_of(files, unit="picture"))


def _measure(options: argparse.Namespace) -> None:
    from metrics.effectiveness.basis_file import read_basis  # torch
    from metrics.effectiveness.divergence import NAMES, measure

    style = read_picture(options.style)
    images = [read_picture(file) for file in options.images]
    named = read_basis(options.basis) if options.basis else None
    encoder = encoders.load_encoder(
        options.encoder, weights=options.weights, device=choose_device(options.device)
    )
    basis = named or _reference(encoder)
    rows = measure(
        images,
        style,
        encoder,
        basis,
        layers=options.layers,
        style_width=options.style_size,
    )
    answer = [
        _row(file, effects, NAMES) for file, effects in zip(options.images, rows, strict=True)
    ]
    if options.json:
        write_json(answer)
        return
    print("image", *NAMES.values(), sep="\t")  # noqa: T201
    for row in answer:
        values = (row[name] for name in NAMES.values())
        cells = ("-" if value is None else f"{value:.6f}" for value in values)
        print(row["image"], *cells, sep="\t")  # noqa: T201


def _reference(encoder: Encoder) -> Basis:
    """The reference basis in the repository; for other encoders one that is made and not kept."""
    from metrics.effectiveness.reference import build_reference, kept_reference

    kept = kept_reference(encoder, REFERENCE_SIZE)
    if kept is not None:
        return kept
    say("basis: made from the bundled photographs; `basis --bundled --out FILE` keeps it")
    return build_reference(encoder, REFERENCE_SIZE)


def _row(file: Path, effects: dict[str, Effect], names: dict[str, str]) -> dict[str, Any]:
    row: dict[str, Any] = {"image": str(file)}
    for layer, name in names.items():
        row[name] = effects[layer].value if layer in effects else None
    row["ranks"] = {names[layer]: effect.rank for layer, effect in effects.items()}
    row["clamped"] = [names[layer] for layer, effect in effects.items() if effect.clamped]
    row["singular"] = [names[layer] for layer, effect in effects.items() if effect.singular]
    return row
