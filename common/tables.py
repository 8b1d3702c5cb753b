"""Reading and writing CSV tables."""

from __future__ import annotations

import csv
import warnings
from pathlib import Path
from typing import TYPE_CHECKING

from common.atomic import write_text
from common.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

NAMES = ("participant", "study", "trial", "stimulus", "stimulus_left", "stimulus_right", "method",
         "content", "style")  # fmt: skip
"""Columns of names: `007` is not 7 on one side and 007 on the other, and `NA` may be a name."""
TEXT = (*NAMES, "choice", "kind", "instrument_E", "instrument_C")
NOTHING = ["", "NA", "N/A", "#N/A", "NaN", "nan", "null", "NULL", "None"]
"""How other programs write that there is no value."""


def read_csv(path: Path, what: str) -> pd.DataFrame:
    """Read a table: UTF-8, with commas and a line of names.

    Raises InputError in one line for a file that is not one.
    """
    import pandas as pd

    try:
        names = _header(path, what)
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # values without a name
            return pd.read_csv(
                path,
                names=names,
                header=0,
                index_col=False,
                dtype=dict.fromkeys(TEXT, str),
                encoding="utf-8-sig",
                keep_default_na=False,
                low_memory=False,
                na_values={name: [""] if name in NAMES else NOTHING for name in names},
                skipinitialspace=True,
            )
    except FileNotFoundError as error:
        raise InputError(f"there is no file {path}: name the {what} as a CSV file") from error
    except pd.errors.ParserWarning as error:
        raise InputError(
            f"{path} has lines with more values than the first line has names: quote values that "
            "hold commas"
        ) from error
    except (OSError, UnicodeDecodeError, pd.errors.ParserError, ValueError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as CSV ({error})") from error


def _header(path: Path, what: str) -> list[str]:
    """Read the first line, which names the columns, each once."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        names = [name.strip() for name in next(csv.reader(file, skipinitialspace=True), [])]
    if not any(names):
        raise InputError(f"{path} is empty: the {what} need at least a line of names")
    if len(names) == 1 and (";" in names[0] or "\t" in names[0]):
        raise InputError(f"{path} is separated by semicolons or tabs: save it with commas")
    twice = next((name for name in names if name and names.count(name) > 1), None)
    if twice:
        raise InputError(f"{path} has two columns {twice!r}: keep one")
    return names


def write_csv(frame: pd.DataFrame, path: Path) -> None:
    """Write a table whole or not at all."""
    write_text(frame.to_csv(index=False), path, make_folder=True)
