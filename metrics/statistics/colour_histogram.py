"""The declaration of `colour-histogram`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics.statistics.comparison import LARGEST, PictureStatistic

if TYPE_CHECKING:
    from metrics.statistics.comparison import PictureFormula


class ColourHistogram(PictureStatistic):
    """Distance of the colour histogram from that of the style."""

    key = "colour-histogram"
    title = "Hellinger's distance of CIELAB histograms"
    source = "Swain & Ballard 1991 (histograms), Afifi et al. 2021, equation 3 (distance)"
    names = ("colour-histogram",)
    reference = "style"
    higher_is_better = False
    lowest = 0.0
    highest = 1.0
    largest = LARGEST

    @classmethod
    def formula(cls) -> PictureFormula:
        """See formulas/colour.py."""
        from metrics.statistics.formulas.colour import histogram_distance  # torch

        return lambda stimulus, style: {cls.key: histogram_distance(stimulus, style)}
