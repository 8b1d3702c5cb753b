"""Reading and writing the files of calibration: CSV tables and exported models."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from transfer.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from metrics.calibration.export import Model

TEXT = ("participant", "study", "trial", "stimulus", "stimulus_left", "stimulus_right", "method",
        "content", "style", "choice", "kind", "instrument_E", "instrument_C")  # fmt: skip
"""Columns that stay text, so that `007` is not 7 on one side and 007 on the other."""


def read_csv(path: Path, what: str) -> pd.DataFrame:
    """Read a table. Raises InputError in one line for a file that is not one."""
    import pandas as pd

    try:
        return pd.read_csv(path, dtype=dict.fromkeys(TEXT, str), skipinitialspace=True)
    except FileNotFoundError as error:
        raise InputError(f"there is no file {path}: name the {what} as a CSV file") from error
    except pd.errors.EmptyDataError as error:
        raise InputError(f"{path} is empty: the {what} need at least a line of names") from error
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, ValueError) as error:
        raise InputError(f"{path} cannot be read as CSV ({error})") from error


def read_model(name: str) -> Model:
    """Read an exported model, or take one of the presets."""
    from metrics.calibration.export import Model
    from metrics.calibration.presets import PRESETS

    if name in PRESETS:
        return PRESETS[name]
    path = Path(name)
    try:
        return Model.from_json(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        presets = ", ".join(PRESETS)
        raise InputError(f"there is no model {name}: name a JSON file or {presets}") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{name} is not an exported calibration ({error})") from error
    except InputError as error:
        raise InputError(f"{name}: {error}") from error


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table whole or not at all."""
    write_text(frame.to_csv(index=False), path)


def write_text(text: str, path: Path) -> None:
    """Write a text whole or not at all."""
    write_bytes(text.encode("utf-8"), path)


def write_bytes(content: bytes, path: Path) -> None:
    """Write a file whole or not at all. Raises InputError where the folder cannot take it."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise InputError(f"cannot write {path} ({error.strerror})") from error
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o644)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
