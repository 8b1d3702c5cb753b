"""Check the option --out before the work: it can be written, and is none of the inputs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from common.atomic import check_writable, same_file
from common.errors import InputError

FOLDER = "out_is_folder"
"""Name of the option that a command sets by `parser.set_defaults` if --out names a folder."""


def check_out(options: Mapping[str, Any]) -> None:
    """Check the option `out` of a command, if it has one and it was given.

    Raises:
        StorageError: it cannot be written.
        InputError: it is a file that the command reads.

    """
    out = options.get("out")
    if not isinstance(out, Path):
        return
    for name, value in options.items():
        for path in _paths(name, value):
            if name != "out" and same_file(out, path):
                raise InputError(f"--out {out} is a file that is read: name another one")
    probe = out / "file" if options.get(FOLDER) else out
    check_writable(probe, make_folder=True)


def _paths(name: str, value: object) -> Iterable[Path]:
    for one in value if isinstance(value, list | tuple) else [value]:
        if isinstance(one, Path):
            yield one
        elif isinstance(one, str) and name.startswith("model"):  # a file, or a published model
            yield Path(one)
