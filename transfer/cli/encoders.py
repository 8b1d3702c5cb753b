"""The command `encoders`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from common.console import write_json
from transfer.encoders import describe_encoders

if TYPE_CHECKING:
    from common.console import Subparsers


def add_commands(subparsers: Subparsers) -> None:
    """Add `encoders`."""
    parser = subparsers.add_parser(
        "encoders", help="every encoder with the place of its weights, or how to get them"
    )
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(answer=_encoders)


def _encoders(options: argparse.Namespace) -> None:
    encoders = describe_encoders()
    if options.json:
        write_json(encoders)
    else:
        print("\n".join(line for one in encoders for line in _lines(one)))  # noqa: T201


def _lines(encoder: dict[str, Any]) -> Iterator[str]:
    yield f"{encoder['name']}: {encoder['title']}"
    yield f"    {_weights(encoder)}"


def _weights(encoder: dict[str, Any]) -> str:
    if encoder["problem"]:
        return str(encoder["problem"])
    if encoder["weights"]:
        reach = f"{encoder['layers'][0]} to {encoder['layers'][-1]}"
        return f"{reach}, fingerprint {encoder['fingerprint']}, {encoder['weights']}"
    source = encoder["url"] or f"{encoder['files'][0]} from {encoder['origin']}"
    return f"no weights here: {source}"
