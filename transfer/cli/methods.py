"""The command `methods`."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from common.console import write_json
from transfer.methods import METHODS, method_info
from transfer.methods.card_document import document

if TYPE_CHECKING:
    from common.console import Subparsers


def add_commands(subparsers: Subparsers) -> None:
    """Add `methods`."""
    parser = subparsers.add_parser(
        "methods", help="every method with its parameters, their defaults and sources"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true")
    form.add_argument("--cards", action="store_true", help="method cards, as a Markdown document")
    parser.set_defaults(answer=_methods)


def _methods(options: argparse.Namespace) -> None:
    if options.cards:
        print(document(), end="")  # noqa: T201
        return
    methods = [method_info(key) for key in METHODS]
    if options.json:
        write_json(methods)
    else:
        print("\n".join(line for one in methods for line in _lines(one)))  # noqa: T201


def _lines(method: dict[str, Any]) -> Iterator[str]:
    yield f"{method['key']}: {method['name']} ({method['paper']})"
    for preset, values in method["presets"].items():
        changes = ", ".join(f"{name}={value}" for name, value in values.items())
        yield f"    preset={preset}: {changes}"
    for one in method["parameters"]:
        default = one["default"]
        shown = ",".join(map(str, default)) if isinstance(default, list) else default
        yield f"    {one['name']}={shown}: {one['help']}; {one['accepts']}"
        yield f"        {one['source']}"
