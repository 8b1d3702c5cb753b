"""The command `stylise`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.console import say, write_json
from common.device import add_device_option, choose_device
from common.errors import InputError
from common.name_value import name_and_value
from common.pictures import check_width, read_picture, write_png
from common.progress import EVERY, Meter
from transfer.cli.arguments import check_out, seed, width
from transfer.decoders import Autoencoder, fingerprint_of, load_autoencoders
from transfer.encoders import DEFAULT_ENCODER, ENCODERS, load_encoder
from transfer.methods import METHODS, check_styles, resolve_parameters

if TYPE_CHECKING:
    from common.console import Subparsers


def add_commands(subparsers: Subparsers) -> None:
    """Add `stylise`."""
    parser = subparsers.add_parser(
        "stylise",
        help="make one stylised picture",
        epilog="Parameters of each method, for --set: python -m transfer methods",
    )
    parser.add_argument("--method", required=True, metavar="KEY", help=", ".join(METHODS))
    parser.add_argument(
        "--content", type=Path, metavar="FILE", help="required by every method but inversion"
    )
    parser.add_argument(
        "--style",
        type=Path,
        required=True,
        action="append",
        metavar="FILE",
        dest="styles",
        help="give it again to combine several styles",
    )
    parser.add_argument(
        "--style-share",
        metavar="W,W",
        help="weights of several styles, in their order, that add up to 1; equal by default; short "
        "for --set style_share=W,W",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.png")
    parser.add_argument(
        "--encoder", default=DEFAULT_ENCODER, metavar="NAME", help=", ".join(ENCODERS)
    )
    parser.add_argument(
        "--weights",
        type=Path,
        metavar="FILE|DIR",
        help="file or folder of the encoder's weights, if not the default",
    )
    parser.add_argument(
        "--size", type=width, default=512, metavar="PX", help="width of the picture (%(default)s)"
    )
    parser.add_argument(
        "--iterations", metavar="N", help="optimiser steps; short for --set iterations=N"
    )
    parser.add_argument("--style-weight", metavar="W", help="short for --set style_weight=W")
    parser.add_argument(
        "--set",
        type=_setting,
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="any parameter of the method, or preset=NAME",
    )
    parser.add_argument(
        "--precision", default="float32", metavar="MODE", help="float32 (default), tf32 or bf16"
    )
    parser.add_argument("--seed", type=seed, default=0, metavar="N", help="seed of the noise (0)")
    add_device_option(parser)
    parser.add_argument("--json", action="store_true", help="report the result as JSON")
    parser.set_defaults(answer=_stylise)


def _stylise(options: argparse.Namespace) -> None:
    parameters = resolve_parameters(options.method, _overrides(options), encoder=options.encoder)
    _check_content(options)
    check_styles(len(options.styles), parameters.get("style_share", ()))
    check_out(options.out)
    styles = [read_picture(path) for path in options.styles]
    content = read_picture(options.content) if options.content else styles[0]
    paths = [path for path in (options.content, *options.styles) if path]
    pictures = [content, *styles] if options.content else styles
    for path, picture in zip(paths, pictures, strict=True):
        check_width(picture.size, options.size, str(path))

    # torch takes seconds to import; wrong arguments are reported before.
    import torch

    from transfer.methods.engine import Task
    from transfer.methods.precision import check_precision
    from transfer.methods.stylise import stylise

    check_precision(options.precision)
    device = choose_device(options.device)
    encoder = load_encoder(options.encoder, weights=options.weights, device=device)
    autoencoders: tuple[Autoencoder, ...] = ()
    if METHODS[options.method].needs_decoder:
        autoencoders = load_autoencoders(
            options.encoder,
            parameters["style_layers"],
            weights=options.weights,
            device=device,
            encoder=encoder,
        )
    with Meter(unit="step", every=EVERY) as meter:
        (result,) = stylise(
            options.method,
            [Task(content, styles, options.seed)],
            encoder=encoder,
            parameters=parameters,
            size=options.size,
            autoencoders=autoencoders,
            precision=options.precision,
            progress=lambda done, total: meter.report("", done, total),
        )
    if result.picture is None:
        raise InputError(result.error)
    write_png(result.picture, options.out)
    width, height = result.picture.size
    if not options.json:
        say(f"wrote {options.out} ({width}×{height}) in {result.seconds:.0f} s")
        return
    write_json(
        {
            "out": str(options.out),
            "width": width,
            "height": height,
            "method": options.method,
            "parameters": parameters,
            "content": str(options.content) if options.content else None,
            "styles": [str(path) for path in options.styles],
            "seed": options.seed,
            "encoder": encoder.name,
            "fingerprint": encoder.fingerprint,
            "decoders": fingerprint_of(autoencoders) if autoencoders else None,
            "precision": options.precision,
            "device": device,
            "threads": torch.get_num_threads(),
            "losses": result.losses,
            "evaluations": result.evaluations,
            "seconds": round(result.seconds, 3),
        }
    )


def _overrides(options: argparse.Namespace) -> dict[str, Any]:
    overrides: dict[str, Any] = {}
    shorts = [
        ("iterations", options.iterations),
        ("style_weight", options.style_weight),
        ("style_share", options.style_share),
    ]
    for name, value in (*options.settings, *shorts):
        if value is None:
            continue
        if name in overrides:
            raise InputError(f"{name} was given twice: give it once")
        overrides[name] = value
    return overrides


def _check_content(options: argparse.Namespace) -> None:
    """Raise InputError for a missing content picture, and for one that the method does not use."""
    if METHODS[options.method].needs_content and options.content is None:
        raise InputError(f"method '{options.method}' needs a content picture: give --content FILE")
    if options.content is not None and not METHODS[options.method].needs_content:
        raise InputError(
            f"method '{options.method}' makes a picture from the style alone: leave --content out"
        )


def _setting(text: str) -> tuple[str, str]:
    name, value = name_and_value(text)
    return name.replace("-", "_"), value
