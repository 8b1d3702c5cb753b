"""The registry of boundary detectors. To add one, write its file and add a line here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from common.installed_weights import HED
from common.lookup import find

if TYPE_CHECKING:
    from metrics.boundaries.detectors.base import Detector

DETECTORS = {
    "gaussian": "metrics.boundaries.detectors.gaussian.Gaussian",
    "mpb": "metrics.boundaries.detectors.mpb.MPb",
    "gpb": "metrics.boundaries.detectors.gpb.GPb",
    "hed": "metrics.boundaries.detectors.hed.Hed",
}
"""Name → class, imported by `detector`."""

DEFAULT_DETECTOR = "gpb"
"""The detector of Yeh et al. 2020."""
QUICK_DETECTOR = "gaussian"
"""The default for content pictures without human annotations."""
NEEDS_WEIGHTS = {"hed": HED}
"""Name → the weights of an optional package that the detector needs."""


def lacks(name: str) -> str:
    """What has to be installed before that detector can be used; empty if nothing."""
    return NEEDS_WEIGHTS[name].lacks() if name in NEEDS_WEIGHTS else ""


def installed() -> list[str]:
    """The names of the detectors that can be used here."""
    return [name for name in DETECTORS if not lacks(name)]


def detector(name: str) -> Detector:
    """The detector of that name, with its default parameters.

    Weights that it needs are read when it is first used.

    Raises:
        InputError: an unknown name.

    """
    module, _, kind = find("boundary detector", name, DETECTORS).rpartition(".")
    found: Detector = getattr(import_module(module), kind)()
    return found
