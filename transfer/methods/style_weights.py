"""The style weights from which the experiment of Yeh et al. 2020 draws.

The paper and its supplement give no ranges. They are read from lists in the authors' repository
(stringtron/quantative_style, Base_C_scripts): wcs1.txt holds 50, 150 … 1950, and wcs2.txt twenty
weights from 2291 to 9813, which are taken here as the "aggressive" ones. The authors' unit is not
known; ours is that of `normalisation`.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Literal

Range = Literal["ordinary", "aggressive"]
RANGES: tuple[Range, ...] = ("ordinary", "aggressive")

ORDINARY = tuple(float(weight) for weight in range(50, 2000, 100))
"""The list wcs1.txt."""
AGGRESSIVE = tuple(float(round(2291 + (9813 - 2291) * step / 19)) for step in range(20))
"""Ours: twenty equal steps between the ends of wcs2.txt, whose own weights are random."""
AGGRESSIVE_WEIGHT = 6000.0
AGGRESSIVE_SOURCE = (
    "ours: the middle of 2291…9813, read from a list in the authors' repository "
    "(stringtron/quantative_style, Base_C_scripts/wcs2.txt), and taken as what Yeh et al. 2020, "
    "supplement Table 1, call aggressive"
)


def strengths(
    parameters: Collection[str], own: Range, wanted: Range
) -> tuple[str, Sequence[float]] | None:
    """The parameter that an experiment varies, and its values; None for a method without one.

    An aggressive variant always uses the aggressive weights. A method without a style weight is
    varied in its α in [0, 1], which is the ordinary weight ÷ 2000: the authors' scripts map α to
    0…2000 (evaluation_streamline.m).
    """
    if "style_weight" in parameters:
        return "style_weight", AGGRESSIVE if "aggressive" in (own, wanted) else ORDINARY
    if "alpha" in parameters:
        return "alpha", tuple(weight / 2000 for weight in ORDINARY)
    return None
