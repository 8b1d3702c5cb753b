"""The registry of boundary detectors. To add one, write its file and add a line here."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from common.lookup import find

if TYPE_CHECKING:
    from metrics.boundaries.detectors.base import Detector

DETECTORS = {
    "gaussian": "metrics.boundaries.detectors.gaussian.Gaussian",
    "mpb": "metrics.boundaries.detectors.mpb.MPb",
    "gpb": "metrics.boundaries.detectors.gpb.GPb",
}
"""Name → class, imported by `detector`."""

DEFAULT_DETECTOR = "gpb"
"""The detector of Yeh et al. 2020."""
QUICK_DETECTOR = "gaussian"
"""The default for content pictures without human annotations."""


def detector(name: str) -> Detector:
    """The detector of that name, with its default parameters.

    Raises:
        InputError: an unknown name.

    """
    module, _, kind = find("boundary detector", name, DETECTORS).rpartition(".")
    found: Detector = getattr(import_module(module), kind)()
    return found
