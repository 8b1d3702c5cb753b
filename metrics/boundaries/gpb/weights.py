"""The weights of the cues, which the authors learned on BSDS500.

Published with the code of Arbeláez et al. 2011 (github BIDS/BSDS500). The cues of a channel are in
the order of their radii. Grey pictures have other weights, without a and b.
"""

from __future__ import annotations

from dataclasses import dataclass

from metrics.boundaries.gpb.local import Weights


@dataclass(frozen=True)
class CueWeights:
    """Weights of the local cues in mPb and gPb, and of the spectral cue in gPb."""

    mpb: Weights
    gpb: Weights
    spectral: float


COLOUR = CueWeights(
    mpb={
        "brightness": (0.0146, 0.0145, 0.0163),
        "a": (0.0210, 0.0243, 0.0287),
        "b": (0.0166, 0.0185, 0.0204),
        "texture": (0.0101, 0.0111, 0.0141),
    },
    gpb={
        "brightness": (0, 0, 0.0039),
        "a": (0.0050, 0.0058, 0.0069),
        "b": (0.0040, 0.0044, 0.0049),
        "texture": (0.0024, 0.0027, 0.0170),
    },
    spectral=0.0074,
)
GREY = CueWeights(
    mpb={
        "brightness": (0.0245, 0.0220, 0.0233),
        "a": (0, 0, 0),
        "b": (0, 0, 0),
        "texture": (0.0208, 0.0210, 0.0229),
    },
    gpb={
        "brightness": (0, 0, 0.0054),
        "a": (0, 0, 0),
        "b": (0, 0, 0),
        "texture": (0.0048, 0.0049, 0.0264),
    },
    spectral=0.0090,
)
