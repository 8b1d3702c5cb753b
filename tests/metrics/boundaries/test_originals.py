"""gPb-OWT-UCM against its authors' own output for one picture.

All 50 pictures whose output is at hand are compared by `python -m tests.validation.boundaries`.
"""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from scipy.ndimage import gaussian_filter

from metrics.boundaries.benchmark import count, even_thresholds
from metrics.boundaries.bsds import read_annotations
from metrics.boundaries.detectors import detector
from metrics.boundaries.summary import best
from tests.conftest import SHARED
from tests.validation.boundaries import C_APART, MAP_CORRELATION, original

DATA = SHARED / "data" / "bsds500"


@pytest.mark.golden
def test_contours_and_c_are_near_the_originals():
    ours = detector("gpb")(Image.open(DATA / "images" / "test" / "100007.jpg"))
    theirs = original(DATA / "ucm2" / "test" / "100007.mat")
    truth = read_annotations(DATA / "groundTruth" / "test" / "100007.mat").boundaries
    c, authors_c = (best(count(one, truth, even_thresholds(19))).f for one in (ours, theirs))
    assert c == pytest.approx(authors_c, abs=C_APART)
    # Lines of one pixel lie within a pixel of each other, not on each other.
    smooth, authors_smooth = (gaussian_filter(one, 1.0).ravel() for one in (ours, theirs))
    assert np.corrcoef(smooth, authors_smooth)[0, 1] >= MAP_CORRELATION
