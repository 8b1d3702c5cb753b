"""Style transfer measured the way people see it: the Python library of EC Space.

    import ecspace

    picture = ecspace.stylise("cat.jpg", "waves.jpg", method="adain")
    numbers = ecspace.measure(picture, content="cat.jpg", style="waves.jpg")

`stylise` makes a stylised picture. `measure` gives its base statistics E1 … E5 (effectiveness: how
well the style is carried) and C (coherence: how much of the content is kept). `calibrate` fits
people's preferences on these statistics and returns a `Model`; `score` applies one; `ec_space`
divides scored pictures into the cells of the EC space. `PairwiseCalibrator` is the calibration as
an estimator of scikit-learn. Bad input raises `InputError` with one line that says what to do.

Definitions: Yeh et al. 2020, *Improving Style Transfer with Calibrated Metrics*. The packages
`transfer`, `studies`, `metrics`, `common` and `config`, which are installed beside this one, are
the site's own and may change; the names listed here do not change without a note in the changelog.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from common.errors import InputError
    from ecspace.calibrating import calibrate, ec_space, read_model, score
    from ecspace.measuring import measure
    from ecspace.stylising import stylise
    from metrics.calibration.estimator import PairwiseCalibrator
    from metrics.calibration.export import Model

__all__ = [
    "InputError",
    "Model",
    "PairwiseCalibrator",
    "calibrate",
    "ec_space",
    "measure",
    "read_model",
    "score",
    "stylise",
]

_PLACES = {
    "InputError": "common.errors",
    "Model": "metrics.calibration.export",
    "PairwiseCalibrator": "metrics.calibration.estimator",
    "calibrate": "ecspace.calibrating",
    "ec_space": "ecspace.calibrating",
    "measure": "ecspace.measuring",
    "read_model": "ecspace.calibrating",
    "score": "ecspace.calibrating",
    "stylise": "ecspace.stylising",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for on first use: torch and pandas take seconds."""
    if name not in _PLACES:
        raise AttributeError(f"module 'ecspace' has no attribute {name!r}")
    return getattr(import_module(_PLACES[name]), name)


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
