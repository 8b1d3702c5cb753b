"""The detectors of the registry as parameters of tests, which skip what is not installed."""

from __future__ import annotations

import pytest

from metrics.boundaries.detectors import DETECTORS, NEEDS_WEIGHTS

HED = pytest.mark.extras


def each_detector():
    return [
        pytest.param(name, marks=pytest.mark.extras) if name in NEEDS_WEIGHTS else name
        for name in DETECTORS
    ]
