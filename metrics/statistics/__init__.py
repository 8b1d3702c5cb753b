"""The registry of statistics. To add one, write its file and add a line here."""

from __future__ import annotations

from common.errors import InputError
from common.lookup import find
from metrics.statistics.base import Statistic
from metrics.statistics.cfsd import Cfsd
from metrics.statistics.coherence import Coherence
from metrics.statistics.coherence_by import COHERENCE_BY
from metrics.statistics.colour_histogram import ColourHistogram
from metrics.statistics.colour_wasserstein import ColourWasserstein
from metrics.statistics.effectiveness import Effectiveness
from metrics.statistics.feature_distance import FeatureDistance
from metrics.statistics.feature_wasserstein import FeatureWasserstein
from metrics.statistics.ghiasi import Ghiasi
from metrics.statistics.gmsd import Gmsd
from metrics.statistics.gram import Gram
from metrics.statistics.imagenet import ImagenetContent, ImagenetStyle
from metrics.statistics.mean_deviation import MeanDeviation
from metrics.statistics.ms_ssim import MsSsim
from metrics.statistics.plugins import installed
from metrics.statistics.self_similarity import SelfSimilarity
from metrics.statistics.sifid import Sifid
from metrics.statistics.ssim import Ssim
from metrics.statistics.stlpips import ShiftTolerantLpips
from metrics.statistics.vif import Vif

STATISTICS: dict[str, type[Statistic]] = {
    "E": Effectiveness,
    "C": Coherence,
}
"""Key → declaration of the base statistics, which are measured unless others are asked for.

Declarations load no heavy library: instruments do, when they are opened.
"""
OTHER_STATISTICS: dict[str, type[Statistic]] = {
    "ssim": Ssim,
    "ms-ssim": MsSsim,
    "gmsd": Gmsd,
    "vif": Vif,
    "feature-distance": FeatureDistance,
    "self-similarity": SelfSimilarity,
    "cfsd": Cfsd,
    "gram": Gram,
    "mean-deviation": MeanDeviation,
    "feature-swd": FeatureWasserstein,
    "sifid": Sifid,
    "colour-histogram": ColourHistogram,
    "colour-swd": ColourWasserstein,
    "ghiasi": Ghiasi,
    "stlpips": ShiftTolerantLpips,
    "imagenet-content": ImagenetContent,
    "imagenet-style": ImagenetStyle,
    **COHERENCE_BY,
}
"""Key → declaration of statistics that other works use; the referee compares them with E and C."""


def every_statistic() -> dict[str, type[Statistic]]:
    """Key → declaration: base statistics, ours, then those of other installed packages.

    Raises:
        InputError: a package's statistic is declared wrongly, or has a key or a name of ours.

    """
    ours = STATISTICS | OTHER_STATISTICS
    taken = ours.keys() | {name for declared in ours.values() for name in declared.names}
    further = installed()
    for key, declared in further.items():
        if twice := {key, *declared.names} & taken:
            raise InputError(
                f"the statistic {key!r} of an installed package has the name {min(twice)!r} of one "
                "of ours: rename or uninstall it"
            )
    return ours | further


def directions() -> dict[str, bool]:
    """The name of every number, as in the columns of STATISTICS.csv → whether higher is better."""
    return {
        name: declared.higher_is_better
        for declared in every_statistic().values()
        for name in declared.names
    }


def statistic(key: str) -> type[Statistic]:
    """The declaration of a statistic.

    Raises:
        InputError: an unknown key.

    """
    return find("statistic", key, every_statistic())
