"""The command `invert`."""

from __future__ import annotations

import argparse
import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.console import say, write_json
from common.device import add_device_option, choose_device
from common.errors import InputError
from common.pictures import read_picture, resize_to_width, to_image, to_tensor, write_png
from common.progress import EVERY, Meter
from transfer.cli.arguments import check_out, seed, width
from transfer.encoders import DEFAULT_ENCODER, ENCODERS, load_encoder
from transfer.methods import parameters_object, resolve_parameters
from transfer.methods.inversion import LOSSES

if TYPE_CHECKING:
    from common.console import Subparsers


def add_commands(subparsers: Subparsers) -> None:
    """Add `invert`."""
    parser = subparsers.add_parser(
        "invert",
        help="make a picture from noise that has a style's statistics of one layer",
        epilog="Ctrl-C keeps the state beside the picture (.checkpoint); the same command goes on.",
    )
    add = parser.add_argument
    add("--loss", required=True, choices=LOSSES)
    add("--layer", default="relu2_1", metavar="NAME", help="(%(default)s)")
    add("--style", type=Path, required=True, metavar="FILE")
    add("--out", type=Path, required=True, metavar="FILE.png")
    add("--moments", metavar="N", help="number of moments of --loss moments, 1 to 4 (2)")
    add("--central", action="store_true", help="central moments instead of raw ones")
    add(
        "--budget",
        default="1",
        metavar="X",
        help="share of the source's iterations that is spent, above 0 to 1 (%(default)s: hours)",
    )
    add("--seed", type=seed, default=0, metavar="N", help="seed of the noise (0)")
    add("--size", type=width, default=256, metavar="PX", help="width (%(default)s)")
    add("--encoder", default=DEFAULT_ENCODER, metavar="NAME", help=", ".join(ENCODERS))
    add(
        "--weights",
        type=Path,
        metavar="FILE|DIR",
        help="file or folder of the encoder's weights, if not the default",
    )
    add_device_option(parser)
    add("--json", action="store_true", help="report the result as JSON")
    parser.set_defaults(answer=_invert)


def _invert(options: argparse.Namespace) -> None:
    values = resolve_parameters("inversion", _overrides(options))
    parameters = parameters_object("inversion", values)
    check_out(options.out)
    style = read_picture(options.style)

    # torch takes seconds to import; wrong arguments are reported before.
    import torch

    from transfer.methods.engine import Task
    from transfer.methods.resumable import invert

    device = choose_device(options.device)
    encoder = load_encoder(options.encoder, weights=options.weights, device=device)
    picture = to_tensor(resize_to_width(style, options.size))
    checkpoint = options.out.with_suffix(".checkpoint")
    recipe = {
        **values,
        "style": hashlib.sha256(picture.numpy().tobytes()).hexdigest(),
        "size": options.size,
        "seed": options.seed,
        "encoder": encoder.fingerprint,
        "device": device,
        "threads": torch.get_num_threads(),
    }
    with Meter(unit="step", every=EVERY) as meter:
        result, steps = invert(
            parameters,
            Task(picture, [picture], options.seed),
            encoder,
            checkpoint=checkpoint,
            recipe=recipe,
            progress=lambda done: meter.report("", done, parameters.steps),
        )
    if result.picture is None:
        raise InputError(result.error)
    write_png(to_image(result.picture), options.out)
    checkpoint.unlink(missing_ok=True)
    loss = result.losses["total"]
    reached = loss < parameters.threshold
    if options.json:
        write_json(
            {"out": str(options.out), "parameters": values}
            | {name: recipe[name] for name in ("size", "seed", "device", "threads")}
            | {"encoder": encoder.name, "fingerprint": encoder.fingerprint}
            | {"steps": steps, "loss": loss, "reached_threshold": reached}
        )
    else:
        end = "below" if reached else "not below"
        say(f"wrote {options.out} after {steps} steps, loss {loss:.3g}, {end} the threshold")


def _overrides(options: argparse.Namespace) -> dict[str, Any]:
    if options.loss != "moments" and (options.moments is not None or options.central):
        raise InputError(
            f"--moments and --central belong to --loss moments, not to --loss {options.loss}: "
            "leave them out"
        )
    found: dict[str, Any] = {
        "loss": options.loss,
        "layer": options.layer,
        "budget": options.budget,
        "moment_kind": "central" if options.central else "raw",
    }
    return found if options.moments is None else found | {"moments": options.moments}
