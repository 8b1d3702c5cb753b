"""The registry of boundary detectors. To add one, write its file and add its line here."""

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
"""Name → class, imported when it is asked for."""

DEFAULT_DETECTOR = "gpb"
"""The paper's own."""
QUICK_DETECTOR = "gaussian"
"""The default where nobody annotated the content pictures, so that C is no one's measure anyway."""


def detector(name: str) -> Detector:
    """The detector of that name, with its default parameters.

    Raises:
        InputError: there is none of that name.

    """
    module, _, kind = find("boundary detector", name, DETECTORS).rpartition(".")
    found: Detector = getattr(import_module(module), kind)()
    return found
