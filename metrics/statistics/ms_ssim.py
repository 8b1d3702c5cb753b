"""The declaration of `ms-ssim`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from metrics.statistics.comparison import PictureStatistic

if TYPE_CHECKING:
    from metrics.statistics.comparison import PictureFormula


class MsSsim(PictureStatistic):
    """Structural similarity to the content at five scales."""

    key = "ms-ssim"
    title = "structural similarity of luminance at five scales"
    source = "Wang et al. 2003"
    names = ("ms-ssim",)
    reference = "content"
    higher_is_better = True
    lowest = 0.0
    highest = 1.0

    @classmethod
    def formula(cls) -> PictureFormula:
        """See formulas/structure.py."""
        from metrics.statistics.formulas.structure import ms_ssim  # torch

        return lambda stimulus, content: {cls.key: ms_ssim(stimulus, content)}
