"""The declaration of `colour-swd`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics.statistics.comparison import LARGEST, PictureStatistic

if TYPE_CHECKING:
    from metrics.statistics.comparison import PictureFormula


class ColourWasserstein(PictureStatistic):
    """Sliced Wasserstein distance of colours from those of the style, in units of CIELAB."""

    key = "colour-swd"
    title = "sliced Wasserstein distance of colours in CIELAB"
    source = "Rabin et al. 2012; 32 directions"
    names = ("colour-swd",)
    reference = "style"
    higher_is_better = False
    lowest = 0.0
    largest = LARGEST

    @classmethod
    def formula(cls) -> PictureFormula:
        """See formulas/colour.py."""
        from metrics.statistics.formulas.colour import colour_wasserstein  # torch

        return lambda stimulus, style: {cls.key: colour_wasserstein(stimulus, style)}
