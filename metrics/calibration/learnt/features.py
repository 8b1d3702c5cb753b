"""Features of stimuli from which a referee is learnt, and their file.

The form of ASTRA-Score (arXiv 2610.10003): an encoder stays as it is, and what is said of a
stimulus s with content c and style t are the absolute differences and the products of their
moments: |s − c|, s · c, |s − t|, s · t. The moments of a picture are the mean and the standard
deviation of each channel over all places, at several layers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pandas as pd
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from common.atomic import write_bytes
from common.errors import InputError
from metrics.calibration.data import Floats

FORMAT = "ec-space features 1"
PARTS = ("stimulus", "content", "style")
LEVELS = ("method", "content", "style")


@dataclass(frozen=True)
class Features:
    """Moments of S stimuli and of the pictures that they were made of.

    Attributes:
        stimuli: names, each once.
        moments: `stimulus`, `content`, `style` → (S, D), finite.
        instrument: the encoder's fingerprint, layers and size; equal ones can be compared.
        levels: `method`, `content`, `style` → names (S,), where they are known.
        layers: layer → channels, in the order of the moments: of each layer its means, then its
            deviations. Empty where they are not known.

    """

    stimuli: tuple[str, ...]
    moments: Mapping[str, Floats]
    instrument: str
    levels: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    layers: Mapping[str, int] = field(default_factory=dict)

    def vectors(self) -> Floats:
        """What is said of each stimulus: (S, 4 D)."""
        made, content, style = (self.moments[part] for part in PARTS)
        return np.concatenate(
            [np.abs(made - content), made * content, np.abs(made - style), made * style], axis=1
        )

    def frame(self) -> pd.DataFrame:
        """One row for each stimulus: `stimulus`, and the levels that are known."""
        return pd.DataFrame({"stimulus": list(self.stimuli), **self.levels}, dtype=object)

    def to_bytes(self) -> bytes:
        """The content of a file in the format of safetensors."""
        header = {
            "format": FORMAT,
            "stimuli": list(self.stimuli),
            "instrument": self.instrument,
            "levels": {name: list(values) for name, values in self.levels.items()},
            "layers": dict(self.layers),
        }
        arrays = {part: np.ascontiguousarray(self.moments[part]) for part in PARTS}
        return save(arrays, {"features": json.dumps(header, ensure_ascii=False)})

    def write(self, path: Path) -> None:
        """Write the file whole. Raises StorageError."""
        write_bytes(self.to_bytes(), path, make_folder=True)


def read_features(path: Path) -> Features:
    """Read what `Features.write` wrote.

    Raises:
        InputError: no file, or not one of features.

    """
    try:
        with safe_open(path, framework="np") as file:
            header = json.loads((file.metadata() or {})["features"])
            moments = {part: np.asarray(file.get_tensor(part), np.float64) for part in PARTS}
        if header["format"] != FORMAT:
            raise InputError(f"{path} is of the format {header['format']!r}: make it again")
        levels = {name: tuple(map(str, values)) for name, values in header["levels"].items()}
        layers = {str(name): int(width) for name, width in header.get("layers", {}).items()}
        found = Features(
            tuple(map(str, header["stimuli"])), moments, str(header["instrument"]), levels, layers
        )
    except FileNotFoundError as error:
        raise InputError(
            f"there is no file {path}: make it by `python -m metrics features`"
        ) from error
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"{path} holds no features ({error}): make it by `python -m metrics features`"
        ) from error
    _check(found, str(path))
    return found


def join(several: Sequence[Features]) -> Features:
    """The stimuli of all of them.

    Levels that one of them lacks are left out.

    Raises:
        InputError: features of two encoders, or a stimulus in two of them.

    """
    first = several[0]
    for other in several[1:]:
        if other.instrument != first.instrument:
            raise InputError(
                f"the features are of two encoders, {first.instrument!r} and "
                f"{other.instrument!r}: make all of them with one"
            )
    shared = [name for name in first.levels if all(name in each.levels for each in several)]
    found = Features(
        tuple(name for each in several for name in each.stimuli),
        {part: np.concatenate([each.moments[part] for each in several]) for part in PARTS},
        first.instrument,
        {name: tuple(v for each in several for v in each.levels[name]) for name in shared},
        first.layers,
    )
    _check(found, "the features together")
    return found


def _check(features: Features, source: str) -> None:
    count = len(features.stimuli)
    shapes = {features.moments[part].shape for part in PARTS}
    lengths = {len(values) for values in features.levels.values()} | {count}
    if len(shapes) != 1 or len(lengths) != 1 or len(shape := shapes.pop()) != 2 or not shape[1]:
        raise InputError(f"{source}: names and numbers do not fit together, make the file again")
    if shape[0] != count or not count:
        raise InputError(f"{source}: {count} names for {shape[0]} stimuli, make the file again")
    if features.layers and 2 * sum(features.layers.values()) != shape[1]:
        raise InputError(f"{source}: layers and numbers do not fit together, make the file again")
    if not all(np.isfinite(features.moments[part]).all() for part in PARTS):
        raise InputError(f"{source}: a number is not finite, make the file again")
    if len(set(features.stimuli)) != count:
        names = pd.Series(features.stimuli)
        raise InputError(
            f"{source}: stimulus {names[names.duplicated()].iloc[0]!r} occurs twice, keep one"
        )
