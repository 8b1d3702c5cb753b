"""gPb-OWT-UCM against its authors' own output for one picture.

All 50 pictures whose output is available are compared by `python -m tests.validation.boundaries`.
"""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from common.annotations import read_annotations
from metrics.boundaries.benchmark import count, even_thresholds
from metrics.boundaries.detectors import detector
from metrics.boundaries.summary import best
from tests.conftest import SHARED
from tests.validation.boundaries import C_APART, MAP_CORRELATION, original

DATA = SHARED / "data" / "bsds500"


@pytest.mark.golden
def test_contours_and_c_are_near_the_originals():
    ours = detector("gpb")(Image.open(DATA / "images" / "test" / "189096.jpg"))
    theirs = original(DATA / "ucm2" / "test" / "189096.mat")
    truth = read_annotations(DATA / "groundTruth" / "test" / "189096.mat").boundaries
    c, authors_c = (best(count(one, truth, even_thresholds(19))).f for one in (ours, theirs))
    assert c == pytest.approx(authors_c, abs=C_APART)
    assert np.corrcoef(ours.ravel(), theirs.ravel())[0, 1] >= MAP_CORRELATION
