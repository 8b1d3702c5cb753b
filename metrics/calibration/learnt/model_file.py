"""A learnt referee as two files, and scores by it.

`learnt.json` says what it is and how good; `learnt.safetensors` beside it holds the weights. The
JSON file is written last and names the hash of the other one, so that two files that do not belong
together are noticed.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from safetensors import SafetensorError
from safetensors.numpy import load, save

from common.atomic import make_folder, write_bytes, write_text
from common.errors import InputError
from metrics.calibration.data import Floats
from metrics.calibration.learnt.features import Features

if TYPE_CHECKING:
    from metrics.calibration.learnt.learnt import Learnt

FORMAT = "ec-space learnt referee 1"
JSON_FILE, WEIGHTS_FILE = "learnt.json", "learnt.safetensors"


@dataclass(frozen=True)
class LearntModel:
    """What is needed for scores, and all that was said when it was learnt.

    Attributes:
        weights: (P,), log odds per unit of each feature.
        instrument: of the features that it needs.
        said: the content of its JSON file.

    """

    weights: Floats
    instrument: str
    said: dict[str, Any]

    def score(self, features: Features) -> pd.Series[float]:
        """Score stimuli: a series in log odds; only differences have a meaning.

        Raises:
            InputError: features of another encoder.

        """
        if features.instrument != self.instrument:
            raise InputError(
                f"the features are of {features.instrument!r} and the learnt referee needs "
                f"{self.instrument!r}: make them with that encoder"
            )
        vectors = features.vectors()
        if vectors.shape[1] != len(self.weights):
            raise InputError("the features have another length than the learnt referee's weights")
        # Row by row: a stimulus has the same score to the bit, whichever others are scored with it.
        values = [float(np.sum(vector * self.weights)) for vector in vectors]
        return pd.Series(values, index=pd.Index(features.stimuli, name="stimulus"), name="learnt")


def model_of(learnt: Learnt) -> LearntModel:
    """The model in memory, without files."""
    return LearntModel(learnt.weights, learnt.instrument, learnt.to_json())


def write_learnt(learnt: Learnt, folder: Path) -> None:
    """Write both files into `folder`, each whole. Raises StorageError."""
    weights = save({"weights": np.ascontiguousarray(learnt.weights)})
    said = {
        "format": FORMAT,
        **learnt.to_json(),
        "weights": {"file": WEIGHTS_FILE, "sha256": hashlib.sha256(weights).hexdigest()},
    }
    text = json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False)
    make_folder(folder)
    write_bytes(weights, folder / WEIGHTS_FILE)
    write_text(text, folder / JSON_FILE)


def read_said(path: Path) -> dict[str, Any]:
    """Read the JSON file of a learnt referee, or of the folder that holds it.

    Raises:
        InputError: no file, or another one.

    """
    path = path / JSON_FILE if path.is_dir() else path
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        known = isinstance(said, dict) and said.get("format") == FORMAT
    except FileNotFoundError as error:
        raise InputError(f"there is no learnt referee {path}: make it by `learn --out`") from error
    except (OSError, ValueError) as error:
        raise InputError(f"{path} is not a learnt referee ({error})") from error
    if not known:
        raise InputError(f"{path} is not a learnt referee of the format {FORMAT!r}")
    return dict(said)


def read_learnt(path: Path) -> LearntModel:
    """Read both files; `path` is the JSON file or the folder.

    Raises:
        InputError: a file is missing or damaged, or they do not belong together.

    """
    said = read_said(path)
    folder = path if path.is_dir() else path.parent
    try:
        named = folder / str(said["weights"]["file"])
        data = named.read_bytes()
        if hashlib.sha256(data).hexdigest() != said["weights"]["sha256"]:
            raise InputError(f"{named} does not belong to {path}: make both by one `learn`")
        weights = np.asarray(load(data)["weights"], dtype=np.float64)
        instrument = str(said["instrument"])
    except (OSError, KeyError, TypeError, SafetensorError) as error:
        raise InputError(f"{path}: the weights cannot be read ({error})") from error
    return LearntModel(weights, instrument, said)
