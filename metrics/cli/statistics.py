"""The command `statistics`: any statistics of one stimulus, and the list of them."""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common.console import say, write_json
from common.device import add_device_option
from common.errors import InputError
from common.pictures import read_picture
from metrics.statistics import every_statistic, statistic
from metrics.statistics.base import Collection, Sample, Statistic, Value
from transfer.encoders.registry import DEFAULT_ENCODER

if TYPE_CHECKING:
    from common.console import Subparsers


def add_commands(subparsers: Subparsers) -> None:
    """Add `statistics`."""
    parser = subparsers.add_parser(
        "statistics", help="statistics of a stylised picture against its content and its style"
    )
    parser.add_argument("--image", type=Path, metavar="FILE", help="the stylised picture")
    parser.add_argument("--content", type=Path, metavar="FILE", help="what it was made of")
    parser.add_argument("--style", type=Path, metavar="FILE")
    parser.add_argument(
        "--statistics",
        nargs="+",
        dest="keys",
        metavar="KEY",
        help="some of --list (default: all that are installed and whose picture is named)",
    )
    parser.add_argument(
        "--list", action="store_true", dest="listed", help="list the statistics instead"
    )
    parser.add_argument(
        "--encoder", default=DEFAULT_ENCODER, metavar="NAME", help="default: %(default)s"
    )
    parser.add_argument("--weights", type=Path, metavar="FILE|DIR", help="the encoder's weights")
    parser.add_argument(
        "--basis",
        default="reference",
        metavar="reference|FILE",
        help="of E; reference: of the bundled photographs (default)",
    )
    parser.add_argument(
        "--groundtruth", type=Path, metavar="F.mat", help="human boundaries of the content, for C"
    )
    parser.add_argument("--detector", metavar="NAME", help="the boundary detector of C")
    add_device_option(parser)
    parser.add_argument("--json", action="store_true", help="answer in JSON")
    parser.set_defaults(answer=_statistics)


def _statistics(options: argparse.Namespace) -> None:
    if options.listed:
        _list(options)
        return
    if options.image is None:
        raise InputError("no picture is named: give --image, or --list for the list of statistics")
    pictures = {"content": options.content, "style": options.style}
    chosen = _chosen(options, pictures)
    values: dict[str, Value] = {}
    for kind in chosen:
        values |= _measured(kind, options, pictures[kind.reference])
    reasons = {
        name: str(value.details.get("missing", "not defined for these pictures"))
        for name, value in values.items()
        if value.value is None
    }
    if options.json:
        numbers: dict[str, Any] = {name: value.value for name, value in values.items()}
        write_json(numbers | ({"reasons": reasons} if reasons else {}))
        return
    for name, value in values.items():
        shown = reasons[name] if value.value is None else f"{value.value:.6g}"
        print(f"{name:<20} {shown}")  # noqa: T201


def _chosen(
    options: argparse.Namespace, pictures: Mapping[str, Path | None]
) -> list[type[Statistic]]:
    """The statistics that were named, or all that can be measured with what was named."""
    if options.keys:
        named = [statistic(key) for key in dict.fromkeys(options.keys)]
        for kind in named:
            if pictures[kind.reference] is None:
                raise InputError(
                    f"{kind.key} compares with the {kind.reference}: give --{kind.reference}"
                )
            if why := kind.lacks():
                raise InputError(f"{kind.key}: {why}")
        return named
    found = [
        kind
        for kind in every_statistic().values()
        if pictures[kind.reference] is not None and not kind.lacks()
    ]
    if not found:
        raise InputError("no picture to compare with is named: give --content, --style or both")
    return found


def _measured(
    kind: type[Statistic], options: argparse.Namespace, reference: Path | None
) -> dict[str, Value]:
    assert reference is not None
    width = read_picture(options.image).size[0]
    with tempfile.TemporaryDirectory() as data:
        collection = Collection(
            contents=[reference],
            fingerprint=hashlib.sha256(reference.read_bytes()).hexdigest(),
            width=width,
            data=Path(data),
        )
        settings = kind.settings(vars(options), collection)
        instrument = kind.open(settings, collection, lambda *progress: None)
        annotations = options.groundtruth if kind.uses_annotations else None
        return instrument.measure(Sample(options.image, width, reference, annotations))


def _list(options: argparse.Namespace) -> None:
    rows = [
        {
            "key": kind.key,
            "name": kind.title,
            "numbers": list(kind.names),
            "reference": kind.reference,
            "direction": "higher" if kind.higher_is_better else "lower",
            "lowest": kind.lowest,
            "highest": kind.highest,
            "source": kind.source,
            "installed": not kind.lacks(),
        }
        for kind in every_statistic().values()
    ]
    if options.json:
        write_json(rows)
        return
    for row in rows:
        print(  # noqa: T201
            f"{row['key']:<18} {row['reference']:<8} {row['direction']:<7} is better  {row['name']}"
        )
    for kind in every_statistic().values():
        if why := kind.lacks():
            say(f"{kind.key}: {why}")
