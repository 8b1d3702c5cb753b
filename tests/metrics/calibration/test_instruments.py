"""The instruments of the statistics that a model was fitted to."""

from __future__ import annotations

import pandas as pd
import pytest

from common.errors import InputError
from metrics.calibration.instruments import check_instruments, fingerprints, instruments_used

E = "E-1 compact-1:8f2a77c0 basis:0123456789abcdef 256px"
C = "gaussian-1:1f2e3d4c F99 tolerance:0.0075 resize:bilinear-to-truth truth:bsds"


def test_it_reads_encoder_basis_and_detector_from_our_own_names():
    assert fingerprints({"E": E, "C": C}) == {
        "encoder": "compact-1:8f2a77c0",
        "basis": "0123456789abcdef",
        "basis_size": 256,
        "detector": "gaussian-1:1f2e3d4c",
    }
    assert fingerprints({"C": C}) == {"detector": "gaussian-1:1f2e3d4c"}


@pytest.mark.parametrize("name", ["", "vgg", f"{E} + {E}", "E-1 compact"])
def test_names_of_other_forms_have_no_parts(name):
    assert fingerprints({"E": name}) == {}


def test_names_of_instruments_are_read_back(batch):
    """What `measure` stores is read back."""
    from common.pictures import read_picture
    from metrics.boundaries.coherence import detected_truth, instrument_name
    from metrics.boundaries.detectors import QUICK_DETECTOR, detector
    from metrics.effectiveness.divergence import VERSION

    content = read_picture(batch.stimuli.first().content.path)
    name = instrument_name(QUICK_DETECTOR, detected_truth(content, QUICK_DETECTOR))
    assert fingerprints({"C": name}) == {"detector": detector(QUICK_DETECTOR).fingerprint}
    name = f"E-{VERSION} compact-1:ab basis:cd 64px"
    assert fingerprints({"E": name})["encoder"] == "compact-1:ab"


def test_statistics_of_another_instrument_are_refused_and_unnamed_ones_accepted():
    table = pd.DataFrame({"E1": [1.0, 2.0], "instrument_E": ["a", None]})
    check_instruments({"E": "a"}, table)
    check_instruments({"C": "x"}, table)
    with pytest.raises(InputError, match="E measured with 'b', these statistics with 'a'"):
        check_instruments({"E": "b"}, table)


def test_only_instruments_of_the_terms_are_compared():
    table = pd.DataFrame({"instrument_E": ["a", "b"], "instrument_C": ["x", "x"]})
    assert instruments_used(table, ["C"]) == {"C": "x"}
    with pytest.raises(InputError, match="instrument_E is not the same"):
        instruments_used(table, ["C", "E1"])
    assert instruments_used(table, ["E1"], any_instrument=True) == {"E": "a + b"}
