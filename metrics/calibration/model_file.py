"""Reading of exported calibrations from files."""

from __future__ import annotations

import json
from pathlib import Path

from common.errors import InputError

from .export import Model
from .presets import PRESETS


def read_model(name: str) -> Model:
    """Read an exported model from the file `name`, or take the preset of that name.

    Raises InputError for a missing file, and for one that is not an exported calibration.
    """
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
