"""Exported calibrations as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from common.errors import InputError

if TYPE_CHECKING:
    from metrics.calibration.export import Model


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
